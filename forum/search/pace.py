"""How long must a visitor wait before the next search? Kept in the process, or in Redis for all.

Not in the database: looking writes nothing.
"""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Protocol

from redis import Redis
from redis.exceptions import RedisError

from forum.core.networks import network_of

MOST_VISITORS = 20_000


class Pace(Protocol):
    """One search an interval and visitor. The same search again (another page of it) is free."""

    def wait(
        self,
        *,
        member_id: int | None,
        address: str,
        asked: Hashable,
        now: datetime,
        interval: timedelta,
    ) -> timedelta:
        """What is left to wait; zero = go on, and it is noted that the visitor did."""


def pace_for(redis_url: str | None, secret: str) -> Pace:
    """Redis where several processes share one, else this process's memory."""
    return SharedPace(redis_url, secret) if redis_url else ProcessPace()


class ProcessPace:
    """Of this process.

    Addresses are kept as keyed hashes, and no longer than the memory of MOST_VISITORS visitors.
    """

    def __init__(self) -> None:
        self._last: OrderedDict[str, tuple[datetime, Hashable]] = OrderedDict()
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(16)

    def wait(
        self,
        *,
        member_id: int | None,
        address: str,
        asked: Hashable,
        now: datetime,
        interval: timedelta,
    ) -> timedelta:
        """See `Pace`."""
        visitor = _visitor(member_id, address, self._key)
        with self._lock:
            last = self._last.get(visitor)
            if last is not None:
                if last[1] == asked:
                    return timedelta(0)
                left = last[0] + interval - now
                if timedelta(0) < left <= interval:
                    return left
            self._last[visitor] = (now, asked)
            self._last.move_to_end(visitor)
            while len(self._last) > MOST_VISITORS:
                self._last.popitem(last=False)
        return timedelta(0)


class SharedPace:
    """Of all processes over one Redis: a key that lives for the interval. Without Redis, this one's."""

    def __init__(self, redis_url: str, secret: str) -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=0.5, socket_connect_timeout=0.5)
        self._key = hashlib.blake2b(secret.encode(), person=b"search pace").digest()[:16]
        self._alone = ProcessPace()

    def wait(
        self,
        *,
        member_id: int | None,
        address: str,
        asked: Hashable,
        now: datetime,
        interval: timedelta,
    ) -> timedelta:
        """See `Pace`."""
        name = f"louceng:search:{_visitor(member_id, address, self._key)}"
        mark = hashlib.blake2b(repr(asked).encode(), key=self._key, digest_size=12).digest()
        milliseconds = int(interval.total_seconds() * 1000)
        if milliseconds <= 0:
            return timedelta(0)
        try:
            if self._redis.set(name, mark, nx=True, px=milliseconds):
                return timedelta(0)
            asking = self._redis.pipeline()
            asking.get(name)
            asking.pttl(name)
            known, left = asking.execute()
        except RedisError:
            return self._alone.wait(
                member_id=member_id, address=address, asked=asked, now=now, interval=interval
            )
        return timedelta(0) if known in (mark, None) else timedelta(milliseconds=max(left, 1))


def _visitor(member_id: int | None, address: str, key: bytes) -> str:
    if member_id is not None:
        return f"m{member_id}"
    network = network_of(address)
    return hashlib.blake2b(network.encode(), key=key, digest_size=12).hexdigest()
