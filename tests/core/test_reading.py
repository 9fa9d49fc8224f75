"""What may a page take from memory instead of reading it? What nobody has committed anything after."""

import threading

import pytest
from sqlalchemy import bindparam, select, update

from forum.core.db import Database, recorded_statements
from forum.core.reading import unchanged
from forum.core.uow import unit_of_work
from forum.models import Member
from tests.factories import FOUNDER_ID, Forum

NAME = select(Member.name).where(Member.id == bindparam("member_id"))


def named(forum: Forum, member_id: int = FOUNDER_ID) -> tuple[str, int]:
    """A member's name as a page would read it, and how many statements that took."""
    with forum.read() as s, recorded_statements() as statements:
        (row,) = unchanged(s, NAME, {"member_id": member_id})
    return row.name, len(statements)


def rename(database: Database, name: str) -> None:
    with unit_of_work(database) as uow:
        uow.session.execute(update(Member).where(Member.id == FOUNDER_ID).values(name=name))


def test_the_same_question_is_asked_once_while_nobody_commits(forum: Forum, backend: str) -> None:
    other_id = forum.member("另一位")
    first, again, other = named(forum), named(forum), named(forum, other_id)

    assert first[1] == 1
    assert again == (first[0], 0 if backend == "sqlite" else 1)
    assert other == ("另一位", 1)


def test_a_commit_of_anybody_is_seen_at_once(forum: Forum, database_url: str) -> None:
    elsewhere = Database(database_url)
    named(forum)

    for turn, database in enumerate((forum.database, elsewhere, forum.database)):
        rename(database, f"第{turn}个名字")
        assert named(forum)[0] == f"第{turn}个名字"
    elsewhere.dispose()


def test_connections_opened_anew_begin_a_new_moment(forum: Forum) -> None:
    named(forum)
    forum.database.rest()
    rename(forum.database, "休息之后")

    assert named(forum)[0] == "休息之后"


def test_whoever_writes_reads_their_own_changes(forum: Forum) -> None:
    named(forum)
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        uow.session.execute(update(Member).where(Member.id == FOUNDER_ID).values(name="还没提交"))
        (row,) = unchanged(uow.session, NAME, {"member_id": FOUNDER_ID})

        assert row.name == "还没提交"


def test_readers_beside_a_writer_never_fall_behind(forum: Forum) -> None:
    """Each reader sees what was committed before it began, whatever other threads have remembered."""
    committed, late, is_over = [0], [], threading.Event()
    rename(forum.database, "0")

    def read() -> None:
        while not is_over.is_set():
            before = committed[0]
            name = named(forum)[0]
            if int(name) < before:
                late.append((before, name))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(1, 60):
        rename(forum.database, str(number))
        committed[0] = number
    is_over.set()
    for reader in readers:
        reader.join(20)

    assert late == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_rows_read_after_a_commit_are_not_kept_for_who_reads_an_older_moment(forum: Forum) -> None:
    """Else a page would be drawn from old posts, and kept under the thread's new version."""
    with forum.database.read_session() as early, forum.database.read_session() as late:
        forum.commit()
        forum.database.cache.refresh(early)  # reads the versions: this session's moment has begun
        forum.database.cache.refresh(late)  # the same moment, and nothing read yet
        rename(forum.database, "后来的名字")

        (seen_late,) = unchanged(late, NAME, {"member_id": FOUNDER_ID})
        (seen_early,) = unchanged(early, NAME, {"member_id": FOUNDER_ID})
        real = early.execute(NAME, {"member_id": FOUNDER_ID}).one()

    assert seen_late.name == "后来的名字"
    assert seen_early.name == real.name != seen_late.name
