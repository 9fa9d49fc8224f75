"""Does the index follow the posts?"""

import threading

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from forum import search as index
from forum.commands.search_index import (
    AT_ONCE,
    index_post,
    move_thread,
    refresh_posts,
    reindex_thread,
    remove_posts,
    sweep,
)
from forum.core.uow import UnitOfWork, unit_of_work
from forum.models import Post, Thread, ThreadState
from forum.search import Wanted, parse_words, postgresql, sqlite
from forum.search.tables import STALE
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum


def found(s: Session, typed: str, **more) -> list[int]:
    return index.found(s, Wanted(parse_words(typed), **more), limit=1000)


def test_a_changed_post_is_found_by_its_new_words_alone(forum: Forum, uow: UnitOfWork) -> None:
    def index(source: str) -> None:
        index_post(
            uow,
            post_id=7,
            board_id=FIRST_BOARD_ID,
            author_id=FOUNDER_ID,
            title="春游活动",
            source=source,
        )

    index("[b]周六[/b]去[url=http://a.example/]爬山[/url]")
    index("[b]周日[/b]去[url=http://a.example/]爬山[/url]")

    assert found(uow.session, "周六") == []
    assert found(uow.session, "周日去爬山") == [7]
    assert found(uow.session, "春游", in_titles=True) == [7]
    assert found(uow.session, "example") == []


def test_a_removed_post_is_gone(uow: UnitOfWork) -> None:
    index_post(uow, post_id=7, board_id=2, author_id=1, title=None, source="一个字也不剩")
    remove_posts(uow, [7, 8])

    assert found(uow.session, "不剩") == []


def index_and_wait(forum: Forum, post_id: int) -> None:
    """The post is safe, and whoever merges is done."""
    with unit_of_work(forum.database) as uow:
        index_post(uow, post_id=post_id, board_id=2, author_id=1, title=None, source="等着的字")
    for each in threading.enumerate():
        if each.name == "search-merge":
            each.join(10)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_gins_new_entries_are_merged_after_a_post_of_a_round_number(forum: Forum) -> None:
    waiting = text("SELECT gin_clean_pending_list('ix_search_tokens_tokens')")

    def waits_after(post_id: int) -> int:
        index_and_wait(forum, post_id)
        with forum.database.write_engine.begin() as connection:
            return int(connection.execute(waiting).scalar_one())

    assert waits_after(7 * postgresql.MERGE_EVERY + 1) > 0
    assert waits_after(8 * postgresql.MERGE_EVERY) == 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_many_posts_at_once_are_merged_whatever_their_numbers(forum: Forum) -> None:
    """As steps of a batch bring them back: 600 of them could go by without a round number."""
    thread_id = forum.thread(replies=40)
    with forum.read() as s:
        ids = s.scalars(select(Post.id).where(Post.thread_id == thread_id)).all()
    uneven = [post_id for post_id in ids if post_id % postgresql.MERGE_EVERY][:30]
    with forum.database.write_engine.begin() as connection:
        connection.execute(text("SELECT gin_clean_pending_list('ix_search_tokens_tokens')"))

    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Post).values(source="一段很长的话，" * 300))
        refresh_posts(uow, uneven)
    for each in threading.enumerate():
        if each.name == "search-merge":
            each.join(10)

    with forum.database.write_engine.begin() as connection:
        asked = text("SELECT gin_clean_pending_list('ix_search_tokens_tokens')")
        assert connection.execute(asked).scalar_one() == 0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_fts5_joins_its_segments_beside_those_who_write_alone(forum: Forum) -> None:
    def segments() -> int:
        """The structure's record: four bytes, how many levels, how many segments."""
        with forum.read() as s:
            record = s.scalar(text("SELECT block FROM search_index_data WHERE id = 10"))
        return int(record[5])

    for number in range(1, sqlite.MERGE_EVERY):
        index_and_wait(forum, number)
    apart = segments()
    index_and_wait(forum, sqlite.MERGE_EVERY)

    assert apart == sqlite.MERGE_EVERY - 1
    assert segments() < 8
    with forum.read() as s:
        assert len(found(s, "等着的字")) == sqlite.MERGE_EVERY


def test_a_moved_thread_is_found_in_its_new_board(forum: Forum) -> None:
    thread_id = forum.thread(replies=2)
    other_id = forum.board()
    with unit_of_work(forum.database) as uow:
        reindex_thread(uow, thread_id)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Thread).values(board_id=other_id))
        move_thread(uow, thread_id, other_id)

        assert len(found(uow.session, "路过", board_ids=frozenset({other_id}))) == 2
        assert found(uow.session, "路过", board_ids=frozenset({FIRST_BOARD_ID})) == []


def test_a_long_thread_is_left_to_the_sweep(forum: Forum) -> None:
    thread_id = forum.thread(replies=AT_ONCE + 20)
    with unit_of_work(forum.database) as uow:
        reindex_thread(uow, thread_id)
        reindex_thread(uow, thread_id)
        assert len(found(uow.session, "旧笔记本", in_titles=True)) == 1
        assert found(uow.session, "路过") == []

        while sweep(uow, limit=50):
            pass

        assert len(found(uow.session, "路过")) == AT_ONCE + 20
        assert uow.session.scalar(select(func.count()).select_from(STALE)) == 0


def test_the_sweep_takes_out_what_is_gone_or_hidden(forum: Forum) -> None:
    thread_id = forum.thread(replies=AT_ONCE + 20)
    other_id = forum.thread(title="留下的", replies=1)
    with unit_of_work(forum.database) as uow:
        for each in (thread_id, other_id):
            reindex_thread(uow, each)
        while sweep(uow):
            pass
        ids = list(uow.session.scalars(select(Post.id).where(Post.thread_id == thread_id)))
        uow.session.execute(
            update(Thread).where(Thread.id == thread_id).values(state=ThreadState.RECYCLED)
        )
        gone = Post.thread_id == other_id, Post.floor == 2
        ids.extend(uow.session.scalars(select(Post.id).where(*gone)))
        uow.session.execute(delete(Post).where(*gone))
        remove_posts(uow, ids)
        while sweep(uow):
            pass

        assert found(uow.session, "路过") == []
        assert len(found(uow.session, "留下", in_titles=True)) == 1
