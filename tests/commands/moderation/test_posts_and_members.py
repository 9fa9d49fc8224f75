"""Posts: deleted, blocked, warned, pinned. Members: muted, banned, cleaned up after."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from forum.commands.moderation.expiry import due_entries, end_entry
from forum.commands.moderation.member_cleaning import CleanOptions
from forum.commands.moderation.member_punishing import ClearOptions
from forum.commands.moderation.post_states import BlockOptions
from forum.commands.moderation.post_warnings import WarnOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.errors import Forbidden, Invalid
from forum.models import (
    GroupPermission,
    LoginSession,
    Member,
    ModLogEntry,
    Notice,
    Post,
    PostState,
    PostWarning,
    Setting,
    Thread,
    ThreadState,
)
from forum.policies.actor import BANNED_GROUP, MUTED_GROUP, Rank
from forum.queries.punishments import mutes_by_warnings
from tests.commands.moderation.acting import Moderator, differences, row, working
from tests.commands.moderation.test_thread_actions import money, paid_thread
from tests.commands.test_queue import posting, replies, starts
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


def post_ids(forum, thread_id):
    with forum.read() as s:
        return list(
            s.scalars(select(Post.id).where(Post.thread_id == thread_id).order_by(Post.floor))
        )


def test_deleted_replies_go_with_counters_points_and_the_last_post(forum, founder):
    author, replier = forum.member(), forum.member("李雷")
    thread_id = paid_thread(forum, author, repliers=(replier, replier, author))
    ids = post_ids(forum, thread_id)
    before = row(forum, Thread, thread_id)

    done = founder.does("post.delete", *ids[2:], reason="恶意灌水")
    after = row(forum, Thread, thread_id)
    assert (after.reply_count, after.last_post_at) == (1, row(forum, Post, ids[1]).created_at)
    assert money(forum, replier) == 0 or money(forum, author) >= 2
    assert differences(forum) == []

    founder.undoes(done.entry_id)
    again = row(forum, Thread, thread_id)
    assert (again.reply_count, again.last_post_at) == (before.reply_count, before.last_post_at)
    assert differences(forum) == []


def test_restoring_gives_a_reply_its_points_back(forum, founder):
    author = forum.member()
    thread_id = paid_thread(forum, author, repliers=(author, author))
    last = post_ids(forum, thread_id)[-1]
    founder.does("post.delete", last)
    assert money(forum, author) == 3

    founder.does("post.restore", last)

    assert money(forum, author) == 4
    assert row(forum, Post, last).state is PostState.VISIBLE
    assert differences(forum) == []


def test_the_opening_post_goes_with_its_thread_only(forum, founder):
    with pytest.raises(Invalid, match="opening_post"):
        founder.does("post.delete", post_ids(forum, forum.thread())[0])


def test_a_blocked_post_is_opened_again(forum, founder):
    post_id = post_ids(forum, forum.thread(forum.member()))[0]
    founder.does("post.block", post_id)
    assert row(forum, Post, post_id).is_blocked

    founder.does("post.block", post_id, options=BlockOptions(False))

    assert not row(forum, Post, post_id).is_blocked


@pytest.mark.parametrize("action", ["post.block", "member.mute"])
def test_who_was_told_hears_when_it_is_taken_back(forum, founder, action):
    author = forum.member()
    thread_id = forum.thread(forum.member("韩梅梅"), replies=1, repliers=(author,))
    target = author if action == "member.mute" else post_ids(forum, thread_id)[1]
    done = founder.does(action, target, notifies=True)

    founder.undoes(done.entry_id)

    with forum.read() as s:
        told = s.scalars(select(Notice).where(Notice.kind == "moderated").order_by(Notice.id)).all()
    assert [one.member_id for one in told] == [author] * 2
    assert [one.data["is_reversal"] for one in told] == [False, True]


def test_the_third_warning_mutes_and_its_undo_lets_go(forum, founder):
    author = forum.member()
    ids = post_ids(forum, forum.thread(author, replies=2))
    founder.does("post.warn", *ids[:2])
    assert row(forum, Member, author).group_id == 10

    done = founder.does("post.warn", ids[2], reason="第三次")
    muted = row(forum, Member, author)
    assert (muted.group_id, muted.former_group_id) == (MUTED_GROUP, 10)
    assert timedelta(days=29) < muted.group_until - utc_now() < timedelta(days=31)

    founder.undoes(done.entry_id)
    free = row(forum, Member, author)
    assert (free.group_id, free.group_until, free.former_group_id) == (10, None, None)
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(PostWarning)) == 2


def test_a_warning_mutes_too_when_there_were_enough_before(forum, founder):
    author = forum.member()
    ids = post_ids(forum, forum.thread(author, replies=4))
    founder.does("post.warn", *ids[:3])
    founder.does("member.release", author)

    founder.does("post.warn", ids[3])
    muted = row(forum, Member, author)
    assert (muted.group_id, muted.former_group_id) == (MUTED_GROUP, 10)

    founder.does("post.warn", ids[4])  # the 30 days begin anew
    assert row(forum, Member, author).group_until > muted.group_until


def test_warnings_make_a_short_mute_longer(forum, founder):
    author = forum.member()
    ids = post_ids(forum, forum.thread(author, replies=2))
    soon = utc_now() + timedelta(hours=1)
    founder.does("member.mute", author, expires_at=soon)

    founder.does("post.warn", *ids[:2])
    assert row(forum, Member, author).group_until == soon
    done = founder.does("post.warn", ids[2])

    muted = row(forum, Member, author)
    assert muted.group_until > utc_now() + timedelta(days=29)
    assert (muted.group_id, muted.former_group_id) == (MUTED_GROUP, 10)
    with forum.read() as s:  # the member is told of it, as of a mute
        assert author in mutes_by_warnings(s, [done.entry_id])[done.entry_id]

    with working(forum) as uow:  # the hour is over
        for due in due_entries(uow.session, soon):
            end_entry(uow, due)
    assert row(forum, Member, author).group_until == muted.group_until

    founder.undoes(done.entry_id)
    assert row(forum, Member, author).group_until == soon


@pytest.mark.parametrize("days", [None, 90])
def test_warnings_do_not_shorten_a_mute(forum, founder, days):
    author = forum.member()
    until = None if days is None else utc_now() + timedelta(days=days)
    founder.does("member.mute", author, expires_at=until)

    founder.does("post.warn", *post_ids(forum, forum.thread(author, replies=3)))

    muted = row(forum, Member, author)
    assert (muted.group_id, muted.group_until) == (MUTED_GROUP, until)


def test_warnings_leave_a_ban_alone(forum, founder):
    author = forum.member()
    founder.does("member.ban", author, expires_at=utc_now() + timedelta(hours=1))
    banned = row(forum, Member, author)

    founder.does("post.warn", *post_ids(forum, forum.thread(author, replies=3)))

    now = row(forum, Member, author)
    assert (now.group_id, now.group_until) == (BANNED_GROUP, banned.group_until)


def test_muting_does_not_lift_a_ban(forum, founder):
    moderator = Moderator(forum, forum.moderator(FIRST_BOARD_ID))
    member_id = forum.member()
    founder.does("member.ban", member_id)

    for key in ("member.mute", "member.release"):
        with pytest.raises(Forbidden, match="punished_harder"):
            moderator.does(key, member_id)
    assert row(forum, Member, member_id).group_id == BANNED_GROUP

    administrator = Moderator(forum, forum.member("管理", group_id=1))
    administrator.does("member.mute", member_id)
    moderator.does("member.release", member_id)
    assert row(forum, Member, member_id).group_id == 10


def test_who_may_not_ban_undoes_nothing_about_a_ban(forum, founder):
    moderator = Moderator(forum, forum.moderator(FIRST_BOARD_ID))
    member_id = forum.member()
    founder.does("member.ban", member_id)
    released = founder.does("member.release", member_id)

    with pytest.raises(Forbidden, match="punished_harder"):
        moderator.undoes(released.entry_id)  # it would ban again

    muted = founder.does("member.mute", member_id)
    moderator.undoes(muted.entry_id)
    assert row(forum, Member, member_id).group_id == 10


@pytest.mark.parametrize("punishing", ["member.mute", "member.ban"])
@pytest.mark.parametrize("rank", ["super", "peer", "appointed"])
def test_punished_staff_stay_out_of_reach_of_those_below(forum, founder, punishing, rank):
    moderator = Moderator(forum, forum.moderator(FIRST_BOARD_ID))
    target = {
        "super": lambda: forum.member("超版", group_id=2),
        "peer": lambda: forum.moderator(FIRST_BOARD_ID, "同级"),
        "appointed": lambda: forum.moderator(FIRST_BOARD_ID, "金牌版主", group_id=14),
    }[rank]()
    thread_id = forum.thread(target, replies=1)
    founder.does(punishing, target)

    assert forum.actor(target).rank is Rank.MEMBER  # what they can do themselves
    for key, ids in (
        ("member.release", target),
        ("member.mute", target),
        ("thread.delete", thread_id),
        ("post.delete", post_ids(forum, thread_id)[1]),
    ):
        with pytest.raises(Forbidden, match="outranked"):
            moderator.does(key, ids)
    with forum.read() as s:
        newest = s.scalars(select(ModLogEntry.id).order_by(ModLogEntry.id.desc())).first()
    with pytest.raises(Forbidden, match=r"outranked|group"):
        moderator.undoes(newest)


def test_a_lowered_limit_counts_for_warnings_given_before(forum, founder):
    author = forum.member()
    ids = post_ids(forum, forum.thread(author, replies=2))
    founder.does("post.warn", *ids[:2])
    with working(forum) as uow:
        uow.session.add(Setting(section="moderation", values={"warning_limit": 2}))
        uow.bump(CacheName.SITE)

    founder.does("post.warn", ids[2])

    assert row(forum, Member, author).group_id == MUTED_GROUP


def test_more_warnings_than_needed_at_once_mute_once(forum, founder):
    author = forum.member()
    ids = post_ids(forum, forum.thread(author, replies=4))

    done = founder.does("post.warn", *ids)

    assert row(forum, Member, author).group_id == MUTED_GROUP
    founder.undoes(done.entry_id)
    assert row(forum, Member, author).group_id == 10


def test_who_may_not_block_may_not_warn(forum):
    moderator = Moderator(forum, forum.moderator(FIRST_BOARD_ID))
    with working(forum) as uow:
        uow.session.merge(GroupPermission(group_id=3, key="mod.post.block", value=0))
        uow.bump(CacheName.SITE)

    with pytest.raises(Forbidden, match="group"):
        moderator.does("post.warn", *post_ids(forum, forum.thread(forum.member())))


def test_a_warning_is_taken_back_with_its_row(forum, founder):
    post_id = post_ids(forum, forum.thread(forum.member()))[0]
    founder.does("post.warn", post_id)

    founder.does("post.warn", post_id, options=WarnOptions(False))

    assert not row(forum, Post, post_id).is_warned
    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(PostWarning)) == 0


def test_a_muted_member_comes_back_to_the_former_group(forum, founder):
    member_id = forum.member(group_id=12, total=250)
    until = utc_now() + timedelta(days=3)

    founder.does("member.mute", member_id, expires_at=until)
    muted = row(forum, Member, member_id)
    assert (muted.group_id, muted.group_until, muted.former_group_id) == (MUTED_GROUP, until, 12)

    founder.does("member.ban", member_id)
    assert row(forum, Member, member_id).former_group_id == 12
    founder.does("member.release", member_id)
    assert row(forum, Member, member_id).former_group_id is None


def test_nobody_acts_on_equals_or_on_themselves(forum, founder):
    mine = forum.board("我的")
    moderator = Moderator(forum, forum.moderator(mine))
    colleague = forum.moderator(mine, "李雷")

    for target in (colleague, FOUNDER_ID, moderator.member_id):
        with pytest.raises(Forbidden, match="outranked"):
            moderator.does("member.mute", target)
    with pytest.raises(Forbidden, match="group"):
        moderator.does("member.ban", forum.member())
    moderator.does("member.mute", forum.member("王五"))


def test_profile_parts_are_cleared_and_come_back(forum, founder):
    member_id = forum.member(signature="签名", signature_html="<p>签名</p>", custom_title="头衔")

    done = founder.does("member.clear", member_id, options=ClearOptions(signature=True))
    assert (row(forum, Member, member_id).signature, row(forum, Member, member_id).custom_title) == ("", "头衔")  # fmt: skip

    founder.undoes(done.entry_id)
    assert row(forum, Member, member_id).signature_html == "<p>签名</p>"


def test_who_does_not_see_a_board_brings_nothing_back_into_it(forum, founder):
    spammer, superior = forum.member("卖药"), forum.member("超版", group_id=2)
    secret = forum.thread(spammer, forum.board("站务", viewers=(1,)))
    done = founder.does("member.clean", spammer, options=CleanOptions())

    with pytest.raises(Forbidden):
        Moderator(forum, superior).undoes(done.entry_id)
    with pytest.raises(Forbidden):
        Moderator(forum, superior).undoes(done.entry_id, partial=True)

    assert row(forum, Thread, secret).state is ThreadState.RECYCLED
    assert row(forum, Member, spammer).group_id == BANNED_GROUP
    founder.undoes(done.entry_id)
    assert row(forum, Thread, secret).state is ThreadState.VISIBLE


def test_a_clean_up_takes_what_waits_for_approval_too(forum, founder):
    posting(forum)
    board = forum.board(premoderation=2)
    spammer = forum.member("卖药")
    theirs = forum.thread(forum.member(), board, replies=1)
    held = starts(forum, spammer, board)
    reply = replies(forum, spammer, theirs)
    last = row(forum, Thread, theirs).last_post_at

    done = founder.does("member.clean", spammer)
    assert row(forum, Thread, held.thread_id).state is ThreadState.RECYCLED
    assert row(forum, Post, reply.post_id).state is PostState.RECYCLED
    assert row(forum, Thread, theirs).last_post_at == last
    assert differences(forum) == []

    founder.undoes(done.entry_id)
    assert row(forum, Thread, held.thread_id).state is ThreadState.PENDING
    assert row(forum, Post, reply.post_id).state is PostState.PENDING
    assert row(forum, Thread, theirs).last_post_at == last
    assert differences(forum) == []


def test_a_spammer_is_cleaned_up_after_in_one_step_and_back_in_one(forum, founder):
    spammer, other = forum.member("卖药"), forum.member()
    mine = paid_thread(forum, spammer, repliers=(other,))
    theirs = paid_thread(forum, other, repliers=(spammer, other, spammer))
    earned = money(forum, spammer), money(forum, other)

    done = founder.does("member.clean", spammer, options=CleanOptions())
    assert row(forum, Member, spammer).group_id == BANNED_GROUP
    assert row(forum, Thread, mine).state is ThreadState.RECYCLED
    assert row(forum, Thread, theirs).reply_count == 1
    assert money(forum, spammer) == 0
    assert differences(forum) == []

    founder.undoes(done.entry_id)
    assert (money(forum, spammer), money(forum, other)) == earned
    assert row(forum, Member, spammer).group_id == 10
    assert row(forum, Thread, theirs).reply_count == 3
    assert differences(forum) == []


def test_a_lock_logs_out_everywhere(forum, founder):
    member_id = forum.member()
    with working(forum) as uow:
        uow.session.add(
            LoginSession(
                token_hash="x", member_id=member_id, created_at=uow.now, last_seen_at=uow.now,
                expires_at=uow.now + timedelta(days=1),
            )
        )  # fmt: skip

    founder.does("member.lock", member_id, reason="账号被盗")

    with forum.read() as s:
        assert s.scalar(select(func.count()).select_from(LoginSession)) == 0
