"""Writing down what the buffers gathered: views, sightings, reading marks. One statement each.

Rows are sorted by key, so that several processes flushing at once lock them in one order. What
has been deleted in the meantime is passed over, not an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text

from forum.core.db import UtcDateTime
from forum.core.uow import UnitOfWork
from forum.queries.site import site_of

_AT = bindparam("at", type_=UtcDateTime())

_VIEWS = text("UPDATE threads SET view_count = view_count + :views WHERE id = :thread_id")

_ONLINE = text(
    "INSERT INTO online_visits (visitor, member_id, board_id, seen_at) "
    "VALUES (:visitor, :member_id, :board_id, :at) "
    "ON CONFLICT (visitor) DO UPDATE SET "
    "board_id = excluded.board_id, seen_at = excluded.seen_at "
    "WHERE online_visits.seen_at < excluded.seen_at"
).bindparams(_AT)

# "WHERE true": else SQLite takes ON for a join's.
_RECORD = text(
    "INSERT INTO online_records (id, visitor_count, reached_at) "
    "SELECT 1, seen.visitors, :at FROM "
    "(SELECT count(*) AS visitors FROM online_visits WHERE seen_at > :cutoff) AS seen WHERE true "
    "ON CONFLICT (id) DO UPDATE SET "
    "visitor_count = excluded.visitor_count, reached_at = excluded.reached_at "
    "WHERE online_records.visitor_count < excluded.visitor_count"
).bindparams(_AT, bindparam("cutoff", type_=UtcDateTime()))

# A visit is over after some minutes out of sight; what came since then is new at the next one.
_MEMBERS = text(
    "UPDATE members SET "
    "previous_visit_at = CASE WHEN last_seen_at IS NULL OR last_seen_at < :visit_began "
    "THEN last_seen_at ELSE previous_visit_at END, "
    "last_seen_at = :at, last_address = :address "
    "WHERE id = :member_id AND (last_seen_at IS NULL OR last_seen_at < :at)"
).bindparams(_AT, bindparam("visit_began", type_=UtcDateTime()))

_THREAD_READS = text(
    "INSERT INTO thread_reads (member_id, thread_id, floor, read_at) "
    "SELECT m.id, t.id, :floor, :at FROM threads t, members m "
    "WHERE t.id = :thread_id AND m.id = :member_id "
    "ON CONFLICT (member_id, thread_id) DO UPDATE SET read_at = excluded.read_at, "
    "floor = CASE WHEN excluded.floor > thread_reads.floor "
    "THEN excluded.floor ELSE thread_reads.floor END"
).bindparams(_AT)

_BOARD_VISITS = text(
    "INSERT INTO board_visits (member_id, board_id, seen_at) "
    "SELECT m.id, b.id, :at FROM boards b, members m "
    "WHERE b.id = :board_id AND m.id = :member_id "
    "ON CONFLICT (member_id, board_id) DO UPDATE SET seen_at = excluded.seen_at "
    "WHERE board_visits.seen_at < excluded.seen_at"
).bindparams(_AT)

_FORGET = text("DELETE FROM online_visits WHERE seen_at < :at").bindparams(_AT)
REMEMBERED = timedelta(days=1)


@dataclass(frozen=True)
class Sighting:
    """A visitor seen. `visitor` as in models/visits.py OnlineVisit."""

    visitor: str
    member_id: int | None
    board_id: int | None
    at: datetime
    first_at: datetime
    address: str = ""  # of members alone; a guest's is never kept


def count_views(uow: UnitOfWork, views: Mapping[int, int]) -> None:
    """Add views to threads. One statement."""
    if views:
        uow.session.execute(
            _VIEWS,
            [
                {"thread_id": thread_id, "views": count}
                for thread_id, count in sorted(views.items())
            ],
        )


def note_sightings(uow: UnitOfWork, sightings: list[Sighting], *, visit_gap: timedelta) -> None:
    """Bring the online list, its record and members' last visits up to date. Three statements.

    :param visit_gap: after so long out of sight, a member's visit is a new one.
    """
    if not sightings:
        return
    ordered = sorted(sightings, key=lambda one: one.visitor)
    uow.session.execute(
        _ONLINE,
        [
            {
                "visitor": one.visitor,
                "member_id": one.member_id,
                "board_id": one.board_id,
                "at": one.at,
            }
            for one in ordered
        ],
    )
    hold = site_of(uow.session).settings.reading.online_hold
    uow.session.execute(_RECORD, {"at": uow.now, "cutoff": uow.now - hold})
    members = [
        {
            "member_id": one.member_id,
            "at": one.at,
            "visit_began": one.first_at - visit_gap,
            "address": one.address,
        }
        for one in sorted(sightings, key=lambda one: one.member_id or 0)
        if one.member_id is not None
    ]
    if members:
        uow.session.execute(_MEMBERS, members)


def note_thread_reads(
    uow: UnitOfWork, reads: Mapping[tuple[int, int], tuple[int, datetime]]
) -> None:
    """How far members have read: (member id, thread id) to (floor, when). One statement."""
    if reads:
        uow.session.execute(
            _THREAD_READS,
            [
                {"member_id": member_id, "thread_id": thread_id, "floor": floor, "at": at}
                for (member_id, thread_id), (floor, at) in sorted(reads.items())
            ],
        )


def note_board_visits(uow: UnitOfWork, visits: Mapping[tuple[int, int], datetime]) -> None:
    """When members last looked at boards: (member id, board id) to when. One statement."""
    if visits:
        uow.session.execute(
            _BOARD_VISITS,
            [
                {"member_id": member_id, "board_id": board_id, "at": at}
                for (member_id, board_id), at in sorted(visits.items())
            ],
        )


def forget_old_sightings(uow: UnitOfWork) -> None:
    """Drop who has not been here for a day from the online list. One statement."""
    uow.session.execute(_FORGET, {"at": uow.now - REMEMBERED})
