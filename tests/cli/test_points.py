"""`flask points verify` prints every difference."""

from sqlalchemy import update

from forum.core.uow import unit_of_work
from forum.models import Member, MemberPoints
from forum.points.accounts import Account
from forum.points.ledger import Transfer, post_transfers
from forum.queries.points import book_differences


def test_a_fresh_forum_s_books_agree(app):
    result = app.test_cli_runner().invoke(args=["points", "verify"])

    assert (result.exit_code, result.output) == (0, "no differences\n")


def test_every_difference_is_printed(app, forum):
    member_id = forum.member()
    with unit_of_work(forum.database) as uow:
        post_transfers(
            uow.session, uow.now, [Transfer(2, Account.MINT, member_id, 60, "staff.granted")]
        )
        uow.session.execute(update(MemberPoints).values(amount=61))
        uow.session.execute(update(Member).where(Member.id == 1).values(total=5))

    result = app.test_cli_runner().invoke(args=["points", "verify"])

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"member {member_id} kind 2: balance is 61, should be 60",
        "member 1: total is 5, should be 0",
        f"member {member_id}: total is 0, should be 61",
        f"member {member_id}: group is 10, should be 11",
        "4 differences",
    ]


def test_a_balance_without_any_transfer_is_found(forum):
    with unit_of_work(forum.database) as uow:
        uow.session.add(MemberPoints(member_id=1, kind_id=3, amount=7))

    with forum.read() as s:
        found = [(one.what, one.stored, one.counted) for one in book_differences(s, forum.site())]
    assert found[0] == ("balance", 7, 0)
