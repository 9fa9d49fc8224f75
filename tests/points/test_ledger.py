"""The ledger: transfers once, balances beside them, floors for spending alone."""

import pytest
from sqlalchemy import func, select

from forum.core.db import recorded_statements
from forum.core.errors import Invalid
from forum.models import PointTransfer
from forum.points.accounts import Account
from forum.points.ledger import (
    Transfer,
    balances,
    post_transfers,
    reversal_of,
    standing_transfers,
)


def reward(member_id: int, amount: int = 5, **why) -> Transfer:
    return Transfer(2, Account.MINT, member_id, amount, "thread.posted", **why)


def test_a_transfer_moves_the_balance(uow):
    post_transfers(uow.session, uow.now, [reward(1), reward(1, 3)])

    assert balances(uow.session, 1) == {2: 8}


def test_a_once_key_pays_once(uow):
    first = post_transfers(uow.session, uow.now, [reward(1, once_key="a")])
    again = post_transfers(uow.session, uow.now, [reward(1, once_key="a"), reward(1, once_key="b")])

    assert len(first) == len(again) == 1
    assert balances(uow.session, 1) == {2: 10}


def test_spending_below_the_floor_is_refused(forum, uow):
    post_transfers(uow.session, uow.now, [reward(1, 5)])
    fee = Transfer(2, 1, Account.BURN, 6, "search.made")

    with pytest.raises(Invalid) as refusal:
        post_transfers(uow.session, uow.now, [fee], floors={2: 0})

    assert refusal.value.key == "points_short"
    assert refusal.value.data == {"kind_id": 2, "has": 5, "needed": 6}
    uow.session.rollback()


def test_spending_down_to_the_floor_is_allowed(uow):
    post_transfers(uow.session, uow.now, [reward(1, 5)])
    post_transfers(
        uow.session, uow.now, [Transfer(2, 1, Account.BURN, 10, "search.made")], floors={2: -5}
    )

    assert balances(uow.session, 1) == {2: -5}


def test_a_reversal_may_go_below_the_floor_and_is_made_once(uow):
    (paid,) = post_transfers(uow.session, uow.now, [reward(1, 5, subject="post:9")])
    post_transfers(uow.session, uow.now, [Transfer(2, 1, Account.BURN, 5, "search.made")])

    back = reversal_of(paid, actor_id=None)
    assert len(post_transfers(uow.session, uow.now, [back])) == 1
    assert post_transfers(uow.session, uow.now, [back]) == []

    assert balances(uow.session, 1) == {2: -5}


def test_what_stands_for_a_subject_is_found_through_taking_and_giving_back(uow):
    def take_back():
        standing = standing_transfers(uow.session, subject="post:9")
        return post_transfers(
            uow.session, uow.now, [reversal_of(one, actor_id=None) for one in standing]
        )

    post_transfers(uow.session, uow.now, [reward(1, 5, subject="post:9")])
    taken = take_back()
    assert standing_transfers(uow.session, subject="post:9") == []

    post_transfers(uow.session, uow.now, [reversal_of(one, actor_id=None) for one in taken])
    assert balances(uow.session, 1) == {2: 5}
    assert len(take_back()) == 1
    assert balances(uow.session, 1) == {2: 0}


def test_transfers_cost_two_statements(uow):
    many = [reward(1, once_key=f"k{number}") for number in range(40)]

    with recorded_statements() as statements:
        post_transfers(uow.session, uow.now, many)

    assert len(statements) == 2
    assert uow.session.scalar(select(func.count()).select_from(PointTransfer)) == 40
