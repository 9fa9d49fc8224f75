"""Where are finished guest pages kept? In the process, and beside it in Redis when there is one.

What Redis holds is plain JSON and bytes, never pickles: whoever can write to the Redis must not
be able to run code here. An entry is only ever a proposal; its versions are asked of the database
before it is sent.
"""

import gzip
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import brotli
from redis import Redis
from redis.exceptions import RedisError

from forum.http.page_versions import Versions

LONGEST_S = 60.0
WAIT_S = 10.0
POLL_S = 0.02
MOST_PASSING = 4096
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Keep:
    """What a view says of its page: the versions it was made from, and the thread it shows."""

    versions: Versions
    viewed_thread: int | None = None
    seen_board: int | None = None


@dataclass
class Entry:
    """A page ready to be sent, in each encoding that was asked for so far. Times are Unix times.

    Browsers take gzip or br, so that the plain page is kept only for whoever does not.
    """

    headers: Headers
    bodies: dict[str, bytes]
    etag: str
    kept: Keep
    built_at: float
    deed: int = 0  # the newest of moderators when it was built
    # On SQLite: the data_version under which the versions were last found standing.
    checked_at: int = -1
    counted: int = 0  # the bytes a store has counted for it

    @property
    def size(self) -> int:
        return sum(len(body) for body in self.bodies.values()) + 1024

    def body(self, encoding: str) -> bytes:
        """The page as "gzip", "br" or "" (plain); made once, outside any lock."""
        found = self.bodies.get(encoding)
        if found is None:
            found = self.bodies[encoding] = encoded(self._plain(), encoding)
        return found

    def _plain(self) -> bytes:
        encoding, body = next(iter(self.bodies.items()))
        if encoding == "gzip":
            return gzip.decompress(body)
        plain: bytes = brotli.decompress(body) if encoding == "br" else body
        return plain

    @property
    def is_young(self) -> bool:
        return time.time() - self.built_at < LONGEST_S


def encoded(plain: bytes, encoding: str) -> bytes:
    """A page as it is sent."""
    if encoding == "gzip":
        return gzip.compress(plain, 6, mtime=0)
    packed: bytes = brotli.compress(plain, quality=5) if encoding == "br" else plain
    return packed


@dataclass
class MemoryStore:
    """Entries of this process; above `max_bytes` the least recently used go."""

    max_bytes: int = 32 * 1024 * 1024
    _entries: OrderedDict[str, Entry] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _building: dict[str, threading.Event] = field(default_factory=dict)
    _passing: OrderedDict[int, float] = field(default_factory=OrderedDict)

    def get(self, key: str) -> Entry | None:
        """The entry, whatever its age."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry, in place of an older one."""
        with self._lock:
            self._forget(key)
            self._passing.pop(hash(key), None)
            self._entries[key] = entry
            self._count(key, entry)

    def recount(self, key: str, entry: Entry) -> None:
        """An entry has got another encoding."""
        with self._lock:
            if self._entries.get(key) is entry:
                self._count(key, entry)

    def drop(self, key: str) -> None:
        """Forget an entry that no longer stands."""
        with self._lock:
            self._forget(key)

    def _count(self, key: str, entry: Entry) -> None:
        size = entry.size + len(key)
        self._bytes += size - entry.counted
        entry.counted = size
        while self._bytes > self.max_bytes and self._entries:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: str) -> None:
        gone = self._entries.pop(key, None)
        if gone is not None:
            self._bytes -= gone.counted
            gone.counted = 0

    def pass_on(self, key: str) -> None:
        """A page that was built and is not to be kept: for a minute nobody waits for it."""
        with self._lock:
            self._passing[hash(key)] = time.monotonic() + LONGEST_S
            if len(self._passing) > MOST_PASSING:
                self._passing.popitem(last=False)

    def _is_passing(self, key: str) -> bool:
        return self._passing.get(hash(key), 0.0) > time.monotonic()

    @contextmanager
    def alone(self, key: str) -> Iterator[bool]:
        """Build a cold page once: True for the first; the others wait until it has been built.

        True for everybody where the page has just turned out to be none that is kept.
        """
        if self._is_passing(key):
            yield True
            return
        with self._lock:
            event = self._building.get(key)
            is_first = event is None
            if event is None:
                event = self._building[key] = threading.Event()
        if not is_first:
            event.wait(WAIT_S)
            yield False
            return
        try:
            yield True
        finally:
            with self._lock:
                self._building.pop(key, None)
            event.set()


class SharedStore(MemoryStore):
    """The process's entries, with Redis behind: a page built on one machine is there on all.

    When Redis is away, the process goes on with its own.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self._redis = Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)

    def get(self, key: str) -> Entry | None:
        entry = super().get(key)
        if entry is not None and entry.is_young:
            return entry
        try:
            packed = self._redis.get(_name(key))
        except RedisError:
            return entry
        if not isinstance(packed, bytes):
            return entry
        found = _unpacked(packed)
        super().put(key, found)
        return found

    def put(self, key: str, entry: Entry) -> None:
        super().put(key, entry)
        try:
            self._redis.set(_name(key), _packed(entry), ex=int(LONGEST_S))
        except RedisError:
            return

    # `drop` forgets the process's own entry alone: in Redis there may be a newer one by now. What is
    # old there is found out by who gets it, and is overwritten by the next page.

    def pass_on(self, key: str) -> None:
        super().pass_on(key)
        try:
            self._redis.delete(_name(key))
        except RedisError:
            return

    @contextmanager
    def alone(self, key: str) -> Iterator[bool]:
        """The same between machines: one holds a lock in Redis, the others wait for its page or its end."""
        lock = f"louceng:building:{key}"
        with super().alone(key) as is_first:
            if not is_first or self._is_passing(key):
                yield is_first
                return
            if self._take(lock):
                try:
                    yield True
                finally:
                    self._release(lock)
                return
            until = time.monotonic() + WAIT_S / 5
            while time.monotonic() < until and self._is_awaited(key, lock):
                time.sleep(POLL_S)
            yield False

    def _take(self, lock: str) -> bool:
        try:
            return bool(self._redis.set(lock, b"1", nx=True, px=5000))
        except RedisError:
            return True

    def _release(self, lock: str) -> None:
        try:
            self._redis.delete(lock)
        except RedisError:
            return

    def _is_awaited(self, key: str, lock: str) -> bool:
        """Is the page being built, and not there yet? Many are built and never kept."""
        try:
            page, holder = self._redis.mget(_name(key), lock)
        except RedisError:
            return False
        return page is None and holder is not None


def _name(key: str) -> str:
    return f"louceng:page:{key}"


def _packed(entry: Entry) -> bytes:
    """For Redis: compressed alone, a fifth of what the plain page would take on the wire."""
    versions = entry.kept.versions
    bodies = {name: body for name, body in entry.bodies.items() if name}
    bodies = bodies or {"gzip": entry.body("gzip")}
    head = {
        "headers": entry.headers,
        "etag": entry.etag,
        "built_at": entry.built_at,
        "bodies": {encoding: len(body) for encoding, body in bodies.items()},
        "deed": entry.deed,
        "thread": entry.kept.viewed_thread,
        "board": entry.kept.seen_board,
        "site": versions.site,
        "threads": versions.threads,
        "boards": versions.boards,
        "all_boards": versions.all_boards,
        "members": versions.members,
    }
    return json.dumps(head).encode() + b"\n" + b"".join(bodies.values())


def _unpacked(packed: bytes) -> Entry:
    line, _, rest = packed.partition(b"\n")
    head = json.loads(line)
    bodies, at = {}, 0
    for encoding, length in head["bodies"].items():
        bodies[encoding] = rest[at : at + length]
        at += length
    versions = Versions(
        site=head["site"],
        threads=tuple((row_id, version) for row_id, version in head["threads"]),
        boards=tuple((row_id, version) for row_id, version in head["boards"]),
        all_boards=head["all_boards"],
        members=tuple((row_id, shown) for row_id, shown in head.get("members", ())),
    )
    return Entry(
        headers=[(name, value) for name, value in head["headers"]],
        bodies=bodies,
        etag=head["etag"],
        kept=Keep(versions, head["thread"], head["board"]),
        built_at=head["built_at"],
        deed=head.get("deed", 0),
    )
