"""May the actor enter the control panel, and whom and what may they change there?

Nobody can lift themselves or others: a rank is given, taken and shaped only by somebody above it.
"""

from typing import Protocol

from forum.policies.actor import Actor, Rank, outranks
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused


class GroupFacts(Protocol):
    """What these questions need to know of a group."""

    @property
    def rank(self) -> Rank: ...


def may_enter_panel(actor: Actor) -> Verdict:
    """Open the control panel at all."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if actor.rank < Rank.ADMINISTRATOR:
        return refused(Refusal.ADMINISTRATORS_ONLY)
    return ALLOWED


def may_change_site(actor: Actor) -> Verdict:
    """Change settings, boards, announcements, links, point kinds and rules."""
    return may_enter_panel(actor)


def may_shape_group(actor: Actor, group: GroupFacts) -> Verdict:
    """Change what a group is called and may do. One's own rank is shaped from above."""
    if not (entered := may_enter_panel(actor)):
        return entered
    if not outranks(actor.rank, group.rank):
        return refused(Refusal.FOUNDER_ONLY)
    return ALLOWED


def may_give_group(actor: Actor, group: GroupFacts) -> Verdict:
    """Put a member into a group."""
    return may_shape_group(actor, group)


def may_change_member(actor: Actor, *, member_id: int, rank: Rank) -> Verdict:
    """Change the group of a member of `rank`, or lock the account.

    A founder may act on other founders too: somebody has to be able to.
    """
    if not (entered := may_enter_panel(actor)):
        return entered
    if actor.rank is Rank.FOUNDER:
        return ALLOWED
    if not outranks(actor.rank, rank):
        return refused(Refusal.OUTRANKED)
    return ALLOWED


def may_appoint_founders(actor: Actor) -> Verdict:
    """Make somebody a founder, or end it. That one founder stays is the command's care."""
    if not (entered := may_enter_panel(actor)):
        return entered
    if actor.rank is not Rank.FOUNDER:
        return refused(Refusal.FOUNDER_ONLY)
    return ALLOWED
