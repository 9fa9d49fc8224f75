"""What has been seen since the last flush? Views, sightings and reading marks, held in the process.

A page that is read must not wait for a write, and a guest's page must not write at all: each
server process counts in memory and a thread of its own writes it all down, in one statement per
table, at least every 30 seconds and when the process ends. A process killed outright loses that much.

A guest is known by a keyed hash of address and browser; the address itself is not kept.
"""

import atexit
import hashlib
import logging
import multiprocessing.util
import os
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from forum.commands.visits import (
    Sighting,
    count_views,
    forget_old_sightings,
    note_board_visits,
    note_sightings,
    note_thread_reads,
)
from forum.core.clock import utc_now
from forum.core.db import Database
from forum.core.uow import unit_of_work
from forum.http import context
from forum.policies.actor import Actor

log = logging.getLogger(__name__)

INTERVAL_S = 20.0  # so that with a slow flush it stays within 30
MOST_ENTRIES = 50_000  # per table; beyond that a flood is not worth the memory
MOST_VISITORS = 10_000  # whose last thread is remembered
LAST_TRIES = 3
VISIT_GAP = timedelta(minutes=15)
FORGET_EVERY = timedelta(hours=1)


class Buffers:
    """One process's counts over one database. Safe between threads."""

    def __init__(
        self, database: Database, secret: str, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._database = database
        self._key = hashlib.blake2b(secret.encode(), person=b"guest visitors").digest()[:32]
        self._clock = clock
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._views: dict[int, int] = {}
        self._sightings: dict[str, Sighting] = {}
        self._reads: dict[tuple[int, int], tuple[int, datetime]] = {}
        self._visits: dict[tuple[int, int], datetime] = {}
        self._last_threads: OrderedDict[str, int] = OrderedDict()
        self._forgotten_at: datetime | None = None

    def visitor(self, member_id: int | None, address: str, agent: str) -> str:
        """The key of a visitor; a guest's cannot be turned back without the site's secret."""
        if member_id is not None:
            return f"m{member_id}"
        seen = hashlib.blake2b(f"{address}\n{agent}".encode(), key=self._key, digest_size=12)
        return f"g{seen.hexdigest()}"

    def view(self, visitor: str, thread_id: int) -> None:
        """Count a view, unless the visitor's last thread was this one (Discuz `preventrefresh`)."""
        with self._lock:
            is_reload = self._last_threads.get(visitor) == thread_id
            self._last_threads[visitor] = thread_id
            self._last_threads.move_to_end(visitor)
            if len(self._last_threads) > MOST_VISITORS:
                self._last_threads.popitem(last=False)
            if not is_reload and (thread_id in self._views or len(self._views) < MOST_ENTRIES):
                self._views[thread_id] = self._views.get(thread_id, 0) + 1

    def sight(
        self, visitor: str, *, member_id: int | None, board_id: int | None, address: str = ""
    ) -> None:
        """Somebody is here, looking at a board (None: at a page of no board)."""
        now = self._clock()
        with self._lock:
            before = self._sightings.get(visitor)
            if before is None and len(self._sightings) >= MOST_ENTRIES:
                return
            self._sightings[visitor] = Sighting(
                visitor, member_id, board_id, now, before.first_at if before else now, address
            )

    def read(self, member_id: int, thread_id: int, floor: int) -> None:
        """A member has seen a thread up to a floor."""
        now = self._clock()
        with self._lock:
            key = (member_id, thread_id)
            if key not in self._reads and len(self._reads) >= MOST_ENTRIES:
                return
            held = self._reads.get(key, (0, now))[0]
            self._reads[key] = (max(held, floor), now)

    def visit(self, member_id: int, board_id: int) -> None:
        """A member has looked at a board's list."""
        now = self._clock()
        with self._lock:
            if len(self._visits) < MOST_ENTRIES:
                self._visits[member_id, board_id] = now

    def flush(self) -> bool:
        """Write everything down. Six statements at most; what fails is kept for the next time.

        :returns: whether nothing is left.
        """
        with self._flushing:
            with self._lock:
                views, self._views = self._views, {}
                sightings, self._sightings = self._sightings, {}
                reads, self._reads = self._reads, {}
                visits, self._visits = self._visits, {}
            forgets = self._forgotten_at is None or (
                self._clock() - self._forgotten_at > FORGET_EVERY
            )
            if not (views or sightings or reads or visits):
                return True
            try:
                with unit_of_work(self._database, now=self._clock()) as uow:
                    count_views(uow, views)
                    note_thread_reads(uow, reads)
                    note_board_visits(uow, visits)
                    note_sightings(uow, list(sightings.values()), visit_gap=VISIT_GAP)
                    if forgets:
                        forget_old_sightings(uow)
                        self._forgotten_at = uow.now
            except SQLAlchemyError as error:
                log.warning("buffers_kept", extra={"reason": type(error).__name__})
                self._take_back(views, sightings, reads, visits)
                return False
            return True

    def flush_last(self) -> None:
        """Write everything down before the process ends: there is no next time."""
        for tried in range(LAST_TRIES):
            if self.flush():
                return
            time.sleep(0.2 * (tried + 1))

    def _take_back(
        self,
        views: dict[int, int],
        sightings: dict[str, Sighting],
        reads: dict[tuple[int, int], tuple[int, datetime]],
        visits: dict[tuple[int, int], datetime],
    ) -> None:
        with self._lock:
            for thread_id, count in views.items():
                self._views[thread_id] = self._views.get(thread_id, 0) + count
            for visitor, sighting in sightings.items():
                newer = self._sightings.get(visitor)
                self._sightings[visitor] = (
                    replace(newer, first_at=sighting.first_at) if newer else sighting
                )
            for key, (floor, at) in reads.items():
                held = self._reads.get(key, (0, at))
                self._reads[key] = (max(held[0], floor), max(held[1], at))
            self._visits = {**visits, **self._visits}


class Flusher:
    """The thread that flushes a process's buffers. Started by the first page, so after any fork."""

    def __init__(self, buffers: Buffers, interval_s: float = INTERVAL_S) -> None:
        self._buffers = buffers
        self._interval_s = interval_s
        self._pid: int | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def ensure_running(self) -> None:
        """Start in this process if it has not been yet. Cheap to ask."""
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            self._stop = threading.Event()
            threading.Thread(target=self._run, name="buffers", daemon=True).start()
            atexit.register(self._buffers.flush_last)
            # Processes of multiprocessing (granian's workers) end without running atexit.
            multiprocessing.util.Finalize(None, self._buffers.flush_last, exitpriority=10)

    def stop(self) -> None:
        """End the thread, without a last flush."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._buffers.flush()


_OF_THIS_PROCESS: "weakref.WeakSet[Buffers]" = weakref.WeakSet()


def flush_all() -> None:
    """Flush every application's buffers of this process now. Servers need not ask: the finalizer does it when they end."""
    for held in list(_OF_THIS_PROCESS):
        held.flush()


def buffers() -> Buffers:
    """The application's buffers."""
    return cast(Buffers, current_app.extensions["buffers"])


def flush() -> None:
    """Flush the current application's buffers now."""
    buffers().flush()


def visitor_of(held: Buffers, actor: Actor) -> str:
    """The key of this request's visitor."""
    if actor.member_id is not None:
        return held.visitor(actor.member_id, "", "")
    return held.visitor(None, context.address(), request.headers.get("User-Agent", ""))


def opened_board(actor: Actor, board_id: int) -> None:
    """Somebody looks at a board's list: what is there now is no longer New to a member."""
    held = seen(actor, board_id)
    if actor.member_id is not None and context.asked().method == "GET":
        held.visit(actor.member_id, board_id)


def opened_thread(actor: Actor, board_id: int, thread_id: int, *, floor: int | None) -> None:
    """Somebody looks at a page of a thread. It counts as a view.

    :param floor: the highest one shown, where a member has read up to there.
    """
    held = seen(actor, board_id)
    if context.asked().method != "GET":
        return
    held.view(visitor_of(held, actor), thread_id)
    if floor is not None and actor.member_id is not None:
        held.read(actor.member_id, thread_id, floor)


def seen(actor: Actor, board_id: int) -> Buffers:
    """Somebody is here, on a page of a board. Pages of no board need not call: see `init_app`."""
    context.kept()["is_sighted"] = True
    app = context.application()
    held: Buffers = app.extensions["buffers"]
    _sight(held, actor, board_id)
    _ensure_running(app)
    return held


def note_guest(
    app: Flask, environ: dict[str, Any], *, thread_id: int | None, board_id: int | None
) -> None:
    """What a guest's page would have noted, when it came from the page cache instead."""
    held = cast(Buffers, app.extensions["buffers"])
    agent = environ.get("HTTP_USER_AGENT", "")
    visitor = held.visitor(None, environ.get("REMOTE_ADDR", ""), agent)
    held.sight(visitor, member_id=None, board_id=board_id)
    if thread_id is not None:
        held.view(visitor, thread_id)
    _ensure_running(app)


def _sight(held: Buffers, actor: Actor, board_id: int | None) -> None:
    address = "" if actor.is_guest else context.address()
    held.sight(
        visitor_of(held, actor), member_id=actor.member_id, board_id=board_id, address=address
    )


def _ensure_running(app: Flask) -> None:
    flusher: Flusher | None = app.extensions["buffers_flusher"]
    if flusher is not None:
        flusher.ensure_running()


def init_app(app: Flask) -> None:
    """Give the application its buffers. Any page that asked who is there counts as a sighting.

    Under test nothing flushes by itself.
    """
    held = Buffers(app.extensions["database"], app.config["SECRET_KEY"])
    app.extensions["buffers"] = held
    app.extensions["buffers_flusher"] = None if app.testing else Flusher(held)
    _OF_THIS_PROCESS.add(held)

    @app.after_request
    def note(response: Any) -> Any:
        remembered = context.kept()
        if "actor" in remembered and response.status_code < 400:
            if "is_sighted" not in remembered:
                _sight(held, context.actor(), None)
            _ensure_running(app)
        return response
