"""How long must a visitor wait before the next search? Kept in the process: looking writes nothing."""

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta

MOST_VISITORS = 20_000


class Pace:
    """One search an interval and visitor. The same search again (another page of it) is free.

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
        """What is left to wait; zero = go on, and it is noted that the visitor did."""
        visitor = self._visitor(member_id, address)
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

    def _visitor(self, member_id: int | None, address: str) -> str:
        if member_id is not None:
            return f"m{member_id}"
        if ":" in address:  # one IPv6 customer has a whole /64
            address = ":".join(address.split(":")[:4])
        return hashlib.blake2b(address.encode(), key=self._key, digest_size=12).hexdigest()
