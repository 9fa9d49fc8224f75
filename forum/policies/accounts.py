"""May somebody join, log in, change an account, or hand one over?"""

from typing import Protocol

from forum.models.members import MemberState
from forum.policies.actor import BANNED_GROUP, MUTED_GROUP, Actor, Rank
from forum.policies.permissions import May
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused
from forum.settings import Accounts


class AccountFacts(Protocol):
    """What these questions need to know of an account."""

    @property
    def state(self) -> MemberState: ...


def may_register(actor: Actor, accounts: Accounts) -> Verdict:
    """Open an account of one's own."""
    if not actor.is_guest:
        return refused(Refusal.HAS_ACCOUNT)
    if not accounts.is_open:
        return refused(Refusal.REGISTRATION_CLOSED)
    return ALLOWED


def may_log_in(account: AccountFacts) -> Verdict:
    """Log in with the right password. Ask only after the password was right: it tells of the account.

    The banned and the locked may: to read why, and to appeal (`may_visit`).
    """
    if account.state is MemberState.UNCLAIMED:
        return refused(Refusal.UNCLAIMED)
    return ALLOWED


def may_visit(actor: Actor) -> Verdict:
    """See anything here but why one may not, and say anything but against that."""
    if actor.may_visit:
        return ALLOWED
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if actor.is_locked:
        return refused(Refusal.LOCKED)
    if actor.group_id == BANNED_GROUP:
        return refused(Refusal.BANNED)
    return refused(Refusal.GROUP, group=actor.group_title)


def may_write(actor: Actor) -> Verdict:
    """Write anything for others: not while one is muted (禁止发言)."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    visiting = may_visit(actor)
    if not visiting:
        return visiting
    if actor.group_id != MUTED_GROUP:
        return ALLOWED
    if actor.group_until is None:
        return refused(Refusal.MUTED)
    return refused(Refusal.MUTED_UNTIL, until=actor.group_until)


def may_use_account(actor: Actor) -> Verdict:
    """See and change what belongs to one's own account."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    return ALLOWED


def may_go_invisible(actor: Actor) -> Verdict:
    """Be left out of the list of who is online."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.permission(May.GO_INVISIBLE):
        return refused(Refusal.GROUP, group=actor.group_title)
    return ALLOWED


def may_have_signature(actor: Actor) -> Verdict:
    """Sign one's posts. How long: the permission signature.size."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.permission(May.SIGNATURE_SIZE):
        return refused(Refusal.GROUP, group=actor.group_title)
    return ALLOWED


def may_have_title(actor: Actor) -> Verdict:
    """Carry a title of one's own choice (自定义头衔)."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.permission(May.CUSTOM_TITLE):
        return refused(Refusal.GROUP, group=actor.group_title)
    return ALLOWED


def may_hand_over(actor: Actor, account: AccountFacts) -> Verdict:
    """Rename an account that nobody has claimed, and give somebody the key to it."""
    if actor.rank < Rank.FOUNDER:
        return refused(Refusal.FOUNDER_ONLY)
    if account.state is not MemberState.UNCLAIMED:
        return refused(Refusal.ALREADY_CLAIMED)
    return ALLOWED


def may_confirm_group(actor: Actor) -> Verdict:
    """Make the staff group that an imported page claims for a member a real one."""
    if actor.rank < Rank.FOUNDER:
        return refused(Refusal.FOUNDER_ONLY)
    return ALLOWED
