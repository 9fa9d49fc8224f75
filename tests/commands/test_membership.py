"""Members' groups and founders: who may act on whom."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from forum.commands.membership import (
    confirm_group,
    drop_claimed_group,
    hand_over,
    make_founder,
    place_in_group,
    unmake_founder,
)
from forum.core.clock import utc_now
from forum.core.errors import Conflict, Forbidden, Invalid, NotFound
from forum.core.passwords import hash_password
from forum.models import Member, MemberState
from forum.policies.actor import BANNED_GROUP, MUTED_GROUP, Rank
from tests.commands.moderation.acting import Moderator
from tests.commands.test_boards import do, group_of, log
from tests.factories import FOUNDER_ID, Forum


def member(forum: Forum, member_id: int) -> Member:
    with forum.read() as s:
        return s.get(Member, member_id)


def test_a_group_for_good_for_a_while_and_back_to_the_ladder(forum: Forum) -> None:
    member_id = forum.member(group_id=11, total=60, post_count=60)

    do(forum, place_in_group, member_id=member_id, group_id=16, until=utc_now() + timedelta(days=3))
    row = member(forum, member_id)
    assert (row.group_id, row.former_group_id) == (16, 11)
    assert row.group_until is not None
    do(forum, place_in_group, member_id=member_id, group_id=17)
    row = member(forum, member_id)
    assert (row.group_id, row.former_group_id, row.group_until) == (17, None, None)
    do(forum, place_in_group, member_id=member_id, group_id=9)
    assert group_of(forum, member_id) == 11
    assert [entry.after.get("group") for entry in log(forum)][-1] == "注册会员"


def test_what_no_placement_can_be(forum: Forum) -> None:
    member_id = forum.member()
    for options, error in (
        ({"group_id": 7}, Invalid),
        (
            {"group_id": MUTED_GROUP},
            Invalid,
        ),  # an action of the moderators', with a reason and an undo
        ({"group_id": BANNED_GROUP}, Invalid),
        ({"group_id": 99}, Invalid),
        ({"group_id": 16, "until": utc_now() - timedelta(days=1)}, Invalid),
        ({"group_id": 16, "until": datetime.max.replace(tzinfo=ZoneInfo("Etc/GMT+12"))}, Invalid),
    ):
        with pytest.raises(error):
            do(forum, place_in_group, member_id=member_id, **options)
    with pytest.raises(NotFound):
        do(forum, place_in_group, member_id=999, group_id=16)


def test_the_punished_are_released_before_they_get_another_group(forum: Forum) -> None:
    member_id = forum.member()
    chief = Moderator(forum, FOUNDER_ID)
    chief.does("member.mute", member_id)

    with pytest.raises(Conflict, match="member_punished"):
        do(forum, place_in_group, member_id=member_id, group_id=16)
    chief.does("member.release", member_id)
    do(forum, place_in_group, member_id=member_id, group_id=16)

    assert group_of(forum, member_id) == 16


def test_an_administrator_acts_only_on_those_below(forum: Forum) -> None:
    me = forum.member("管理小张", group_id=1)
    peer = forum.member("管理小李", group_id=1)
    punished_peer = forum.member("管理小王", group_id=4, former_group_id=1)
    below = forum.member("小明")

    for target in (FOUNDER_ID, peer, me, punished_peer):
        with pytest.raises(Forbidden):
            do(forum, place_in_group, me, member_id=target, group_id=10)
    for group_id in (1, 18):
        with pytest.raises(Forbidden):
            do(forum, place_in_group, me, member_id=below, group_id=group_id)
    with pytest.raises(Forbidden):
        do(forum, make_founder, me, member_id=below)
    with pytest.raises(Forbidden):
        do(forum, unmake_founder, me, member_id=FOUNDER_ID)
    assert log(forum) == []

    do(forum, place_in_group, me, member_id=below, group_id=2)
    assert forum.actor(below).rank is Rank.SUPER_MODERATOR


def test_a_founder_makes_administrators(forum: Forum) -> None:
    member_id = forum.member()
    do(forum, place_in_group, member_id=member_id, group_id=1)
    assert forum.actor(member_id).rank is Rank.ADMINISTRATOR


@pytest.mark.parametrize("group_id", [10, 3, 2])
def test_nobody_below_an_administrator_acts_on_anybody(forum: Forum, group_id: int) -> None:
    me, other = forum.member("甲", group_id=group_id), forum.member("乙")
    for command, options in (
        (place_in_group, {"group_id": 9}),
        (drop_claimed_group, {}),
        (confirm_group, {}),
        (make_founder, {}),
        (unmake_founder, {}),
        (hand_over, {"new_name": "丙", "password_hash": "x"}),
    ):
        with pytest.raises(Forbidden):
            do(forum, command, me, member_id=other, **options)


def test_one_founder_always_stays(forum: Forum) -> None:
    with pytest.raises(Conflict, match="last_founder"):
        do(forum, unmake_founder, member_id=FOUNDER_ID)

    second = forum.member("副手", password_hash=hash_password("a good long one"))
    do(forum, make_founder, member_id=second)
    do(forum, unmake_founder, second, member_id=FOUNDER_ID)
    assert forum.actor(FOUNDER_ID).rank is Rank.ADMINISTRATOR


def test_a_locked_founder_does_not_count_as_one_that_stays(forum: Forum) -> None:
    forum.member("副手", password_hash="x", is_founder=True, state=MemberState.LOCKED)
    with pytest.raises(Conflict, match="last_founder"):
        do(forum, unmake_founder, member_id=FOUNDER_ID)


def test_somebody_who_cannot_log_in_becomes_no_founder(forum: Forum) -> None:
    for state in ("unclaimed", "locked", "active"):
        with pytest.raises(Conflict):
            do(forum, make_founder, member_id=forum.member(state, state=state))


def test_a_claimed_group_is_confirmed_by_the_founder_or_dropped(forum: Forum) -> None:
    administrator = forum.member("管理小张", group_id=1)
    columns = {"state": "unclaimed", "claimed_group_id": 3, "shown_group_title": "版主"}
    first, second = forum.member("一号", **columns), forum.member("二号", **columns)

    with pytest.raises(Forbidden):
        do(forum, confirm_group, administrator, member_id=first)
    do(forum, confirm_group, member_id=first)
    assert (group_of(forum, first), member(forum, first).claimed_group_id) == (3, None)
    do(forum, drop_claimed_group, administrator, member_id=second)
    assert (group_of(forum, second), member(forum, second).shown_group_title) == (10, "")
    with pytest.raises(Invalid, match="no_claimed_group"):
        do(forum, drop_claimed_group, member_id=second)
    assert [entry.action for entry in log(forum)] == [
        "member.claim_confirmed", "member.claim_dropped",
    ]  # fmt: skip


def test_an_account_is_handed_over_under_a_new_name(forum: Forum) -> None:
    member_id = forum.member("导入用户1", state="unclaimed")

    do(forum, hand_over, member_id=member_id, new_name="王小明", password_hash="hash")

    row = member(forum, member_id)
    assert (row.name, row.state, row.password_is_temporary) == ("王小明", MemberState.ACTIVE, True)
    assert log(forum)[-1].before["name"] == "导入用户1"
