"""Where are finished guest pages kept? In the process, and beside it in Redis when there is one.

What Redis holds is plain JSON and bytes, never pickles: whoever can write to the Redis must not
be able to run code here. An entry is only ever a proposal; its versions are asked of the database
before it is sent.
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError

from forum.http.page_versions import Versions

LONGEST_S = 60.0
WAIT_S = 10.0
POLL_S = 0.02
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Keep:
    """What a view says of its page: the versions it was made from, and the thread it shows."""

    versions: Versions
    viewed_thread: int | None = None
    seen_board: int | None = None


@dataclass
class Entry:
    """A page ready to be sent, in each encoding that was asked for so far. Times are Unix times."""

    headers: Headers
    bodies: dict[str, bytes]
    etag: str
    kept: Keep
    built_at: float
    # On SQLite: the data_version under which the versions were last found standing.
    checked_at: int = -1

    @property
    def size(self) -> int:
        return sum(len(body) for body in self.bodies.values()) + 1024

    @property
    def is_young(self) -> bool:
        return time.time() - self.built_at < LONGEST_S


@dataclass
class MemoryStore:
    """Entries of this process; above `max_bytes` the least recently used go."""

    max_bytes: int = 32 * 1024 * 1024
    _entries: OrderedDict[str, Entry] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _building: dict[str, threading.Event] = field(default_factory=dict)

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
            old = self._entries.pop(key, None)
            self._bytes += entry.size - (old.size if old else 0)
            self._entries[key] = entry
            while self._bytes > self.max_bytes and self._entries:
                _, dropped = self._entries.popitem(last=False)
                self._bytes -= dropped.size

    def drop(self, key: str) -> None:
        """Forget an entry that no longer stands."""
        with self._lock:
            old = self._entries.pop(key, None)
            self._bytes -= old.size if old else 0

    @contextmanager
    def alone(self, key: str) -> Iterator[bool]:
        """Build a cold page once: True for the first; the others wait until it has been built."""
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

    def drop(self, key: str) -> None:
        super().drop(key)
        try:
            self._redis.delete(_name(key))
        except RedisError:
            return

    @contextmanager
    def alone(self, key: str) -> Iterator[bool]:
        """The same between machines: one holds a lock in Redis, the others look for its page."""
        lock = f"louceng:building:{key}"
        with super().alone(key) as is_first:
            if not is_first or self._take(lock):
                try:
                    yield is_first
                finally:
                    if is_first:
                        self._release(lock)
                return
            until = time.monotonic() + WAIT_S / 5
            while time.monotonic() < until and not self._has(key):
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

    def _has(self, key: str) -> bool:
        try:
            return bool(self._redis.exists(_name(key)))
        except RedisError:
            return True


def _name(key: str) -> str:
    return f"louceng:page:{key}"


def _packed(entry: Entry) -> bytes:
    versions = entry.kept.versions
    head = {
        "headers": entry.headers,
        "etag": entry.etag,
        "built_at": entry.built_at,
        "bodies": {encoding: len(body) for encoding, body in entry.bodies.items()},
        "thread": entry.kept.viewed_thread,
        "board": entry.kept.seen_board,
        "site": versions.site,
        "threads": versions.threads,
        "boards": versions.boards,
        "all_boards": versions.all_boards,
        "members": versions.members,
    }
    return json.dumps(head).encode() + b"\n" + b"".join(entry.bodies.values())


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
    )
