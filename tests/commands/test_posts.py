"""Replying: floors, counters, points, notices; limits, repeats and approval."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from forum.commands.posts import reply_to_thread
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden, Invalid, NotFound, TooSoon
from forum.core.uow import unit_of_work
from forum.models import (
    Board,
    Member,
    Notice,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from forum.points.ledger import balances
from forum.policies.verdict import Refusal
from forum.queries.counters import all_differences
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

HELLO = "你好，路过看看你的帖子。"


@pytest.fixture
def thread_id(forum) -> int:
    return forum.thread(replies=2)


def reply(forum, member_id, thread_id, source=HELLO, *, after=timedelta(0), **more):
    with unit_of_work(forum.database, address="192.0.2.7") as uow:
        uow.now += after
        forum.database.cache.refresh(uow.session)
        return reply_to_thread(
            uow, forum.actor(member_id), thread_id=thread_id, source=source, **more
        )


def test_a_reply_takes_the_next_floor(forum, thread_id):
    ref = reply(forum, forum.member(), thread_id)

    assert (ref.thread_id, ref.floor, ref.state, ref.is_repeat) == (
        thread_id, 4, PostState.VISIBLE, False
    )  # fmt: skip
    with forum.read() as s:
        post = s.get_one(Post, ref.post_id)
        assert post.source == HELLO
        assert HELLO in post.html
        assert post.address == "192.0.2.7"


def test_a_reply_is_counted_everywhere(forum, thread_id):
    member_id = forum.member()
    ref = reply(forum, member_id, thread_id)

    with forum.read() as s:
        thread = s.get_one(Thread, thread_id)
        post = s.get_one(Post, ref.post_id)
        assert (thread.reply_count, thread.last_floor, thread.last_poster_id, thread.heat) == (
            3, 4, member_id, 2
        )  # fmt: skip
        assert thread.last_post_at == post.created_at
        board = s.get_one(Board, FIRST_BOARD_ID)
        assert (board.post_count, board.today_post_count, board.last_poster_name) == (
            4, 1, "王小明"
        )  # fmt: skip
        assert (board.last_thread_id, board.last_title) == (thread_id, thread.title)
        member = s.get_one(Member, member_id)
        assert (member.post_count, member.thread_count, member.total) == (1, 0, 2)
        assert member.last_post_at == post.created_at
        assert balances(s, member_id) == {2: 1}


def test_who_takes_part_again_is_no_second_head(forum, thread_id):
    member_id = forum.member()
    reply(forum, member_id, thread_id)
    reply(forum, member_id, thread_id, "第二次来看看你。", after=timedelta(minutes=1))

    with forum.read() as s:
        assert (
            s.get_one(Thread, thread_id).heat == 2
        )  # the author of the replies there, and this one


def test_the_thread_s_author_is_told_once_with_a_count(forum):
    author_id = forum.member("李四")
    thread_id = forum.thread(author_id)
    reply(forum, forum.member("甲"), thread_id)
    ref = reply(forum, forum.member("乙"), thread_id)

    with forum.read() as s:
        notice = s.scalars(select(Notice)).one()
        assert (notice.kind, notice.member_id, notice.merged_count) == ("replied", author_id, 2)
        assert (notice.actor_name, notice.post_id, notice.data) == ("乙", ref.post_id, {})
        assert s.get_one(Member, author_id).unread_notice_count == 1


def test_nobody_is_told_of_the_own_reply_nor_who_asked_not_to_be(forum):
    author_id = forum.member("李四")
    reply(forum, author_id, forum.thread(author_id))
    reply(forum, forum.member("甲"), forum.thread(author_id, notifies_author=False))

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Notice)) == 0


def test_the_quoted_author_is_told_and_the_thread_s_author_not_twice(forum):
    author_id, other_id = forum.member("李四"), forum.member("甲")
    thread_id = forum.thread(author_id)
    first = reply(forum, other_id, thread_id)
    with forum.read() as s:
        opening_id = s.get_one(Thread, thread_id).first_post_id
    quotes = "".join(
        f"[quote][url=/post-{post_id}.html]X 发表于 昨天[/url]\n你好[/quote]"
        for post_id in (first.post_id, opening_id)
    )
    reply(forum, forum.member("乙"), thread_id, quotes + "你们说得都有道理。")

    with forum.read() as s:
        kinds = [(row.kind, row.member_id) for row in s.scalars(select(Notice).order_by(Notice.id))]
        # The first notice is of the first reply; the quoting one makes no second "replied".
        assert kinds == [("replied", author_id), ("quoted", author_id), ("quoted", other_id)]


def test_who_may_not_read_the_thread_is_not_told(forum):
    board_id = forum.board("密室", viewers=(11,))
    author_id = forum.member("李四")  # of group 10
    thread_id = forum.thread(author_id, board_id)
    reply(forum, forum.member("甲", group_id=11, total=60, post_count=60), thread_id)

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(Notice)) == 0


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("", "message_too_short"),
        ("好好好", "message_too_short"),  # nine bytes
        ("[quote]一段很长很长很长很长的引用[/quote]好", "message_too_short"),
        ("长" * 3334, "message_too_long"),  # 10,002 bytes
    ],
)
def test_a_text_of_the_wrong_size_is_refused(forum, thread_id, source, key):
    with pytest.raises(Invalid) as refusal:
        reply(forum, forum.member(), thread_id, source)

    assert (refusal.value.key, refusal.value.field) == (key, "source")
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).last_floor == 3


@pytest.mark.parametrize("source", ["好好好好", "长" * 3333])
def test_a_text_just_of_the_right_size_is_accepted(forum, thread_id, source):
    assert reply(forum, forum.member(), thread_id, source).floor == 4


def test_two_posts_within_fifteen_seconds_are_too_fast(forum, thread_id):
    member_id = forum.member()
    reply(forum, member_id, thread_id)

    with pytest.raises(TooSoon) as refusal:
        reply(forum, member_id, thread_id, "另一句话，说得太快了。", after=timedelta(seconds=5))

    assert refusal.value.key == "flood"
    assert 7 <= refusal.value.retry_after_s <= 10  # the machine may be busy
    assert reply(forum, member_id, thread_id, "另一句话，说得太快了。", after=timedelta(seconds=16))


def test_who_is_exempt_may_be_fast_and_short(forum, thread_id):
    reply(forum, FOUNDER_ID, thread_id, "一")

    assert reply(forum, FOUNDER_ID, thread_id, "二").floor == 5


def test_a_double_click_is_one_post(forum, thread_id):
    member_id = forum.member()
    first = reply(forum, member_id, thread_id, submission_key="k1")
    again = reply(forum, member_id, thread_id, "改了一个字的回复。", submission_key="k1")
    without_key = reply(forum, member_id, thread_id)

    assert again.post_id == without_key.post_id == first.post_id
    assert again.is_repeat
    assert without_key.is_repeat
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).last_floor == 4
        assert balances(s, member_id) == {2: 1}


def test_the_same_words_later_are_a_new_post(forum, thread_id):
    member_id = forum.member()
    reply(forum, member_id, thread_id)

    assert reply(forum, member_id, thread_id, after=timedelta(minutes=11)).floor == 5


@pytest.mark.parametrize(
    ("columns", "refusal"),
    [({"is_closed": True}, Refusal.CLOSED), ({"read_access": 100}, Refusal.READ_ACCESS)],
)
def test_a_thread_that_takes_no_replies_says_why(forum, columns, refusal):
    thread_id = forum.thread(**columns)

    with pytest.raises(Forbidden) as error:
        reply(forum, forum.member(), thread_id)

    assert error.value.key == refusal.value


def test_what_one_may_not_see_is_not_there(forum):
    hidden = forum.thread(board_id=forum.board("密室", viewers=(1,)))
    recycled = forum.thread(state=ThreadState.RECYCLED)
    member_id = forum.member()

    for thread_id in (hidden, recycled, 9999):
        with pytest.raises(NotFound):
            reply(forum, member_id, thread_id)


def test_guests_are_asked_to_log_in(forum, thread_id):
    with pytest.raises(Forbidden) as error:
        reply(forum, None, thread_id)

    assert error.value.key == Refusal.SIGN_IN


def test_a_board_that_approves_first_counts_and_pays_nothing_yet(forum):
    board_id = forum.board("审核区", premoderation=2)
    thread_id = forum.thread(board_id=board_id)
    member_id = forum.member()
    ref = reply(forum, member_id, thread_id)

    assert (ref.state, ref.floor) == (PostState.PENDING, 2)
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).reply_count == 0
        assert s.get_one(Member, member_id).post_count == 0
        assert balances(s, member_id) == {}
        assert s.scalar(select(func.count()).select_from(Notice)) == 0


@pytest.mark.parametrize("replies", [1, 30])
def test_a_reply_costs_the_same_whatever_the_thread_s_length(forum, replies):
    thread_id = forum.thread(forum.member("李四"), replies=replies)
    actor = forum.actor(forum.member())
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        forum.site()
        with recorded_statements() as statements:
            reply_to_thread(uow, actor, thread_id=thread_id, source=HELLO, submission_key="k")
            uow.session.flush()  # the last changes of mapped rows

    assert len(statements) <= 17, "\n".join(statements)  # one of them the list of words, once


def test_counters_are_what_a_recount_says(forum):
    thread_id = forum.thread()
    member_id, other_id = forum.member(), forum.member("甲")
    for number in range(3):
        reply(
            forum,
            member_id,
            thread_id,
            f"第 {number} 句话，大家都来看看。",
            after=timedelta(minutes=number),
        )
        reply(
            forum,
            other_id,
            thread_id,
            f"第 {number} 句话，大家都来看看。",
            after=timedelta(minutes=number, seconds=1),
        )

    with forum.read() as s:
        assert list(all_differences(s)) == []


def at_once(*deeds):
    """Run each in a thread of its own; what came of them, errors included."""

    def outcome(deed):
        try:
            return deed()
        except Exception as error:  # the test looks at it
            return error

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [task.result(60) for task in [pool.submit(outcome, deed) for deed in deeds]]


def test_of_two_posts_at_once_one_is_too_fast(forum):
    member_id = forum.member()
    places = [forum.thread(), forum.thread(), forum.thread()]

    outcomes = at_once(*(partial(reply, forum, member_id, place) for place in places))

    assert sorted(type(one).__name__ for one in outcomes) == ["PostRef", "TooSoon", "TooSoon"]


def test_a_double_click_at_once_is_one_post(forum, thread_id):
    member_id = forum.member()
    click = partial(reply, forum, member_id, thread_id, submission_key="k1")

    outcomes = at_once(click, click, click)

    assert len({one.post_id for one in outcomes}) == 1
    assert sorted(one.is_repeat for one in outcomes) == [False, True, True]
    with forum.read() as s:
        assert s.get_one(Thread, thread_id).last_floor == 4
