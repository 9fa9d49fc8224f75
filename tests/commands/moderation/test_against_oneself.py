"""What somebody of equal or higher rank decided about a moderator is not for that one to take back."""

from datetime import timedelta

import pytest

from forum.commands.appeals import answer_appeal, appeal_decision
from forum.commands.moderation import ACTIONS, preview
from forum.commands.moderation.post_states import BlockOptions
from forum.commands.moderation.post_warnings import WarnOptions
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden
from forum.core.uow import unit_of_work
from forum.models import BoardModerator, Post, PostState, Thread, ThreadState
from forum.queries.moderation import log_page
from forum.queries.own_things import DECIDES, decided_by_others, own_thread
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


OPPOSITES = [
    ("thread.delete", "thread.restore", None),
    ("thread.close", "thread.open", None),
    ("thread.sink", "thread.raise", None),
    ("post.delete", "post.restore", None),
    ("post.hold", "post.approve", None),
    ("post.block", "post.block", BlockOptions(False)),
    ("post.warn", "post.warn", WarnOptions(False)),
]


def own(forum, who, key):
    """A thread of theirs, or for an action on posts a reply of theirs."""
    thread_id = forum.thread(who.member_id, replies=1, repliers=(who.member_id,))
    return post_ids(forum, thread_id)[1] if key.startswith("post") else thread_id


def forbids(forum, who, key, target, options=None, *, because_of=None, **more):
    before = len(entries(forum))
    with pytest.raises(Forbidden, match="against_oneself") as refused:
        who.does(key, target, options=options, **more)
    if because_of is not None:
        assert refused.value.data == {"entry_id": because_of}
    assert len(entries(forum)) == before


@pytest.mark.parametrize("key", ["thread.close", "thread.sink", "post.block", "post.warn"])
def test_doing_it_again_is_refused_with_an_end_date_too(forum, moderator, administrator, key):
    target = own(forum, moderator, key)
    done = administrator.does(key, target)

    forbids(forum, moderator, key, target, because_of=done.entry_id)
    if ACTIONS[key].takes_expiry:
        soon = utc_now() + timedelta(minutes=1)
        forbids(forum, moderator, key, target, expires_at=soon)


@pytest.mark.parametrize(("takes", "gives", "options"), OPPOSITES)
def test_what_an_undo_took_is_taken(forum, moderator, administrator, takes, gives, options):
    colleague = Moderator(forum, forum.moderator(FIRST_BOARD_ID, "李雷"))
    target = own(forum, moderator, takes)
    moderator.does(takes, target)
    given = (moderator if takes != "post.hold" else colleague).does(gives, target, options=options)
    undone = administrator.undoes(given.entry_id)

    refuses(forum, moderator, undone.entry_id)
    forbids(forum, moderator, gives, target, options, because_of=undone.entry_id)


@pytest.mark.parametrize(("takes", "gives", "options"), OPPOSITES)
def test_what_somebody_gave_back_is_ones_own_again(
    forum, moderator, administrator, takes, gives, options
):
    colleague = Moderator(forum, forum.moderator(FIRST_BOARD_ID, "李雷"))
    target = own(forum, moderator, takes)
    administrator.does(takes, target)
    forbids(forum, moderator, gives, target, options)
    gives_freely = not ACTIONS[gives].minds_rank  # the others are lifted by who could do them
    (colleague if gives_freely else administrator).does(gives, target, options=options)

    mine = moderator.does(takes, target)
    moderator.does(gives, target, options=options)
    again = moderator.does(takes, target)
    assert mine.entry_id < again.entry_id
    assert again.entry_id in offered(forum, moderator)
    moderator.undoes(again.entry_id)


def test_an_older_entry_of_the_own_is_no_way_either(forum, moderator, administrator):
    target = forum.thread(moderator.member_id)
    mine = moderator.does("thread.close", target)
    done = administrator.does("thread.close", target)

    assert mine.entry_id not in offered(forum, moderator)
    with pytest.raises(Forbidden, match="against_oneself"):
        moderator.undoes(mine.entry_id)
    assert row(forum, Thread, target).is_closed

    administrator.undoes(done.entry_id)
    assert mine.entry_id in offered(forum, moderator)
    moderator.undoes(mine.entry_id)


def test_what_lower_ones_did_does_not_count_nor_anything_for_founders(forum, moderator):
    superior = Moderator(forum, forum.member("超版", group_id=2))
    founder = Moderator(forum, FOUNDER_ID)
    other = Moderator(forum, forum.member("创始人二", group_id=1, is_founder=True))
    member = forum.member()
    for decider, author in ((moderator, superior), (other, founder)):
        target = forum.thread(member)
        decider.does("thread.close", target)
        with working(forum) as uow:  # as a merge would
            uow.session.get_one(Thread, target).author_id = author.member_id

        author.does("thread.close", target)
        author.does("thread.open", target)


def test_what_only_marks_a_thread_decides_nothing(forum, moderator, administrator):
    target = forum.thread(moderator.member_id)
    administrator.does("thread.stick", target)
    administrator.does("thread.digest", target)
    administrator.does("thread.close", target)

    deleted = moderator.does("thread.delete", target)  # another matter
    moderator.undoes(deleted.entry_id)
    moderator.does("thread.restore", moderator.does("thread.delete", target).target_ids[0])
    assert row(forum, Thread, target).is_closed


@pytest.mark.parametrize("floor", [1, 2])
@pytest.mark.parametrize("key", ["post.ignore", "post.delete_pending", "post.approve"])
def test_what_was_sent_to_the_queue_is_for_others(forum, moderator, administrator, key, floor):
    thread_id = forum.thread(moderator.member_id, replies=1, repliers=(moderator.member_id,))
    target = post_ids(forum, thread_id)[floor - 1]
    done = administrator.does("post.hold", target)

    forbids(forum, moderator, key, target, because_of=done.entry_id)


def test_deleted_from_the_queue_or_of_the_opening_post_it_is_not_restored(
    forum, moderator, administrator
):
    thread_id = forum.thread(moderator.member_id, replies=1, repliers=(moderator.member_id,))
    opening, reply = post_ids(forum, thread_id)
    administrator.does("post.hold", reply)
    administrator.does("post.delete_pending", reply)
    forbids(forum, moderator, "post.restore", reply)
    administrator.does("post.hold", opening)
    done = administrator.does("post.delete_pending", opening)

    forbids(forum, moderator, "thread.restore", thread_id, because_of=done.entry_id)


def test_restored_to_wait_it_still_waits_for_others(forum, moderator, administrator):
    thread_id = forum.thread(moderator.member_id)
    (opening,) = post_ids(forum, thread_id)
    held = administrator.does("post.hold", opening)
    administrator.does("post.delete_pending", opening)
    administrator.does("thread.restore", thread_id)
    assert row(forum, Thread, thread_id).state is ThreadState.PENDING

    forbids(forum, moderator, "post.approve", opening, because_of=held.entry_id)


def test_a_clean_up_is_not_put_right_by_whom_it_was_about(forum, moderator, administrator):
    thread_id = forum.thread(moderator.member_id)
    elsewhere = forum.thread(FOUNDER_ID, replies=2, repliers=(moderator.member_id,))
    _, first, second = post_ids(forum, elsewhere)
    done = administrator.does("member.clean", moderator.member_id)
    administrator.does("member.release", moderator.member_id)
    assert row(forum, Post, first).state is PostState.RECYCLED

    forbids(forum, moderator, "thread.restore", thread_id, because_of=done.entry_id)
    forbids(forum, moderator, "post.restore", first, because_of=done.entry_id)

    administrator.does("post.restore", second)
    moderator.does("post.delete", second)
    moderator.does("post.restore", second)
    later = forum.thread(moderator.member_id, at=utc_now())  # written since
    moderator.does("thread.delete", later)
    moderator.does("thread.restore", later)


def test_a_merge_neither_opens_nor_gives_away_the_closed_thread(forum, moderator, administrator):
    author = forum.member()
    older = forum.thread(author, at=utc_now() - timedelta(days=5))
    closed, opened = forum.thread(moderator.member_id, replies=1), forum.thread(moderator.member_id)
    done = administrator.does("thread.close", closed)

    for kept, other in ((closed, older), (opened, closed), (closed, opened)):
        options = MergeOptions(other)
        forbids(forum, moderator, "thread.merge", kept, options, because_of=done.entry_id)
        with forum.read() as s:
            shown = preview(
                s, moderator.actor, site_of(s), "thread.merge", [kept], options, now=utc_now()
            )
        verdicts = [verdict for _, verdict in shown.refused]
        assert {"entry_id": done.entry_id} in [
            one.data for one in (*verdicts, shown.options_refused) if one is not None
        ]
    forbids(forum, moderator, "thread.split", closed, SplitOptions("2", "另开一帖"))

    administrator.undoes(done.entry_id)
    moderator.does("thread.merge", opened, options=MergeOptions(closed))


def test_a_moved_thread_is_not_moved_back(forum, moderator, administrator):
    second = forum.board("二手交易")
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            BoardModerator(board_id=second, member_id=moderator.member_id, appointed_at=uow.now)
        )
        uow.bump(CacheName.SITE)
    target = forum.thread(moderator.member_id)
    done = administrator.does("thread.move", target, options=MoveOptions(second))

    refuses(forum, moderator, done.entry_id)
    back = MoveOptions(FIRST_BOARD_ID)
    forbids(forum, moderator, "thread.move", target, back, because_of=done.entry_id)
    moderator.does("thread.close", target)  # goes on being its moderator's
    administrator.undoes(done.entry_id)
    moderator.does("thread.move", target, options=MoveOptions(second))


def test_everything_that_minds_ranks_decides_something():
    # An edited text is the author's to edit on.
    minding = {key for key, action in ACTIONS.items() if action.minds_rank}
    assert minding - set(DECIDES) == {"post.edit"}
    assert set(DECIDES) <= set(ACTIONS)


@pytest.mark.parametrize("number", [1, 12])
def test_own_things_cost_a_deed_two_statements(forum, moderator, administrator, number):
    ids = [forum.thread(moderator.member_id) for _ in range(number)]
    administrator.does("thread.close", *ids)

    with forum.read() as s:
        site = site_of(s)
        things = [own_thread(s.get_one(Thread, one)) for one in ids]
        actor = moderator.actor
        with recorded_statements() as statements:
            decided = decided_by_others(s, site, actor, things)
    assert len(statements) == 2
    assert not any(decided.on(one, ACTIONS["thread.open"]) for one in things)
    assert all(decided.on(one, ACTIONS["thread.delete"]) for one in things)


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
