"""Type, raise, sink, copy, merge, split: what becomes of posts, counters and later replies."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.moderation import preview
from forum.commands.moderation.expiry import due_entries, end_entry
from forum.commands.moderation.thread_marks import DigestOptions
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions, floors_in
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.thread_places import CopyOptions, TypeOptions
from forum.commands.posts import reply_to_thread
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.errors import Conflict, Forbidden, Invalid
from forum.core.uow import unit_of_work
from forum.models import Member, Post, Thread, ThreadState, ThreadType, WordAction
from forum.modlog.effects import Change
from forum.points.ledger import balances
from forum.queries.points import book_differences
from forum.queries.site import site_of
from tests.commands.moderation.acting import Moderator, differences, row, working
from tests.commands.test_queue import word
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


def floors(forum, thread_id):
    with forum.read() as s:
        rows = s.execute(
            select(Post.floor, Post.id).where(Post.thread_id == thread_id).order_by(Post.floor)
        )
        return [tuple(one) for one in rows]


def reply(forum, thread_id, member_id):
    with working(forum) as uow:
        return reply_to_thread(
            uow, forum.actor(member_id), thread_id=thread_id, source="后来的回复，十个字节以上。"
        ).post_id


def test_a_type_of_another_board_is_refused(forum, founder):
    other = forum.board("别处")
    with unit_of_work(forum.database) as uow:
        uow.session.add_all([ThreadType(id=1, board_id=other, name="x"), ThreadType(id=2, board_id=FIRST_BOARD_ID, name="y")])  # fmt: skip
        uow.bump(CacheName.SITE)
    thread_id = forum.thread()

    with pytest.raises(Invalid, match="type_unknown"):
        founder.does("thread.type", thread_id, options=TypeOptions(1))
    done = founder.does("thread.type", thread_id, options=TypeOptions(2))
    assert row(forum, Thread, thread_id).type_id == 2
    founder.undoes(done.entry_id)
    assert row(forum, Thread, thread_id).type_id is None


def test_a_type_for_moderators_is_given_by_those_of_its_board(forum):
    home, there = forum.board("我的"), forum.board("别处")
    with unit_of_work(forum.database) as uow:
        uow.session.add_all(
            ThreadType(id=number, board_id=board, name="公告", for_moderators=True)
            for number, board in ((1, home), (2, there))
        )
        uow.bump(CacheName.SITE)
    moderator = Moderator(forum, forum.moderator(home))
    thread_id = forum.thread(forum.member(), home)

    for action, options in (("thread.move", MoveOptions), ("thread.copy", CopyOptions)):
        with pytest.raises(Invalid, match="type_unknown"):
            moderator.does(action, thread_id, options=options(there, 2))
    moderator.does("thread.type", thread_id, options=TypeOptions(1))

    assert row(forum, Thread, thread_id).type_id == 1


def test_nothing_comes_unread_into_a_board_that_reads_first(forum):
    home, there = forum.board("我的"), forum.board("先审", premoderation=1)
    moderator = Moderator(forum, forum.moderator(home))
    thread_id = forum.thread(forum.member("李雷"), home)

    for action, options in (("thread.move", MoveOptions), ("thread.copy", CopyOptions)):
        with pytest.raises(Forbidden, match="premoderated"):
            moderator.does(action, thread_id, options=options(there))
    exempt = Moderator(forum, forum.member("韩雪", group_id=2))
    exempt.does("thread.move", thread_id, options=MoveOptions(there))

    assert row(forum, Thread, thread_id).board_id == there


def test_a_raised_thread_goes_back_even_after_a_reply(forum, founder):
    author = forum.member()
    one, two = forum.thread(author), forum.thread(author)
    before = row(forum, Thread, one).last_post_at
    done = founder.does("thread.raise", one, two)
    assert row(forum, Thread, one).last_post_at > before
    reply(forum, two, author)
    replied_at = row(forum, Thread, two).last_post_at

    founder.undoes(done.entry_id)

    assert row(forum, Thread, one).last_post_at == before
    assert row(forum, Thread, two).last_post_at == replied_at


def test_a_sunk_thread_lies_two_years_deep(forum, founder):
    thread_id = forum.thread()
    before = row(forum, Thread, thread_id).last_post_at

    founder.does("thread.sink", thread_id)

    assert before - row(forum, Thread, thread_id).last_post_at == timedelta(days=730)


def test_a_copy_is_a_new_thread_paid_for_and_goes_with_its_undo(forum, founder):
    author, other = forum.member(), forum.board("别处")
    thread_id = forum.thread(author, replies=2)

    done = founder.does("thread.copy", thread_id, options=CopyOptions(other))
    with forum.read() as s:
        copied = s.scalars(select(Thread).where(Thread.board_id == other)).one()
        assert balances(s, author) == {2: 2}
    assert (copied.reply_count, copied.title) == (0, "旧笔记本升级记录")
    opening = row(forum, Post, copied.first_post_id)
    assert opening.source.startswith("换了内存和固态，速度飞起。\n\n来源: ")
    assert f'href="/thread-{thread_id}-1-1.html"' in opening.html
    assert differences(forum) == []

    undone = founder.undoes(done.entry_id)
    assert row(forum, Thread, copied.id) is None
    with forum.read() as s:
        assert balances(s, author) == {2: 0}
    assert differences(forum) == []

    founder.undoes(undone.entry_id)
    assert row(forum, Thread, copied.id).board_id == other
    assert differences(forum) == []


def test_a_blocked_text_is_blocked_in_its_copy_too(forum, founder):
    other, thread_id = forum.board("别处"), forum.thread(forum.member())
    founder.does("post.block", row(forum, Thread, thread_id).first_post_id)
    founder.does("post.warn", row(forum, Thread, thread_id).first_post_id)

    founder.does("thread.copy", thread_id, options=CopyOptions(other))

    with forum.read() as s:
        opening = s.scalars(
            select(Post).join(Thread, Thread.id == Post.thread_id).where(Thread.board_id == other)
        ).one()
    assert opening.is_blocked
    assert not opening.is_warned  # the warning was given for the other one


def test_a_copy_that_was_answered_stays(forum, founder):
    author, other = forum.member(), forum.board("别处")
    done = founder.does("thread.copy", forum.thread(author), options=CopyOptions(other))
    with forum.read() as s:
        copied = s.scalars(select(Thread.id).where(Thread.board_id == other)).one()
    reply(forum, copied, author)

    with pytest.raises(Conflict, match="undo_conflicts"):
        founder.undoes(done.entry_id)


@pytest.fixture
def two_threads(forum):
    """An older thread of three posts and a newer one of two, interleaved in time."""
    one, two = forum.member(), forum.member("李雷")
    began = utc_now() - timedelta(hours=1)
    kept = forum.thread(one, title="后来的", at=began + timedelta(seconds=1), replies=1)
    other = forum.thread(two, title="先来的", at=began, replies=2, repliers=(two,))
    return kept, other, one, two


def test_merged_posts_stand_by_time_and_the_earliest_names_the_thread(forum, founder, two_threads):
    kept, other, one, two = two_threads
    first = floors(forum, other)[0][1]

    founder.does("thread.merge", kept, options=MergeOptions(other))

    thread = row(forum, Thread, kept)
    assert (thread.title, thread.author_id, thread.first_post_id) == ("先来的", two, first)
    assert (thread.reply_count, thread.last_floor) == (4, 5)
    assert [floor for floor, _ in floors(forum, kept)] == [1, 2, 3, 4, 5]
    gone = row(forum, Thread, other)
    assert (gone.state, gone.moved_to_id) == (ThreadState.MERGED, kept)
    assert row(forum, Member, one).thread_count == 0
    assert differences(forum) == []


def test_a_merge_is_undone_and_later_replies_stay_behind_it(forum, founder, two_threads):
    kept, other, one, _ = two_threads
    before = floors(forum, kept), floors(forum, other)
    done = founder.does("thread.merge", kept, options=MergeOptions(other))
    late = reply(forum, kept, one)

    undone = founder.undoes(done.entry_id)

    assert floors(forum, other) == before[1]
    assert floors(forum, kept) == [*before[0], (3, late)]
    thread = row(forum, Thread, kept)
    assert (thread.title, thread.last_floor, thread.reply_count) == ("后来的", 3, 2)
    assert differences(forum) == []

    founder.undoes(undone.entry_id)
    assert [floor for floor, _ in floors(forum, kept)] == [1, 2, 3, 4, 5, 6]
    assert differences(forum) == []


@pytest.mark.parametrize(("own", "others"), [(0, 90), (90, 0), (20, 90)])
def test_a_merge_shows_nothing_to_who_might_not_read_it(forum, founder, own, others):
    author = forum.member()
    kept = forum.thread(author, title="公开的", replies=1, read_access=own)
    other = forum.thread(author, title="内部的", replies=1, read_access=others)
    with forum.read() as s:
        shown = preview(
            s, founder.actor, site_of(s), "thread.merge", [kept], MergeOptions(other), now=utc_now()
        )
    changes = [
        one.after["read_access"]
        for one in shown.planned.effects
        if isinstance(one, Change) and "read_access" in one.after
    ]
    assert changes == ([90] if own < 90 else [])

    done = founder.does("thread.merge", kept, options=MergeOptions(other))
    assert row(forum, Thread, kept).read_access == 90

    undone = founder.undoes(done.entry_id)
    assert row(forum, Thread, kept).read_access == own
    assert row(forum, Thread, other).read_access == others
    founder.undoes(undone.entry_id)
    assert row(forum, Thread, kept).read_access == 90


def test_parts_and_copies_ask_for_the_same_reading_access(forum, founder):
    author, board_id = forum.member(), forum.board("别处")
    thread_id = forum.thread(author, replies=3, read_access=90)

    founder.does("thread.split", thread_id, options=SplitOptions("2", "分出来的"))
    founder.does("thread.copy", thread_id, options=CopyOptions(board_id))

    with forum.read() as s:
        found = s.scalars(select(Thread.read_access).where(Thread.id > thread_id)).all()
    assert found == [90, 90]


def facts_of(forum, member_id):
    with forum.read() as s:
        assert list(book_differences(s, site_of(s))) == []
        return balances(s, member_id).get(2, 0), s.get_one(Member, member_id).digest_count


@pytest.mark.parametrize("is_undone_last", [True, False])
def test_a_digest_that_is_merged_away_takes_its_points_along(forum, founder, is_undone_last):
    author = forum.member()
    kept, other = forum.thread(author, replies=1), forum.thread(author, replies=1)
    founder.does("thread.digest", kept, options=DigestOptions(1))
    founder.does("thread.digest", other, options=DigestOptions(2))
    assert facts_of(forum, author) == (15, 2)

    merged = founder.does("thread.merge", kept, options=MergeOptions(other))
    assert facts_of(forum, author) == (5, 1)
    assert row(forum, Thread, kept).digest_level == 1
    assert differences(forum) == []

    undone = founder.undoes(merged.entry_id)
    assert facts_of(forum, author) == (15, 2)
    if is_undone_last:
        return
    founder.undoes(undone.entry_id)
    deleted = founder.does("thread.delete", kept)
    assert facts_of(forum, author) == (0, 0)
    founder.undoes(deleted.entry_id)
    assert facts_of(forum, author) == (5, 1)
    assert differences(forum) == []


def test_a_merged_digest_is_taken_back_and_ends_when_its_thread_is_back(forum, founder):
    author = forum.member()
    kept, other = forum.thread(author), forum.thread(author)
    until = utc_now() + timedelta(days=1)
    digested = founder.does("thread.digest", other, options=DigestOptions(2), expires_at=until)
    merged = founder.does("thread.merge", kept, options=MergeOptions(other))

    with pytest.raises(Conflict, match="undo_conflicts"):
        founder.undoes(digested.entry_id)
    with forum.read() as s:
        assert due_entries(s, until) == []
    assert facts_of(forum, author) == (0, 0)

    founder.undoes(merged.entry_id)
    with working(forum) as uow:
        (due,) = due_entries(uow.session, until)
        assert end_entry(uow, due)
    assert facts_of(forum, author) == (0, 0)
    assert row(forum, Thread, other).digest_level == 0
    assert differences(forum) == []


def test_split_floors_become_a_thread_and_both_count_from_one(forum, founder):
    author, other = forum.member(), forum.member("李雷")
    thread_id = forum.thread(author, replies=5, repliers=(author, other))
    before = floors(forum, thread_id)

    done = founder.does("thread.split", thread_id, options=SplitOptions("3，5-6", "另开一帖"))

    with forum.read() as s:
        new = s.scalars(select(Thread).where(Thread.title == "另开一帖")).one()
    assert [floor for floor, _ in floors(forum, new.id)] == [1, 2, 3]
    assert [floor for floor, _ in floors(forum, thread_id)] == [1, 2, 3]
    assert (new.reply_count, row(forum, Thread, thread_id).reply_count) == (2, 2)
    assert differences(forum) == []

    late = [reply(forum, new.id, author), reply(forum, thread_id, other)]
    founder.undoes(done.entry_id)
    assert floors(forum, thread_id) == [*before, (7, late[0]), (8, late[1])]
    assert row(forum, Thread, new.id) is None
    assert row(forum, Thread, thread_id).last_floor == 8
    assert differences(forum) == []


def test_the_word_filter_reads_the_title_of_a_split(forum, founder):
    board_id = forum.board()
    editor = Moderator(forum, forum.moderator(board_id, group_id=17))  # not exempt from the filter
    thread_id = forum.thread(forum.member(), board_id, replies=2)
    word(forum, "坏词", WordAction.REFUSE)

    with pytest.raises(Invalid, match="words_refused"):
        editor.does("thread.split", thread_id, options=SplitOptions("2", "一个坏词"))
    editor.does("thread.split", thread_id, options=SplitOptions("2", "好题目"))


def test_the_opening_post_is_not_split_off(forum, founder):
    thread_id = forum.thread(replies=3)
    for wrong, key in (
        ("1,2", "split_opening"),
        ("9", "floors_unknown"),
        ("二", "floors_unreadable"),
    ):
        with pytest.raises(Invalid, match=key):
            founder.does("thread.split", thread_id, options=SplitOptions(wrong, "另开一帖"))


def test_floors_are_read_as_people_write_them():
    assert floors_in("2, 5，7-9、12") == {2, 5, 7, 8, 9, 12}
