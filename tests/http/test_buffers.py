"""What is seen is written down later, once, whatever happens in between."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from forum.core.db import Database, recorded_statements
from forum.core.uow import unit_of_work
from forum.http.buffers import Buffers, Flusher, flush_all
from forum.models import BoardVisit, Member, OnlineRecord, OnlineVisit, Thread, ThreadRead
from tests.factories import FIRST_BOARD_ID, Forum

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def buffers(database: Database, clock: Clock) -> Buffers:
    return Buffers(database, "a secret", clock=clock)


def views_of(forum: Forum, thread_id: int) -> int | None:
    with forum.read() as s:
        return s.scalar(select(Thread.view_count).where(Thread.id == thread_id))


def test_views_are_added_up(forum: Forum, buffers: Buffers) -> None:
    first, second = forum.thread(view_count=880), forum.thread()
    for visitor in ("ga", "gb", "gc"):
        buffers.view(visitor, first)
    buffers.view("ga", second)

    assert buffers.flush()

    assert (views_of(forum, first), views_of(forum, second)) == (883, 1)
    assert buffers.flush()
    assert views_of(forum, first) == 883


def test_a_reload_is_no_view_but_a_return_is(forum: Forum, buffers: Buffers) -> None:
    first, second = forum.thread(), forum.thread()
    for thread_id in (first, first, second, first, first):
        buffers.view("ga", thread_id)

    buffers.flush()

    assert (views_of(forum, first), views_of(forum, second)) == (2, 1)


def test_the_online_list_keeps_the_last_sight(forum: Forum, buffers: Buffers, clock: Clock) -> None:
    buffers.sight("ga", member_id=None, board_id=None)
    buffers.flush()
    clock.now += timedelta(minutes=1)
    buffers.sight("ga", member_id=None, board_id=FIRST_BOARD_ID)
    buffers.sight("m1", member_id=1, board_id=None)
    buffers.flush()

    with forum.read() as s:
        rows = s.execute(
            select(
                OnlineVisit.visitor,
                OnlineVisit.member_id,
                OnlineVisit.board_id,
                OnlineVisit.seen_at,
            ).order_by(OnlineVisit.visitor)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("ga", None, FIRST_BOARD_ID, clock.now),
        ("m1", 1, None, clock.now),
    ]


def test_who_has_not_come_for_a_day_is_forgotten(
    forum: Forum, buffers: Buffers, clock: Clock
) -> None:
    buffers.sight("ga", member_id=None, board_id=None)
    buffers.flush()
    clock.now += timedelta(days=2)
    buffers.sight("gb", member_id=None, board_id=None)
    buffers.flush()

    with forum.read() as s:
        assert list(s.scalars(select(OnlineVisit.visitor))) == ["gb"]


def test_a_new_visit_begins_after_a_quarter_of_an_hour(
    forum: Forum, buffers: Buffers, clock: Clock
) -> None:
    member_id = forum.member()

    def sight(minutes: int) -> tuple[datetime | None, datetime | None]:
        clock.now = NOON + timedelta(minutes=minutes)
        buffers.sight(f"m{member_id}", member_id=member_id, board_id=None, address="192.0.2.7")
        buffers.flush()
        with forum.read() as s:
            row = s.execute(
                select(Member.last_seen_at, Member.previous_visit_at, Member.last_address).where(
                    Member.id == member_id
                )
            ).one()
        assert row.last_address == "192.0.2.7"
        return row.last_seen_at, row.previous_visit_at

    at = {minutes: NOON + timedelta(minutes=minutes) for minutes in (0, 10, 40, 41)}
    assert sight(0) == (at[0], None)
    assert sight(10) == (at[10], None)
    assert sight(40) == (at[40], at[10])
    assert sight(41) == (at[41], at[10])


def test_reading_marks_only_grow(forum: Forum, buffers: Buffers) -> None:
    member_id, thread_id = forum.member(), forum.thread(replies=20)
    for floor in (10, 20, 5):
        buffers.read(member_id, thread_id, floor)
    buffers.flush()
    buffers.read(member_id, thread_id, 10)
    buffers.visit(member_id, FIRST_BOARD_ID)
    buffers.flush()

    with forum.read() as s:
        assert s.scalar(select(ThreadRead.floor)) == 20
        assert s.scalar(select(BoardVisit.seen_at)) == NOON


def test_what_is_gone_by_then_is_passed_over(forum: Forum, buffers: Buffers) -> None:
    member_id, thread_id = forum.member(), forum.thread()
    buffers.view("ga", 999_999)
    buffers.read(member_id, 999_999, 3)
    buffers.read(999_999, thread_id, 3)
    buffers.read(member_id, thread_id, 3)
    buffers.visit(member_id, 999_999)
    buffers.sight("m999999", member_id=999_999, board_id=999_999)

    assert buffers.flush()

    with forum.read() as s:
        assert s.execute(select(ThreadRead.member_id, ThreadRead.floor)).one() == (member_id, 3)


def test_a_flush_is_one_statement_per_table(forum: Forum, buffers: Buffers) -> None:
    members = [forum.member(f"会员{number}") for number in range(5)]
    threads = [forum.thread() for _ in range(5)]
    for member_id in members:
        buffers.sight(f"m{member_id}", member_id=member_id, board_id=FIRST_BOARD_ID)
        buffers.visit(member_id, FIRST_BOARD_ID)
        for thread_id in threads:
            buffers.view(f"m{member_id}", thread_id)
            buffers.read(member_id, thread_id, 1)
    forum.site()

    with recorded_statements() as statements:
        buffers.flush()

    words = ("threads SET", "thread_reads", "board_visits", "online_visits", "members SET")
    assert [sum(word in line for line in statements) for word in words[:3]] == [1, 1, 1]
    assert len(statements) == 7  # with the record and the hourly sweep of the online list


def test_the_most_who_were_online_is_remembered(
    forum: Forum, buffers: Buffers, clock: Clock
) -> None:
    def record() -> tuple[int, datetime]:
        with forum.read() as s:
            asked = select(OnlineRecord.visitor_count, OnlineRecord.reached_at)
            return tuple(s.execute(asked).one())  # type: ignore[return-value]

    for visitor in ("ga", "gb", "gc"):
        buffers.sight(visitor, member_id=None, board_id=None)
    buffers.flush()
    first = record()
    clock.now += timedelta(hours=1)
    buffers.sight("ga", member_id=None, board_id=None)
    buffers.flush()

    assert first == record() == (3, NOON)

    for visitor in ("gb", "gc", "gd"):
        buffers.sight(visitor, member_id=None, board_id=None)
    buffers.flush()

    assert record() == (4, NOON + timedelta(hours=1))


def test_nothing_seen_asks_nothing(buffers: Buffers) -> None:
    with recorded_statements() as statements:
        assert buffers.flush()

    assert not statements


def test_a_failed_flush_keeps_what_it_had(
    forum: Forum, buffers: Buffers, clock: Clock, database: Database
) -> None:
    member_id, thread_id = forum.member(), forum.thread()
    buffers.view("ga", thread_id)
    buffers.read(member_id, thread_id, 1)
    buffers.sight(f"m{member_id}", member_id=member_id, board_id=None)
    _rename(database, "online_visits", "away")

    assert not buffers.flush()
    assert views_of(forum, thread_id) == 0
    clock.now += timedelta(seconds=20)
    buffers.view("gb", thread_id)
    _rename(database, "away", "online_visits")
    assert buffers.flush()

    assert views_of(forum, thread_id) == 2
    with forum.read() as s:
        assert s.scalar(select(OnlineVisit.seen_at)) == NOON


def _rename(database: Database, old: str, new: str) -> None:
    with unit_of_work(database) as uow:
        uow.session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_many_threads_lose_no_view(forum: Forum, buffers: Buffers) -> None:
    thread_id = forum.thread()

    def look(name: int) -> None:
        for turn in range(50):
            buffers.view(f"g{name}-{turn}", thread_id)
            if turn % 20 == 0:
                buffers.flush()

    workers = [threading.Thread(target=look, args=(name,)) for name in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    buffers.flush()

    assert views_of(forum, thread_id) == 200


def test_processes_add_to_each_other(forum: Forum, database: Database, clock: Clock) -> None:
    one, other = Buffers(database, "a", clock=clock), Buffers(database, "a", clock=clock)
    thread_id = forum.thread()
    one.view("ga", thread_id)
    other.view("gb", thread_id)

    one.flush()
    other.flush()

    assert views_of(forum, thread_id) == 2


def test_the_flusher_flushes_by_itself(forum: Forum, buffers: Buffers) -> None:
    thread_id = forum.thread()
    buffers.view("ga", thread_id)
    flusher = Flusher(buffers, interval_s=0.02)

    flusher.ensure_running()
    flusher.ensure_running()

    for _ in range(200):
        if views_of(forum, thread_id):
            break
        threading.Event().wait(0.02)
    flusher.stop()
    assert views_of(forum, thread_id) == 1


def test_a_guest_is_a_hash_nobody_can_turn_back(buffers: Buffers, database: Database) -> None:
    key = buffers.visitor(None, "192.0.2.7", "Firefox")

    assert key.startswith("g")
    assert "192.0.2.7" not in key
    assert key == buffers.visitor(None, "192.0.2.7", "Firefox")
    assert key != buffers.visitor(None, "192.0.2.8", "Firefox")
    assert key != Buffers(database, "another").visitor(None, "192.0.2.7", "Firefox")
    assert buffers.visitor(12, "192.0.2.7", "Firefox") == "m12"


def test_pages_fill_the_buffers_and_write_nothing(
    forum: Forum, app: Flask, client: FlaskClient
) -> None:
    thread_id = forum.thread(view_count=881)
    with recorded_statements() as statements:
        for _ in range(2):
            assert client.get(f"/thread-{thread_id}-1-1.html").status_code == 200
    assert all(line.lstrip().startswith("SELECT") for line in statements)
    assert views_of(forum, thread_id) == 881

    flush_all()

    assert views_of(forum, thread_id) == 882
    with forum.read() as s:
        seen = s.execute(select(OnlineVisit.member_id, OnlineVisit.board_id)).one()
        assert seen == (None, FIRST_BOARD_ID)
        visitor = s.scalar(select(OnlineVisit.visitor))
    assert visitor is not None
    assert "127.0.0.1" not in visitor
