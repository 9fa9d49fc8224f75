"""Shaping groups and the ladder."""

from itertools import pairwise

import pytest

from forum.commands.groups import (
    LOWEST,
    GroupDraft,
    LadderStep,
    create_special_group,
    delete_group,
    edit_group,
    set_group_permissions,
    set_ladder,
)
from forum.commands.settings import change_settings
from forum.core.errors import Conflict, Forbidden, Invalid
from forum.models import Member
from forum.policies.actor import Rank
from forum.policies.permissions import May
from forum.settings import Accounts
from tests.commands.test_boards import do, group_of, log
from tests.factories import Forum


def steps(forum: Forum) -> list[LadderStep]:
    return [
        LadderStep(one.id, one.title, one.points_from or 0, one.stars, one.color)
        for one in forum.site().ladder
    ]


def is_contiguous(forum: Forum) -> bool:
    ladder = forum.site().ladder
    joints = pairwise(ladder)
    return (
        ladder[0].points_from == LOWEST
        and ladder[-1].points_to == -LOWEST
        and all(below.points_to == above.points_from for below, above in joints)
    )


def test_the_ladder_stays_contiguous_and_members_follow(forum: Forum) -> None:
    member_id = forum.member(group_id=11, total=80)
    special = forum.member("特殊", group_id=16, total=80)
    changed = [
        *(
            LadderStep(one.id, one.title, 100 if one.id == 11 else one.points_from, one.stars)
            for one in steps(forum)
        ),
        LadderStep(None, "见习会员", 70, stars=1, color=4),
    ]

    do(forum, set_ladder, steps=changed)

    assert is_contiguous(forum)
    new = next(one for one in forum.site().ladder if one.title == "见习会员")
    assert (new.points_from, new.points_to, new.color) == (70, 100, 4)
    assert new.permissions == forum.site().groups[10].permissions
    assert new.read_access == 10
    assert group_of(forum, member_id) == new.id
    assert group_of(forum, special) == 16
    assert log(forum)[-1].action == "ladder.changed"


def test_an_untouched_ladder_says_nothing(forum: Forum) -> None:
    do(forum, set_ladder, steps=steps(forum))
    assert log(forum) == []


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda one: 50 if one.id == 12 else one.points_from, "ladder_twice"),
        (lambda one: -5 if one.id == 9 else one.points_from, "ladder_lowest"),
        (lambda one: 1 if one.id == 10 else one.points_from, "ladder_zero"),
        (lambda one: 9_999_999 if one.id == 15 else one.points_from, "ladder_highest"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_ladder_with_a_gap_is_refused(forum: Forum, change, key: str) -> None:
    broken = [LadderStep(one.id, one.title, change(one)) for one in steps(forum)]
    with pytest.raises(Invalid, match=key):
        do(forum, set_ladder, steps=broken)


def test_a_ladder_changed_by_two_is_a_conflict(forum: Forum) -> None:
    with pytest.raises(Conflict):
        do(forum, set_ladder, steps=steps(forum)[:-1])
    with pytest.raises(Conflict):  # a group of the staff cannot be made a step
        do(forum, set_ladder, steps=[*steps(forum), LadderStep(1, "管理员", 77)])


def test_a_step_goes_and_its_neighbour_takes_over(forum: Forum) -> None:
    member_id = forum.member(group_id=12, total=300)
    punished = forum.member("禁言", group_id=4, former_group_id=12, total=300)

    do(forum, delete_group, group_id=12)

    assert is_contiguous(forum)
    assert group_of(forum, member_id) == 11
    with forum.read() as s:
        assert s.get(Member, punished).former_group_id in forum.site().groups


def test_the_lowest_step_goes_too(forum: Forum) -> None:
    do(forum, delete_group, group_id=9)
    assert is_contiguous(forum)


def test_groups_that_are_needed_stay(forum: Forum) -> None:
    forum.board("会员区", viewers=(14,))
    for group_id, key in (
        (1, "group_needed"),
        (7, "group_needed"),
        (10, "group_needed"),
        (14, "group_listed_alone"),
    ):
        with pytest.raises(Conflict, match=key):
            do(forum, delete_group, group_id=group_id)
    do(forum, change_settings, section="accounts", values=Accounts(new_group_id=11))
    do(forum, delete_group, group_id=10)


def test_a_special_group_copies_rights_and_returns_its_members(forum: Forum) -> None:
    group_id = do(forum, create_special_group, title="荣誉会员", rank=Rank.MEMBER, like_group_id=14)
    assert forum.site().groups[group_id].permissions == forum.site().groups[14].permissions
    member_id = forum.member(group_id=group_id, total=60)

    do(forum, delete_group, group_id=group_id)

    assert group_of(forum, member_id) == 11


def test_permissions_are_set_and_logged_as_differences(forum: Forum) -> None:
    values = {May.REPLY: 0, May.POSTS_PER_HOUR: 5, May.START_THREADS: 1}
    do(forum, set_group_permissions, group_id=10, values=values)

    held = forum.site().groups[10].permissions
    assert (held.get(May.REPLY, 0), held[May.POSTS_PER_HOUR]) == (0, 5)
    assert held[May.SEND_MESSAGES] == 1  # not named, not touched
    assert set(log(forum)[-1].after) == {May.REPLY, May.POSTS_PER_HOUR}
    with pytest.raises(Invalid, match="permission_unknown"):
        do(forum, set_group_permissions, group_id=10, values={"fly": 1})
    with pytest.raises(Invalid, match="permission_value"):
        do(forum, set_group_permissions, group_id=10, values={May.REPLY: -1})


def test_an_administrator_shapes_only_what_is_below(forum: Forum) -> None:
    member_id = forum.member("管理小张", group_id=1)
    draft = GroupDraft("x", 9)
    for group_id in (1, 18):
        with pytest.raises(Forbidden):
            do(forum, edit_group, member_id, group_id=group_id, draft=draft)
        with pytest.raises(Forbidden):
            do(forum, set_group_permissions, member_id, group_id=group_id, values={May.PURGE: 1})
        with pytest.raises(Forbidden):
            do(forum, delete_group, member_id, group_id=group_id)
        with pytest.raises(Forbidden):  # no second group with an administrator's rights
            do(
                forum, create_special_group, member_id, title="x", rank=Rank.MEMBER,
                like_group_id=group_id,
            )  # fmt: skip
    with pytest.raises(Forbidden):
        do(
            forum, create_special_group, member_id, title="x", rank=Rank.ADMINISTRATOR,
            like_group_id=10,
        )  # fmt: skip
    do(forum, edit_group, member_id, group_id=2, draft=GroupDraft("总版主", 8, read_access=150))
    assert forum.site().groups[2].title == "总版主"
    assert forum.site().groups[2].rank is Rank.SUPER_MODERATOR


def test_nobody_makes_a_group_of_founders(forum: Forum) -> None:
    with pytest.raises(Invalid, match="group_rank"):
        do(forum, create_special_group, title="x", rank=Rank.FOUNDER, like_group_id=10)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_nobody_below_an_administrator_shapes_groups(forum: Forum) -> None:
    member_id = forum.member(group_id=2)
    for command, options in (
        (set_ladder, {"steps": steps(forum)}),
        (edit_group, {"group_id": 10, "draft": GroupDraft("x")}),
        (set_group_permissions, {"group_id": 10, "values": {}}),
        (delete_group, {"group_id": 14}),
        (create_special_group, {"title": "x", "rank": Rank.MEMBER, "like_group_id": 10}),
    ):
        with pytest.raises(Forbidden):
            do(forum, command, member_id, **options)
