"""Which threads of a board does an address ask for, and in which order?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from forum.queries.thread_slices import Order

DAY = 86400
WITHIN = (DAY, 2 * DAY, 7 * DAY, 30 * DAY, 92 * DAY)  # 一天 .. 三个月, as Discuz! counts them


class Shape(NamedTuple):
    """Which conditions a filter has, whatever their values: one statement each, built once."""

    has_type: bool
    digest: bool
    is_recent: bool

    @property
    def narrows(self) -> bool:
        return any(self)


@dataclass(frozen=True)
class ListFilter:
    """Which threads of a board, and in which order. `order` None = the board's own."""

    order: Order | None = None
    type_id: int | None = None
    digest: bool = False
    within: int | None = None  # seconds since the last post

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "ListFilter":
        """From an address; what is not understood is left out."""
        order, type_id, within = query.get("order"), query.get("type"), query.get("within")
        return cls(
            order=Order(order) if order in list(Order) else None,
            type_id=int(type_id) if type_id and type_id.isdecimal() and len(type_id) < 18 else None,
            digest=query.get("digest") == "1",
            within=next((seconds for seconds in WITHIN if str(seconds) == within), None),
        )

    def query(self, **changes: Any) -> dict[str, Any]:
        """The address's query, for links that keep or change it."""
        filter = replace(self, **changes)
        return {
            "type": filter.type_id,
            "digest": "1" if filter.digest else None,
            "order": str(filter.order) if filter.order else None,
            "within": filter.within,
        }

    @property
    def shape(self) -> Shape:
        """Which conditions it has."""
        return Shape(self.type_id is not None, self.digest, self.within is not None)

    def values(self, board_id: int, now: datetime) -> dict[str, Any]:
        """The parameters of statements over a board's threads of this shape."""
        values: dict[str, Any] = {"board_id": board_id}
        if self.type_id is not None:
            values["type_id"] = self.type_id
        if self.within is not None:
            values["since"] = now - timedelta(seconds=self.within)
        return values

    @property
    def narrows(self) -> bool:
        """Does it leave threads out?"""
        return self.shape.narrows

    @property
    def is_set(self) -> bool:
        return self.narrows or self.order is not None
