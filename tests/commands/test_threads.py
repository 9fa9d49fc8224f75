"""Starting a thread: what it leaves behind, what is refused, double clicks."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.threads import ThreadOptions, start_thread
from forum.core.cache import CacheName
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden, Invalid, NotFound, TooSoon
from forum.core.uow import unit_of_work
from forum.models import (
    Board,
    Member,
    PointTransfer,
    Post,
    PostState,
    Thread,
    ThreadState,
    ThreadType,
)
from forum.policies.verdict import Refusal
from forum.queries.counters import all_differences
from tests.factories import FIRST_BOARD_ID

TITLE, TEXT = "周末去哪儿玩", "求推荐一个近一点的地方。"


def start(forum, member_id, board_id=FIRST_BOARD_ID, *, after=timedelta(0), **more):
    with unit_of_work(forum.database, address="192.0.2.7") as uow:
        uow.now += after
        forum.database.cache.refresh(uow.session)
        words = {"title": TITLE, "source": TEXT, **more}
        return start_thread(uow, forum.actor(member_id), board_id=board_id, **words)


def add_type(forum, board_id, name="求助", **columns) -> int:
    with unit_of_work(forum.database) as uow:
        row = ThreadType(board_id=board_id, name=name, **columns)
        uow.session.add(row)
        uow.bump(CacheName.SITE)
        uow.session.flush()  # row.id
        return row.id


def test_a_thread_has_its_opening_post_at_floor_one(forum):
    member_id = forum.member()
    ref = start(forum, member_id, title="  周末 \u200b 去哪儿玩 ")

    with forum.read() as s:
        thread, post = s.get_one(Thread, ref.thread_id), s.get_one(Post, ref.post_id)
        assert (thread.title, thread.state, thread.last_floor) == (
            "周末 去哪儿玩", ThreadState.VISIBLE, 1
        )  # fmt: skip
        assert (thread.first_post_id, post.floor, post.address) == (post.id, 1, "192.0.2.7")
        assert thread.last_post_at == thread.created_at == post.created_at


def test_a_thread_is_counted_and_paid(forum):
    member_id = forum.member()
    ref = start(forum, member_id)

    with forum.read() as s:
        board = s.get_one(Board, FIRST_BOARD_ID)
        assert (board.thread_count, board.post_count, board.today_post_count) == (1, 1, 1)
        assert (board.last_title, board.last_thread_id) == (TITLE, ref.thread_id)
        member = s.get_one(Member, member_id)
        assert (member.thread_count, member.post_count, member.total) == (1, 1, 3)
        transfer = s.scalars(select(PointTransfer)).one()
        assert (transfer.rule, transfer.subject, transfer.amount) == (
            "thread.posted", f"post:{ref.post_id}", 2
        )  # fmt: skip
        assert list(all_differences(s)) == []


@pytest.mark.parametrize(
    ("words", "key", "field"),
    [
        ({"title": " \u200b "}, "subject_empty", "title"),
        ({"title": "长" * 41}, "subject_too_long", "title"),
        ({"title": "a" * 81}, "subject_too_long", "title"),
        ({"source": "短"}, "message_too_short", "source"),
        ({"type_id": 99}, "type_unknown", "type_id"),
        ({"options": ThreadOptions(read_access=10)}, "read_access_too_high", "read_access"),
    ],
)
def test_what_breaks_a_rule_is_refused(forum, words, key, field):
    with pytest.raises(Invalid) as refusal:
        start(forum, forum.member(), **words)

    assert (refusal.value.key, refusal.value.field) == (key, field)


@pytest.mark.parametrize("title", ["长" * 40, "a" * 80])
def test_a_title_of_eighty_units_is_accepted(forum, title):
    assert start(forum, forum.member(), title=title).floor == 1


def test_a_board_may_ask_for_a_type(forum):
    board_id = forum.board(types_required=True)
    type_id = add_type(forum, board_id)
    for_moderators = add_type(forum, board_id, "公告", for_moderators=True)
    member_id = forum.member()

    for wrong, key in ((None, "type_required"), (for_moderators, "type_unknown")):
        with pytest.raises(Invalid) as refusal:
            start(forum, member_id, board_id, type_id=wrong)
        assert refusal.value.key == key

    ref = start(forum, member_id, board_id, type_id=type_id)
    with forum.read() as s:
        assert s.get_one(Thread, ref.thread_id).type_id == type_id
    assert start(forum, 1, board_id, type_id=for_moderators)


def test_options_are_kept(forum):
    options = ThreadOptions(is_newest_first=True, notifies_author=False, read_access=50)
    ref = start(forum, forum.member(group_id=14), options=options)

    with forum.read() as s:
        thread = s.get_one(Thread, ref.thread_id)
        assert (thread.is_newest_first, thread.notifies_author, thread.read_access) == (
            True, False, 50
        )  # fmt: skip


def test_a_double_click_is_one_thread(forum):
    member_id = forum.member()
    first = start(forum, member_id, submission_key="k1")

    assert start(forum, member_id, submission_key="k1").thread_id == first.thread_id
    assert start(forum, member_id).is_repeat
    with forum.read() as s:
        assert s.get_one(Member, member_id).thread_count == 1


def test_a_second_thread_at_once_is_too_fast(forum):
    member_id = forum.member()
    start(forum, member_id)

    with pytest.raises(TooSoon):
        start(forum, member_id, title="另一个标题")
    assert start(forum, member_id, title="另一个标题", after=timedelta(seconds=16))


def test_where_one_may_not_start_threads(forum):
    member_id = forum.member()
    category, hidden = forum.category(), forum.board("密室", viewers=(1,))

    with pytest.raises(Forbidden) as refusal:
        start(forum, member_id, category)
    assert refusal.value.key == Refusal.NOT_POSTABLE
    with pytest.raises(Forbidden) as refusal:
        start(forum, None)
    assert refusal.value.key == Refusal.SIGN_IN
    for board_id in (hidden, 9999):
        with pytest.raises(NotFound):
            start(forum, member_id, board_id)


@pytest.mark.parametrize("premoderation", [1, 2])
def test_a_board_that_approves_first_shows_nothing_yet(forum, premoderation):
    board_id = forum.board(premoderation=premoderation)
    member_id = forum.member()
    ref = start(forum, member_id, board_id)

    assert ref.state is PostState.PENDING
    with forum.read() as s:
        assert s.get_one(Thread, ref.thread_id).state is ThreadState.PENDING
        assert s.get_one(Board, board_id).thread_count == 0
        assert s.get_one(Member, member_id).thread_count == 0
    assert start(forum, 1, board_id).state is PostState.VISIBLE


def test_today_turns_over_at_the_site_s_midnight(forum):
    member_id = forum.member(group_id=2)
    start(forum, member_id)
    start(forum, member_id, title="第二天", after=timedelta(days=1))
    start(forum, member_id, title="第二天又一个", after=timedelta(days=1))
    with forum.read() as s:
        board = s.get_one(Board, FIRST_BOARD_ID)
        assert (board.today_post_count, board.yesterday_post_count) == (2, 1)

    start(forum, member_id, title="迟到的", after=timedelta(0))
    with forum.read() as s:
        board = s.get_one(Board, FIRST_BOARD_ID)
        assert (board.today_post_count, board.yesterday_post_count) == (2, 2)

    start(forum, member_id, title="很久以后", after=timedelta(days=9))
    with forum.read() as s:
        board = s.get_one(Board, FIRST_BOARD_ID)
        assert (board.today_post_count, board.yesterday_post_count) == (1, 0)


def test_a_thread_costs_a_fixed_number_of_statements(forum):
    actor = forum.actor(forum.member())
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        forum.site()
        with recorded_statements() as statements:
            start_thread(uow, actor, board_id=FIRST_BOARD_ID, title=TITLE, source=TEXT)
            uow.session.flush()  # the last changes of mapped rows

    assert len(statements) <= 18, "\n".join(statements)
