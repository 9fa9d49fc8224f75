"""Shaping the board tree."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.boards import (
    BoardDraft,
    TypeDraft,
    appoint_moderator,
    create_board,
    delete_board,
    edit_board,
    order_boards,
    order_moderators,
    remove_moderator,
    set_permission_lists,
    set_thread_types,
)
from forum.core.errors import Conflict, Forbidden, Invalid, NotFound, Taken
from forum.core.uow import unit_of_work
from forum.models import (
    AdminLogEntry,
    BoardKind,
    BoardRight,
    Favorite,
    FavoriteKind,
    Member,
    PointRuleSetting,
    ThreadState,
)
from forum.policies.actor import Rank
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

CATEGORY = 1


def do(forum: Forum, command, actor_id: int | None = FOUNDER_ID, **options):
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        return command(uow, forum.actor(actor_id), **options)


def log(forum: Forum) -> list[AdminLogEntry]:
    with forum.read() as s:
        return list(s.scalars(select(AdminLogEntry).order_by(AdminLogEntry.id)))


def test_a_new_board_stands_after_its_siblings(forum: Forum) -> None:
    first = do(forum, create_board, kind=BoardKind.BOARD, name=" 美食 厨房 ", parent_id=CATEGORY)
    below = do(forum, create_board, kind=BoardKind.BOARD, name="菜谱", parent_id=first)

    site = forum.site()
    assert [board.id for board in site.boards.values()] == [CATEGORY, FIRST_BOARD_ID, first, below]
    assert site.boards[first].name == "美食 厨房"
    assert log(forum)[0].after == {"kind": "board", "name": "美食 厨房", "parent_id": CATEGORY}


def test_boards_stand_in_three_levels_below_a_category(forum: Forum) -> None:
    sub = do(forum, create_board, kind=BoardKind.BOARD, name="子版", parent_id=FIRST_BOARD_ID)

    for parent_id, key in (
        (None, "board_needs_parent"),
        (99, "board_needs_parent"),
        (sub, "board_too_deep"),
    ):
        with pytest.raises(Invalid, match=key):
            do(forum, create_board, kind=BoardKind.BOARD, name="x", parent_id=parent_id)
    with pytest.raises(Invalid, match="category_has_parent"):
        do(forum, create_board, kind=BoardKind.CATEGORY, name="x", parent_id=CATEGORY)
    with pytest.raises(Invalid, match="board_name_empty"):
        do(forum, create_board, kind=BoardKind.CATEGORY, name=" \u200b ")


def test_editing_renders_the_texts_and_logs_what_changed(forum: Forum) -> None:
    draft = BoardDraft(
        name="美食厨房", parent_id=CATEGORY, description="[b]下厨[/b]", rules="不许[script]广告",
        color=3, autoclose_days=-30, default_order="created", is_hidden=True,
    )  # fmt: skip
    do(forum, edit_board, board_id=FIRST_BOARD_ID, draft=draft)

    board = forum.site().boards[FIRST_BOARD_ID]
    assert board.description_html == "<strong>下厨</strong>" or "<b>" in board.description_html
    assert "<script" not in board.rules_html
    assert (board.color, board.autoclose_days, board.is_hidden) == (3, -30, True)
    entry = log(forum)[-1]
    assert (entry.action, entry.actor_id, entry.title) == ("board.edited", FOUNDER_ID, "默认版块")
    assert entry.before["name"] == "默认版块"
    assert entry.after["name"] == "美食厨房"
    assert "columns" not in entry.before


def test_editing_to_the_same_says_nothing_in_the_log(forum: Forum) -> None:
    do(forum, edit_board, board_id=FIRST_BOARD_ID, draft=BoardDraft("默认版块", CATEGORY))
    assert log(forum) == []


def test_a_board_moves_but_never_below_itself(forum: Forum) -> None:
    other = forum.category("技术交流")
    sub = forum.board("子版", FIRST_BOARD_ID)
    sibling = forum.board("旁边", CATEGORY)

    do(forum, edit_board, board_id=FIRST_BOARD_ID, draft=BoardDraft("默认版块", other))
    assert [one.id for one in forum.site().ancestors(sub)] == [other, FIRST_BOARD_ID]
    for parent_id, key in (
        (sub, "board_below_itself"),
        (FIRST_BOARD_ID, "board_below_itself"),
        (sibling, "board_too_deep"),  # its sub-board would be a fourth level
        (None, "board_needs_parent"),
    ):
        with pytest.raises(Invalid, match=key):
            do(forum, edit_board, board_id=FIRST_BOARD_ID, draft=BoardDraft("x", parent_id))
    do(forum, edit_board, board_id=sub, draft=BoardDraft("子版", other))
    assert [one.id for one in forum.site().ancestors(sub)] == [other]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example", "ftp://x", "data:,x"])
def test_a_redirect_leads_to_a_web_address(forum: Forum, address: str) -> None:
    draft = BoardDraft("默认版块", CATEGORY, redirect_address=address)
    with pytest.raises(Invalid, match="address_not_web"):
        do(forum, edit_board, board_id=FIRST_BOARD_ID, draft=draft)


def test_boards_are_ordered_by_numbers(forum: Forum) -> None:
    second, third = forum.board("乙"), forum.board("丙")

    do(forum, order_boards, positions={second: 2, third: 1, FIRST_BOARD_ID: 3, 999: 7})

    below = forum.site().children[CATEGORY]
    assert [board.id for board in below] == [third, second, FIRST_BOARD_ID]
    assert log(forum)[-1].after == {
        f"board:{second}": 2, f"board:{third}": 1, f"board:{FIRST_BOARD_ID}": 3,
    }  # fmt: skip


def test_only_an_empty_board_goes_and_takes_what_hung_on_it(forum: Forum) -> None:
    board_id = forum.board("空的", viewers=(10,))
    moderator = forum.moderator(board_id)
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            Favorite(
                member_id=FOUNDER_ID,
                kind=FavoriteKind.BOARD,
                target_id=board_id,
                created_at=uow.now,
            )
        )
        uow.session.add(PointRuleSetting(rule="post.replied", board_id=board_id, amounts={"2": 9}))

    do(forum, delete_board, board_id=board_id)

    with forum.read() as s:
        assert s.scalars(select(Favorite.target_id)).all() == []
        assert s.scalars(select(PointRuleSetting.rule)).all() == []
        assert s.get(Member, moderator).group_id == 10
    assert board_id not in forum.site().boards
    assert log(forum)[-1].before["name"] == "空的"


@pytest.mark.parametrize("state", [ThreadState.VISIBLE, ThreadState.RECYCLED])
def test_a_board_with_threads_or_boards_stays(forum: Forum, state: ThreadState) -> None:
    forum.thread(state=state)
    with pytest.raises(Conflict) as refused:
        do(forum, delete_board, board_id=FIRST_BOARD_ID)
    assert refused.value.data == {"boards": 0, "threads": 1}
    with pytest.raises(Conflict) as refused:
        do(forum, delete_board, board_id=CATEGORY)
    assert refused.value.data == {"boards": 1, "threads": 0}


def group_of(forum: Forum, member_id: int) -> int:
    with forum.read() as s:
        return s.get(Member, member_id).group_id


def test_an_appointment_brings_the_group_and_the_last_dismissal_takes_it(forum: Forum) -> None:
    other = forum.board("另一个")
    member_id = forum.member("韩梅梅", group_id=11, total=60, post_count=60)

    do(forum, appoint_moderator, board_id=FIRST_BOARD_ID, name="韩梅梅", group_id=3)
    do(forum, appoint_moderator, board_id=other, name="韩梅梅", group_id=3)
    assert group_of(forum, member_id) == 3
    assert forum.actor(member_id).moderated == {FIRST_BOARD_ID, other}

    do(forum, remove_moderator, board_id=other, member_id=member_id)
    assert group_of(forum, member_id) == 3
    do(forum, remove_moderator, board_id=FIRST_BOARD_ID, member_id=member_id)
    assert group_of(forum, member_id) == 11
    assert forum.actor(member_id).rank is Rank.MEMBER


def test_somebody_may_keep_the_own_group(forum: Forum) -> None:
    member_id = forum.member("金牌", group_id=14, total=1500, post_count=1500)

    do(forum, appoint_moderator, board_id=FIRST_BOARD_ID, name="金牌")

    assert group_of(forum, member_id) == 14
    assert forum.actor(member_id).rank is Rank.MODERATOR
    do(forum, remove_moderator, board_id=FIRST_BOARD_ID, member_id=member_id)
    assert group_of(forum, member_id) == 14


@pytest.mark.parametrize("group_id", [1, 2, 16])
def test_staff_keep_their_group(forum: Forum, group_id: int) -> None:
    member_id = forum.member("职员", group_id=group_id)
    do(forum, appoint_moderator, board_id=FIRST_BOARD_ID, name="职员", group_id=3)
    assert group_of(forum, member_id) == group_id


def test_a_super_moderator_stays_one_when_dismissed(forum: Forum) -> None:
    member_id = forum.moderator(FIRST_BOARD_ID, group_id=2)
    do(forum, remove_moderator, board_id=FIRST_BOARD_ID, member_id=member_id)
    assert group_of(forum, member_id) == 2


def test_a_muted_member_gets_the_group_afterwards(forum: Forum) -> None:
    with unit_of_work(forum.database) as uow:
        until = uow.now + timedelta(days=1)
    member_id = forum.member("禁言", group_id=4, group_until=until, former_group_id=10)

    do(forum, appoint_moderator, board_id=FIRST_BOARD_ID, name="禁言", group_id=3)

    with forum.read() as s:
        member = s.get(Member, member_id)
        assert (member.group_id, member.former_group_id) == (4, 3)
    do(forum, remove_moderator, board_id=FIRST_BOARD_ID, member_id=member_id)
    with forum.read() as s:
        member = s.get(Member, member_id)
        assert (member.group_id, member.former_group_id) == (4, 10)


def test_what_an_appointment_refuses(forum: Forum) -> None:
    forum.moderator(FIRST_BOARD_ID, "已经是")
    forum.member("没有主人", state="unclaimed")
    forum.member("普通人")
    for name, group_id, error in (
        ("谁也不是", 3, Invalid),
        ("没有主人", 3, Invalid),
        ("已经是", 3, Taken),
        ("普通人", 1, Invalid),  # an administrators' group is no moderators' group
        ("普通人", 2, Invalid),
    ):
        with pytest.raises(error):
            do(forum, appoint_moderator, board_id=FIRST_BOARD_ID, name=name, group_id=group_id)
    with pytest.raises(NotFound):
        do(forum, remove_moderator, board_id=FIRST_BOARD_ID, member_id=FOUNDER_ID)


def test_moderators_are_named_in_order(forum: Forum) -> None:
    first, second = forum.moderator(2, "甲"), forum.moderator(2, "乙")
    do(forum, order_moderators, board_id=2, positions={first: 5, second: 1})
    assert forum.site().boards[2].moderators == ((second, "乙"), (first, "甲"))


def test_lists_replace_the_groups_own_rights_both_ways(forum: Forum) -> None:
    member = forum.member(group_id=10)
    limited = forum.member("限制", group_id=9)

    do(
        forum,
        set_permission_lists,
        board_id=2,
        lists={BoardRight.REPLY: {9}, BoardRight.VIEW: {9, 10, 1}},
    )

    assert 2 not in forum.actor(None).readable
    assert 2 in forum.actor(member).readable
    assert 2 not in forum.actor(member).repliable
    assert 2 in forum.actor(member).startable
    assert 2 in forum.actor(limited).repliable
    do(forum, set_permission_lists, board_id=2, lists={})
    assert 2 in forum.actor(None).readable
    assert log(forum)[-1].before["reply"] == [9]
    with pytest.raises(Invalid, match="group_unknown"):
        do(forum, set_permission_lists, board_id=2, lists={BoardRight.VIEW: {999}})


def test_types_are_added_renamed_ordered_and_retired(forum: Forum) -> None:
    def set_types(*types: TypeDraft, required: bool = False, board_id: int = 2) -> None:
        do(
            forum,
            set_thread_types,
            board_id=board_id,
            types=types,
            are_required=required,
            are_listed=True,
        )

    set_types(
        TypeDraft(None, "求助", 2), TypeDraft(None, " 分享 ", 1, for_moderators=True), required=True
    )
    board = forum.site().boards[2]
    assert [(one.name, one.for_moderators) for one in board.types] == [
        ("分享", True),
        ("求助", False),
    ]
    assert board.types_required

    share, ask = (one.id for one in board.types)
    set_types(TypeDraft(ask, "提问", 0), TypeDraft(share, "分享", 1, is_retired=True))
    assert [one.name for one in forum.site().boards[2].types] == ["提问"]
    other = forum.board("另一个")
    with pytest.raises(Conflict):
        set_types(TypeDraft(ask, "抢来的"), board_id=other)
    with pytest.raises(Invalid, match="type_name_empty"):
        set_types(TypeDraft(ask, " "))
    with pytest.raises(Invalid, match="type_required_without_types"):
        set_types(TypeDraft(ask, "提问", is_retired=True), required=True)


@pytest.mark.parametrize("group_id", [10, 3, 2])
def test_nobody_below_an_administrator_shapes_the_tree(forum: Forum, group_id: int) -> None:
    member_id = forum.member(group_id=group_id)
    for command, options in (
        (create_board, {"kind": BoardKind.CATEGORY, "name": "x"}),
        (edit_board, {"board_id": 2, "draft": BoardDraft("x", 1)}),
        (order_boards, {"positions": {2: 1}}),
        (delete_board, {"board_id": 2}),
        (appoint_moderator, {"board_id": 2, "name": "founder"}),
        (remove_moderator, {"board_id": 2, "member_id": 1}),
        (order_moderators, {"board_id": 2, "positions": {}}),
        (set_permission_lists, {"board_id": 2, "lists": {}}),
        (
            set_thread_types,
            {"board_id": 2, "types": (), "are_required": False, "are_listed": True},
        ),
    ):
        with pytest.raises(Forbidden):
            do(forum, command, member_id, **options)
    assert log(forum) == []
