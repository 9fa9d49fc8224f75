"""Who is told of an action and of its undo? The same ones, whether it is small or done in steps."""

import pytest
from sqlalchemy import select

from forum.commands.moderation import ACTIONS
from forum.commands.moderation.batch_steps import STEP_TARGETS
from forum.commands.moderation.batches import run_batch, start_batch, start_undo_batch
from forum.commands.moderation.thread_marks import IconOptions
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.models import Notice
from forum.modlog.marks import ICONS
from tests.commands.moderation.acting import Moderator, entries, working
from tests.factories import FOUNDER_ID

MANY = STEP_TARGETS + 2


@pytest.fixture
def founder(forum):
    return Moderator(forum, FOUNDER_ID)


def told(forum):
    """Of each notice: who, what, how many targets, whether it is of an undo."""
    with forum.read() as s:
        notices = s.scalars(
            select(Notice).where(Notice.kind == "moderated").order_by(Notice.id)
        ).all()
    return [
        (one.member_id, one.data["action"], one.data["count"], one.data["is_reversal"])
        for one in notices
    ]


def run(forum, start, *args, **more):
    with working(forum) as uow:
        batch_id = start(uow, *args, **more)
    run_batch(lambda: working(forum), batch_id)


def test_the_undo_of_a_large_action_tells_the_owners_too(forum, founder):
    one, two = forum.member(), forum.member("韩梅梅")
    ids = [forum.thread(author) for author in (one, two) for _ in range(MANY)]

    run(forum, start_batch, founder.actor, "thread.close", ids, notifies=True)
    (entry,) = entries(forum)
    run(forum, start_undo_batch, founder.actor, entry.id)

    assert told(forum) == [
        (one, "thread.close", MANY, False), (two, "thread.close", MANY, False),
        (one, "thread.close", MANY, True), (two, "thread.close", MANY, True),
    ]  # fmt: skip


def test_nobody_hears_of_the_undo_of_what_nobody_was_told(forum, founder):
    author = forum.member()
    ids = [forum.thread(author) for _ in range(MANY)]

    run(forum, start_batch, founder.actor, "thread.close", ids)
    (entry,) = entries(forum)
    run(forum, start_undo_batch, founder.actor, entry.id)

    assert told(forum) == []


@pytest.mark.parametrize("key", ["thread.icon", "member.lock"])
def test_an_icon_and_a_lock_tell_when_asked_to(forum, founder, key):
    author = forum.member()
    target = author if key == "member.lock" else forum.thread(author)
    options = IconOptions(ICONS[1][0]) if key == "thread.icon" else None
    done = founder.does(key, target, options=options, notifies=True)

    founder.undoes(done.entry_id)

    assert told(forum) == [(author, key, 1, False), (author, key, 1, True)]


@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize("kept_first", [False, True])
def test_a_merge_and_its_undo_tell_both_authors(forum, founder, is_large, kept_first):
    one, author = forum.member(), forum.member("韩梅梅")
    if kept_first:
        kept, other = forum.thread(one), forum.thread(author)
    else:  # the kept thread gets the other's title, and its author
        other, kept = forum.thread(author), forum.thread(one)
    options = MergeOptions(other)

    if is_large:
        run(
            forum, start_batch, founder.actor, "thread.merge", [kept], options=options,
            notifies=True,
        )  # fmt: skip
        (entry,) = entries(forum)
        run(forum, start_undo_batch, founder.actor, entry.id)
    else:
        done = founder.does("thread.merge", kept, options=options, notifies=True)
        founder.undoes(done.entry_id)

    assert told(forum) == [
        (one, "thread.merge", 1, False), (author, "thread.merge", 1, False),
        (one, "thread.merge", 1, True), (author, "thread.merge", 1, True),
    ]  # fmt: skip


def test_a_merge_of_one_s_own_threads_is_told_once(forum, founder):
    author = forum.member()
    kept, other = forum.thread(author), forum.thread(author)
    founder.does("thread.merge", kept, options=MergeOptions(other), notifies=True)

    assert told(forum) == [(author, "thread.merge", 1, False)]


def test_the_log_notes_who_was_told_where_it_is_not_the_author(forum, founder):
    one, author = forum.member(), forum.member("韩梅梅")
    kept, other = forum.thread(one, replies=1, repliers=(author,)), forum.thread(author)
    founder.does("thread.split", kept, options=SplitOptions("2", "分出来的"), notifies=True)
    founder.does("thread.merge", kept, options=MergeOptions(other), notifies=True)
    founder.does("thread.close", kept, notifies=True)

    split, merged, closed = entries(forum)

    assert split.options["told"] == {str(kept): author}
    assert merged.options["told"] == {str(kept): [one, author]}
    assert "told" not in closed.options
    assert "told" not in ACTIONS["thread.merge"].options_from(merged.options).__dict__
