"""What somebody of equal or higher rank decided about a moderator is not for that one to take back."""

import pytest

from forum.commands.appeals import answer_appeal, appeal_decision
from forum.commands.moderation import ACTIONS, preview
from forum.commands.moderation.post_states import BlockOptions
from forum.commands.moderation.post_warnings import WarnOptions
from forum.commands.moderation.thread_merging import MergeOptions
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden
from forum.models import Thread, ThreadState
from forum.queries.moderation import log_page
from forum.queries.site import site_of
from tests.commands.moderation.acting import Moderator, entries, row, working
from tests.commands.moderation.test_posts_and_members import post_ids
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID


@pytest.fixture
def moderator(forum):
    return Moderator(forum, forum.moderator(FIRST_BOARD_ID))


@pytest.fixture
def administrator(forum):
    return Moderator(forum, forum.member("管理", group_id=1))


def offered(forum, who):
    with forum.read() as s:
        return {line.id for line in log_page(s, who.actor).lines if line.can_undo}


def refuses(forum, who, entry_id):
    assert entry_id not in offered(forum, who)
    before = len(entries(forum))
    with pytest.raises(Forbidden, match="against_oneself") as refused:
        who.undoes(entry_id)
    assert refused.value.data == {"entry_id": entry_id}
    assert len(entries(forum)) == before


@pytest.mark.parametrize("key", ["thread.delete", "thread.close", "thread.sink"])
def test_nobody_takes_back_what_happened_to_the_own_thread(forum, moderator, administrator, key):
    done = administrator.does(key, forum.thread(moderator.member_id, replies=1))

    refuses(forum, moderator, done.entry_id)

    colleague = Moderator(forum, forum.moderator(FIRST_BOARD_ID, "李雷"))
    if key != "thread.sink":
        assert done.entry_id in offered(forum, colleague)
    administrator.undoes(done.entry_id)


@pytest.mark.parametrize("key", ["post.warn", "post.block", "post.delete"])
def test_nor_to_the_own_post(forum, moderator, administrator, key):
    post_id = post_ids(forum, forum.thread(moderator.member_id, replies=1))[1]
    done = administrator.does(key, post_id)

    refuses(forum, moderator, done.entry_id)


def test_nor_when_it_was_taken_back_by_others(forum, moderator, administrator):
    post_id = post_ids(forum, forum.thread(moderator.member_id))[0]
    administrator.does("post.warn", post_id)
    lifted = administrator.does("post.warn", post_id, options=WarnOptions(False))
    administrator.undoes(lifted.entry_id)

    refuses(forum, moderator, entries(forum)[-1].id)


def test_not_from_an_equal_either_but_from_a_lower_one(forum, moderator):
    colleague = Moderator(forum, forum.moderator(FIRST_BOARD_ID, "李雷"))
    superior = Moderator(forum, forum.member("超版", group_id=2))
    mine = colleague.does("thread.stick", forum.thread(moderator.member_id))
    theirs = moderator.does("thread.stick", forum.thread(superior.member_id))

    refuses(forum, moderator, mine.entry_id)
    superior.undoes(theirs.entry_id)


def test_a_decider_who_is_muted_since_is_no_less(forum, moderator, administrator):
    superior = Moderator(forum, forum.member("超版", group_id=2))
    done = superior.does("thread.delete", forum.thread(moderator.member_id))
    administrator.does("member.mute", superior.member_id)

    refuses(forum, moderator, done.entry_id)


def test_who_did_it_and_who_has_nobody_above_may(forum, moderator):
    own = moderator.does("thread.delete", forum.thread(moderator.member_id))
    moderator.undoes(own.entry_id)
    other = Moderator(forum, forum.member("创始人二", group_id=1, is_founder=True))
    done = other.does("thread.stick", forum.thread(FOUNDER_ID))
    founder = Moderator(forum, FOUNDER_ID)
    assert done.entry_id in offered(forum, founder)
    founder.undoes(done.entry_id)


@pytest.mark.parametrize(
    ("takes", "gives", "options"),
    [
        ("thread.delete", "thread.restore", None),
        ("thread.close", "thread.open", None),
        ("thread.sink", "thread.raise", None),
        ("post.delete", "post.restore", None),
        ("post.block", "post.block", BlockOptions(False)),
        ("post.warn", "post.warn", WarnOptions(False)),
    ],
)
def test_the_opposite_action_is_no_way_round_it(
    forum, moderator, administrator, takes, gives, options
):
    thread_id = forum.thread(moderator.member_id, replies=1)
    target = post_ids(forum, thread_id)[1] if takes.startswith("post") else thread_id
    done = administrator.does(takes, target)
    options = options or ACTIONS[gives].options()

    with forum.read() as s:
        shown = preview(s, moderator.actor, site_of(s), gives, [target], options, now=utc_now())
    assert [verdict.data for _, verdict in shown.refused] == [{"entry_id": done.entry_id}]
    assert shown.planned.effects == ()
    with pytest.raises(Forbidden, match="against_oneself"):
        moderator.does(gives, target, options=options)

    administrator.undoes(done.entry_id)
    own = moderator.does(takes, target)  # what one did oneself
    moderator.does(gives, target, options=options)
    assert own.entry_id < entries(forum)[-1].id
    Moderator(forum, FOUNDER_ID).does(takes, target)
    administrator.does(gives, target, options=options)  # who did not write it


def test_a_merged_thread_is_still_whose_it_was(forum, moderator, administrator):
    old, new = forum.thread(forum.member()), forum.thread(moderator.member_id, at=utc_now())
    done = administrator.does("thread.merge", new, options=MergeOptions(old))
    assert row(forum, Thread, new).author_id != moderator.member_id

    refuses(forum, moderator, done.entry_id)


def test_a_batch_with_one_of_the_own_is_left_as_a_whole(forum, moderator, administrator):
    author = forum.member()
    ids = [forum.thread(author), forum.thread(moderator.member_id)]
    done = administrator.does("thread.delete", *ids)

    refuses(forum, moderator, done.entry_id)
    with pytest.raises(Forbidden, match="against_oneself"):
        moderator.undoes(done.entry_id, partial=True)


def test_an_appeal_is_granted_from_a_batch_with_something_of_the_own(
    forum, moderator, administrator
):
    author = forum.member()
    theirs, own = forum.thread(author), forum.thread(moderator.member_id)
    done = administrator.does("thread.delete", theirs, own)
    with working(forum) as uow:
        appeal_id = appeal_decision(
            uow, forum.actor(author), entry_id=done.entry_id, text="没有违反任何规定"
        )
    superior = Moderator(forum, forum.member("总监", group_id=1))
    with working(forum) as uow:  # one who wrote the other of them
        uow.session.get_one(Thread, own).author_id = superior.member_id

    with working(forum) as uow:
        answer_appeal(uow, superior.actor, appeal_id=appeal_id, grants=True, answer="同意")

    assert row(forum, Thread, theirs).state is ThreadState.VISIBLE
    assert row(forum, Thread, own).state is ThreadState.RECYCLED


@pytest.mark.parametrize("number", [1, 12])
def test_the_log_costs_the_same_with_own_things_in_it(forum, moderator, administrator, number):
    for _ in range(number):
        administrator.does("thread.close", forum.thread(moderator.member_id))

    actor = moderator.actor
    with forum.read() as s, recorded_statements() as statements:
        log_page(s, actor)

    assert len(statements) == 5
