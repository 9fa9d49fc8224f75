"""May the actor write to a member, not hear one, or tell the staff about a message?"""

from typing import Protocol

from forum.models.members import MemberState
from forum.policies.accounts import may_visit, may_write
from forum.policies.actor import Actor, Rank
from forum.policies.permissions import May
from forum.policies.queue import escalation_of
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused


class RecipientFacts(Protocol):
    """What these questions need to know of the other one."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> MemberState: ...
    @property
    def takes_messages(self) -> bool: ...
    @property
    def blocks_actor(self) -> bool: ...
    @property
    def is_blocked(self) -> bool: ...  # by the actor


class MessageReportFacts(Protocol):
    """What is asked of a report of a message."""

    @property
    def reporter_id(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def escalation(self) -> int: ...


def may_use_messages(actor: Actor) -> Verdict:
    """Read one's own messages, delete them, say whom one does not hear. The muted may, too."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    return may_visit(actor)


def may_send_messages(actor: Actor) -> Verdict:
    """Write to anybody at all: the group's right."""
    own = may_use_messages(actor)
    if not own:
        return own
    muted = may_write(actor)
    if not muted:
        return muted
    if not actor.permission(May.SEND_MESSAGES):
        return refused(Refusal.GROUP, group=actor.group_title)
    return ALLOWED


def may_write_to(actor: Actor, recipient: RecipientFacts) -> Verdict:
    """Write to this member. The staff reaches everybody whom a message can reach."""
    sending = may_send_messages(actor)
    if not sending:
        return sending
    if actor.member_id == recipient.id:
        return refused(Refusal.ONESELF)
    if recipient.state is MemberState.UNCLAIMED:
        return refused(Refusal.UNCLAIMED)
    if recipient.state is MemberState.LOCKED:
        return refused(Refusal.NOBODY_READS)
    if actor.is_staff:
        return ALLOWED
    if recipient.is_blocked:
        return refused(Refusal.YOU_BLOCK)
    if recipient.blocks_actor:
        return refused(Refusal.BLOCKS_YOU)
    if not recipient.takes_messages:
        return refused(Refusal.TAKES_NO_MESSAGES)
    return ALLOWED


def may_block(actor: Actor, *, member_id: int) -> Verdict:
    """Take no messages from a member (黑名单)."""
    own = may_use_messages(actor)
    if not own:
        return own
    if actor.member_id == member_id:
        return refused(Refusal.ONESELF)
    return ALLOWED


def may_report_message(actor: Actor, *, author_id: int) -> Verdict:
    """Show the staff a message one received; one's own copy is asked for before this."""
    own = may_use_messages(actor)
    if not own:
        return own
    if actor.member_id == author_id:
        return refused(Refusal.OWN_MESSAGE)
    return ALLOWED


def may_see_reported_messages(actor: Actor) -> Verdict:
    """Read what members reported of their messages: the staff whose word holds for the whole site."""
    if actor.rank >= Rank.SUPER_MODERATOR and actor.permission(May.HANDLE_REPORTS):
        return ALLOWED
    return refused(Refusal.MODERATORS_ONLY)


def may_handle_reported_message(actor: Actor, report: MessageReportFacts) -> Verdict:
    """Decide on one. Not on one's own, from either side, nor on one passed above: it is not shown."""
    seeing = may_see_reported_messages(actor)
    if not seeing:
        return seeing
    if actor.member_id in (report.reporter_id, report.author_id):
        return refused(Refusal.NOT_VISIBLE)
    if report.escalation > escalation_of(actor):
        return refused(Refusal.NOT_VISIBLE)
    return ALLOWED
