"""Where does a deep page begin? Positions learnt while pages were read, per version of their board.

See docs/decisions/0011-deep-board-pages.md. One instance per database and process.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from forum.core.db import Database

MOST_LISTS = 256
MOST_ANCHORS = 64
WORTHWHILE = 200  # threads to skip before anything is remembered


@dataclass(frozen=True)
class Anchor:
    """A thread with `rank` threads before it: its sort key and id."""

    rank: int
    key: Any
    id: int


@dataclass
class _List:
    version: int
    anchors: OrderedDict[int, Anchor] = field(default_factory=OrderedDict)


class PageAnchors:
    """Anchors of many lists, the least recently used forgotten first. Safe between threads."""

    def __init__(self) -> None:
        self._lists: OrderedDict[Hashable, _List] = OrderedDict()
        self._lock = threading.Lock()

    def nearest(self, name: Hashable, version: int, skipped: int) -> Anchor | None:
        """The last known thread at or before the place after `skipped` threads."""
        with self._lock:
            known = self._lists.get(name)
            if known is None or known.version != version:
                return None
            self._lists.move_to_end(name)
            ranks = [rank for rank in known.anchors if rank <= skipped]
            return known.anchors[max(ranks)] if ranks else None

    def remember(self, name: Hashable, version: int, anchor: Anchor) -> None:
        """Keep a position; those of another version of the list are worthless now."""
        if anchor.rank < WORTHWHILE:
            return
        with self._lock:
            known = self._lists.get(name)
            if known is None or known.version != version:
                known = self._lists[name] = _List(version)
            self._lists.move_to_end(name)
            known.anchors[anchor.rank] = anchor
            known.anchors.move_to_end(anchor.rank)
            while len(known.anchors) > MOST_ANCHORS:
                known.anchors.popitem(last=False)
            while len(self._lists) > MOST_LISTS:
                self._lists.popitem(last=False)


_by_database: "WeakKeyDictionary[Database, PageAnchors]" = WeakKeyDictionary()


def anchors_of(database: Database) -> PageAnchors:
    """The anchors of this process for a database."""
    return _by_database.setdefault(database, PageAnchors())
