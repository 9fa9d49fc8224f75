"""Which pages need not be drawn again? Those whose every argument is what it was, but for the blanks.

A page is drawn from its read model (frozen dataclasses), the site's snapshot and what it may know of
its reader (`Audience`). Whatever else belongs to the reader alone is a blank, filled anew each time
(http/blanks.py). So members share what was drawn once: an outline is looked up by all its arguments,
compared one by one; what differs in anything is another outline. Only times that count from now
("3 minutes ago") are as old as the outline, and that is a minute at most.

Guests' pages are kept whole by the page cache before Flask; outlines serve guests only without it.
"""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, render_template
from markupsafe import Markup

from forum.http import context
from forum.http.language import current_locale
from forum.policies.actor import BoardSets, Rank

MOST_BYTES = 12 * 1024 * 1024  # per process; a thread's page is some 50 kB, and its key
LIVES_S = 60
MOST_NOTES = 2048
LONGEST_ADDRESS = 500  # it is a part of the key; a longer one is nobody else's
# What stands in a blank for this reader; bytes where it is long and was drawn before.
Filler = Callable[[], str | bytes]
# Not to be guessed, so that nobody can write a blank into a post.
_NONCE = secrets.token_hex(8)
_BLANK = re.compile(f"\x00{_NONCE}:([a-z_]+)\x00")


@dataclass(frozen=True)
class Audience:
    """What a drawn page may know of its reader: the part shared with others."""

    is_guest: bool
    group_id: int
    rank: Rank
    boards: BoardSets
    zone: ZoneInfo
    now: datetime = field(compare=False)

    def __getattr__(self, name: str) -> NoReturn:
        # A template would show nothing; an outline must never miss a name in silence.
        raise RuntimeError(f"{name} belongs to one reader: make it a blank (http/blanks.py)")


class Outline:
    """A drawn page: pieces of text with the names of the blanks between them."""

    def __init__(self, drawn: str) -> None:
        pieces = _BLANK.split(drawn)
        self._texts = [text.encode() for text in pieces[::2]]
        self._names = pieces[1::2]
        self.size = 2 * sum(map(len, self._texts))  # the key holds about as much again

    def filled(self, fillers: Mapping[str, Filler]) -> bytes:
        """The page for one reader."""
        parts, known = [self._texts[0]], dict[str, bytes]()
        for name, text in zip(self._names, self._texts[1:], strict=True):
            filled = known.get(name)
            if filled is None:
                of_reader = fillers[name]()
                filled = of_reader if isinstance(of_reader, bytes) else of_reader.encode()
                known[name] = filled
            parts += (filled, text)
        return b"".join(parts)


class Notes:
    """Small facts about pages, the latest 2,048 of this process."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        with self._lock:
            return self._held.get(key)

    def put(self, key: Hashable, note: Any) -> None:
        with self._lock:
            self._held[key] = note
            if len(self._held) > MOST_NOTES:
                self._held.popitem(last=False)


class Outlines:
    """The outlines of one process, bounded by bytes; the longest unused goes first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held: OrderedDict[Hashable, Outline] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.notes = Notes()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Hashable) -> Outline | None:
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: Hashable, outline: Outline) -> None:
        with self._lock:
            before = self._held.pop(key, None)
            self._held[key] = outline
            self._bytes += outline.size - (before.size if before else 0)
            while self._bytes > self._most:
                _, gone = self._held.popitem(last=False)
                self._bytes -= gone.size


def draw(template: str, **shown: Any) -> Response:
    """The page a template makes of `shown`, drawn only if it was not yet.

    :param shown: all the template gets besides what every page gets. Hashable and frozen.
    :raises TypeError: something of it is not.
    """
    return draw_keyed(template, tuple(shown.items()), lambda: shown)


def draw_keyed(
    template: str, key: tuple[Hashable, ...], shown: Callable[[], dict[str, Any]]
) -> Response:
    """The same where less than the whole page tells whether it is the same one.

    :param key: whatever `shown` follows from, apart from the reader's rights and the site's settings.
    :param shown: asked for only when the page has to be drawn.
    """
    who = context.actor()
    if is_kept_whole():
        return _answer(render_template(template, **shown()).encode())
    address = context.asked().full_path
    whole = (
        template, address, context.root_address(), current_locale(),
        context.site().version, int(who.now.timestamp() / LIVES_S), key,
        who.is_guest, who.group_id, who.rank, who.boards, who.zone,
    )  # fmt: skip
    held = _outlines()
    outline = held.get(whole)
    if outline is None:
        given = shown()
        audience = Audience(who.is_guest, who.group_id, who.rank, who.boards, who.zone, who.now)
        g.is_outline = True
        try:
            outline = Outline(render_template(template, **{**given, "actor": audience}))
        finally:
            g.is_outline = False
        if len(address) <= LONGEST_ADDRESS:
            held.put(whole, outline)
    return _answer(outline.filled(context.application().extensions["blanks"]))


def is_kept_whole() -> bool:
    """Does the cache of guests' pages keep this page? Then it is drawn without an outline."""
    return context.actor().is_guest and context.config().page_cache


def _outlines() -> Outlines:
    found: Outlines = context.application().extensions["outlines"]
    return found


def recall(key: Hashable) -> Any:
    """What `remember` was told under this key, or None."""
    return _outlines().notes.get(key)


def remember(key: Hashable, note: Any) -> None:
    """Keep a small fact about a page's content, which its outline's key needs.

    :param key: with the versions of all it follows from.
    """
    _outlines().notes.put(key, note)


def _answer(body: bytes) -> Response:
    return Response(body, content_type="text/html; charset=utf-8")


def blank(name: str) -> Markup:
    """For templates: a spot that is the reader's own. In an outline it stays open."""
    if g.get("is_outline"):
        return Markup(f"\x00{_NONCE}:{name}\x00")  # noqa: S704  the name is a template's own
    filled = current_app.extensions["blanks"][name]()
    return Markup(filled.decode() if isinstance(filled, bytes) else filled)  # noqa: S704  fillers draw templates


def init_app(app: Flask, blanks: Mapping[str, Filler]) -> None:
    """Outlines of this application; `blanks`: who fills what."""
    app.extensions["outlines"] = Outlines()
    app.extensions["blanks"] = blanks
    app.jinja_env.globals.update(blank=blank, csrf_field=partial(blank, "csrf"))
