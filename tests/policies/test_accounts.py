"""Who may join, log in, set things up and hand accounts over? One table."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from forum.models.members import MemberState
from forum.policies import accounts as policies
from forum.policies.actor import Actor, Rank
from forum.settings import Accounts

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True)
class Account:
    state: MemberState = MemberState.ACTIVE


_MEMBER = Actor(now=NOW, member_id=5, group_id=10)
_RIGHTS = {"online.invisible": 1, "signature.size": 100, "title.custom": 1}
PERSONAS = {
    "guest": Actor(now=NOW),
    "banned": Actor(now=NOW, member_id=5, group_id=5, may_visit=False),
    "muted": replace(_MEMBER, group_id=4),
    "newcomer": _MEMBER,
    "elder": replace(_MEMBER, permissions=_RIGHTS),
    "admin": replace(_MEMBER, permissions=_RIGHTS, rank=Rank.ADMINISTRATOR),
    "founder": replace(_MEMBER, permissions=_RIGHTS, rank=Rank.FOUNDER),
}

MATRIX = """
                        guest  banned  muted  newcomer  elder  admin  founder
visit the site          yes    no      yes    yes       yes    yes    yes
register while open     yes    no      no     no        no     no     no
register while closed   no     no      no     no        no     no     no
use the account         no     yes     yes    yes       yes    yes    yes
write for others        no     no      no     yes       yes    yes    yes
go invisible            no     no      no     no        yes    yes    yes
have a signature        no     no      no     no        yes    yes    yes
have a title            no     no      no     no        yes    yes    yes
hand over an unclaimed  no     no      no     no        no     no     yes
hand over a claimed     no     no      no     no        no     no     no
confirm a group         no     no      no     no        no     no     yes
"""

QUESTIONS = {
    "visit the site": policies.may_visit,
    "register while open": lambda actor: policies.may_register(actor, Accounts()),
    "register while closed": lambda actor: policies.may_register(actor, Accounts(is_open=False)),
    "use the account": policies.may_use_account,
    "write for others": policies.may_write,
    "go invisible": policies.may_go_invisible,
    "have a signature": policies.may_have_signature,
    "have a title": policies.may_have_title,
    "hand over an unclaimed": lambda actor: policies.may_hand_over(
        actor, Account(MemberState.UNCLAIMED)
    ),
    "hand over a claimed": lambda actor: policies.may_hand_over(actor, Account()),
    "confirm a group": policies.may_confirm_group,
}


def cells():
    head, *lines = MATRIX.strip("\n").splitlines()
    for line in lines:
        question, answers = line[:24].strip(), line[24:].split()
        for persona, answer in zip(head.split(), answers, strict=True):
            yield question, persona, answer == "yes"


@pytest.mark.parametrize(("question", "persona", "may"), list(cells()))
def test_the_table(question: str, persona: str, may: bool) -> None:
    assert bool(QUESTIONS[question](PERSONAS[persona])) is may


def test_the_table_is_complete() -> None:
    asked = {question for question, _, _ in cells()}
    assert asked == set(QUESTIONS)
    assert {persona for _, persona, _ in cells()} == set(PERSONAS)


@pytest.mark.parametrize(
    ("account", "refusal"),
    [
        (Account(), None),
        (Account(MemberState.LOCKED), None),  # to read why: may_visit says the rest
        (Account(MemberState.UNCLAIMED), "unclaimed"),
    ],
)
def test_who_may_log_in(account: Account, refusal: str | None) -> None:
    assert policies.may_log_in(account).refusal == refusal
