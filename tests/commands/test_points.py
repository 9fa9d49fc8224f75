"""Paying by the rules: amounts, cycles, taking back, total and group."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.commands.points import (
    open_balance,
    pay_rule,
    recompute_total,
    restore_reversals,
    reverse_subject,
)
from forum.core.cache import CacheName
from forum.core.errors import Invalid
from forum.core.uow import unit_of_work
from forum.models import Member, Notice, PointRuleSetting, PointTransfer
from forum.points.ledger import balances

MONEY = 2


def money(uow, member_id: int) -> int:
    return balances(uow.session, member_id).get(MONEY, 0)


def pay(uow, member_id: int, rule: str = "thread.posted", number: int = 1, **more) -> None:
    pay_rule(
        uow,
        rule,
        member_id=member_id,
        subject=f"post:{number}",
        once_key=f"{rule}:{number}",
        **more,
    )


def set_rule(database, rule: str, board_id: int, amounts: dict, **more) -> None:
    with unit_of_work(database) as uow:
        uow.session.add(PointRuleSetting(rule=rule, board_id=board_id, amounts=amounts, **more))
        uow.bump(CacheName.SITE)


@pytest.fixture
def member_id(forum) -> int:
    return forum.member()


def test_a_rule_pays_its_default_once(member_id, uow):
    pay(uow, member_id)
    pay(uow, member_id)

    assert money(uow, member_id) == 2
    assert uow.session.get_one(Member, member_id).total == 2


def test_a_digest_of_two_levels_pays_twice(member_id, uow):
    pay(uow, member_id, "thread.digested", times=2)

    assert money(uow, member_id) == 10


def test_a_board_has_values_of_its_own(forum, member_id, database):
    board_id = forum.board()
    set_rule(database, "thread.posted", board_id, {"1": 3, "7": 9})

    with unit_of_work(database) as uow:
        database.cache.refresh(uow.session)
        pay(uow, member_id, board_id=board_id)
        pay(uow, member_id, number=2, board_id=2)
        assert balances(uow.session, member_id) == {1: 3, 2: 2}


def test_a_rule_of_the_day_pays_once_a_day_and_again_tomorrow(member_id, uow):
    for number in range(3):
        pay(uow, member_id, "day.visited", number)
    assert money(uow, member_id) == 2

    uow.now += timedelta(days=1)
    pay(uow, member_id, "day.visited", 3)
    assert money(uow, member_id) == 4


def test_a_rule_of_once_pays_once_ever(member_id, uow):
    pay(uow, member_id, "avatar.set")
    uow.now += timedelta(days=400)
    pay(uow, member_id, "avatar.set", 2)

    assert money(uow, member_id) == 5


def test_a_board_s_own_cycle_counts_by_itself(forum, member_id, database):
    board_id = forum.board()
    set_rule(database, "post.replied", board_id, {"2": 1}, cycle="hours:1", times=2)

    with unit_of_work(database) as uow:
        database.cache.refresh(uow.session)
        for number in range(4):
            pay(uow, member_id, "post.replied", number, board_id=board_id)
            pay(uow, member_id, "post.replied", 10 + number, board_id=2)
        assert money(uow, member_id) == 2 + 4


def test_the_same_subject_is_not_paid_twice_where_the_rule_says_so(member_id, uow):
    pay(uow, member_id, "poll.voted")
    pay_rule(uow, "poll.voted", member_id=member_id, subject="post:1", once_key="another")

    assert money(uow, member_id) == 1


def test_a_deed_that_costs_more_than_there_is_is_refused(member_id, database):
    set_rule(database, "thread.posted", 0, {"2": -3})

    with unit_of_work(database) as uow:
        database.cache.refresh(uow.session)
        with pytest.raises(Invalid) as refusal:
            pay(uow, member_id)

    assert refusal.value.key == "points_short"


def test_a_subject_is_taken_back_restored_and_taken_back(member_id, uow):
    pay(uow, member_id)
    pay(uow, member_id, "thread.digested")

    taken = reverse_subject(uow, subject="post:1", actor_id=1)
    assert len(taken) == 2
    assert reverse_subject(uow, subject="post:1", actor_id=1) == []
    assert money(uow, member_id) == 0
    assert uow.session.get_one(Member, member_id).total == 0

    restore_reversals(uow, taken, actor_id=1)
    assert restore_reversals(uow, taken, actor_id=1) == []
    assert money(uow, member_id) == 7

    reverse_subject(uow, subject="post:1", actor_id=1, rules=("thread.digested",))
    assert money(uow, member_id) == 2


def test_an_opening_balance_is_brought_along_once(member_id, uow):
    for _ in range(2):
        open_balance(
            uow, member_id=member_id, kind_id=2, amount=700, subject="page:1",
            note_rule="opening.imported",
        )  # fmt: skip
    assert recompute_total(uow, member_id) == 700

    transfer = uow.session.scalars(select(PointTransfer)).one()
    assert (transfer.rule, transfer.subject, transfer.amount) == ("opening.imported", "page:1", 700)


def test_the_group_follows_the_total_and_the_member_is_told(member_id, uow):
    pay(uow, member_id, "thread.digested", times=10)

    member = uow.session.get_one(Member, member_id)
    assert (member.total, member.group_id, member.unread_notice_count) == (50, 11, 1)
    notice = uow.session.scalars(select(Notice)).one()
    assert (notice.kind, notice.data) == ("group_changed", {"group": "注册会员", "rises": True})

    reverse_subject(uow, subject="post:1", actor_id=None)
    uow.session.expire_all()  # the new notice takes the old one's id on SQLite
    assert uow.session.get_one(Member, member_id).group_id == 10
    notice = uow.session.scalars(select(Notice)).one()
    assert notice.data == {"group": "新手上路", "rises": False}


@pytest.mark.parametrize("group_id", [1, 3, 4, 16])
def test_staff_special_and_muted_members_stay_where_they_are(forum, database, group_id):
    member_id = forum.member(group_id=group_id)

    with unit_of_work(database) as uow:
        pay(uow, member_id, "thread.digested", times=200)
        member = uow.session.get_one(Member, member_id)
        assert (member.total, member.group_id) == (1000, group_id)


def test_debts_lead_to_the_restricted_group(member_id, uow):
    open_balance(
        uow, member_id=member_id, kind_id=2, amount=-1, subject="page:1", note_rule="staff.fined"
    )
    recompute_total(uow, member_id)

    assert uow.session.get_one(Member, member_id).group_id == 9
