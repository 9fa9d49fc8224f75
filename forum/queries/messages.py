"""Read models of messages: one's conversations, one of them, whom one does not hear.

Everything is read through the copies of whoever asks (models/messages.py): what others wrote to each
other cannot be asked for.
"""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from forum.core.errors import Invalid, NotFound
from forum.core.names import name_key
from forum.markup import plain_text
from forum.models import (
    Conversation,
    Member,
    MemberState,
    Message,
    MessageBlock,
    MessageCopy,
)
from forum.policies.actor import Actor
from forum.policies.messages import may_report_message, may_use_messages, may_write_to
from forum.policies.verdict import Verdict

CONVERSATIONS = 20
MESSAGES = 20
EXCERPT = 80
MOST_BLOCKED = 200


@dataclass(frozen=True)
class Partner:
    """The other one."""

    id: int
    name: str
    avatar: str
    state: MemberState
    takes_messages: bool
    blocks_actor: bool
    is_blocked: bool  # by the actor


@dataclass(frozen=True)
class ConversationLine:
    """A conversation in the list, by its newest message."""

    member_id: int
    name: str
    avatar: str
    is_own: bool  # the newest was written by whoever asks
    excerpt: str
    at: datetime
    unread_count: int


@dataclass(frozen=True)
class ConversationsPage:
    """One's conversations, newest first. `older_than` continues below; None = this is the end."""

    lines: tuple[ConversationLine, ...]
    older_than: int | None


@dataclass(frozen=True)
class MessageCard:
    """A message as one of the two sees it."""

    id: int
    is_own: bool
    html: Markup
    at: datetime
    is_read: bool


@dataclass(frozen=True)
class ConversationPage:
    """A part of a conversation, oldest first. `older_than`: what continues above it."""

    partner: Partner
    messages: tuple[MessageCard, ...]
    older_than: int | None
    may_write: Verdict

    @property
    def newest_unread_id(self) -> int | None:
        """Up to which id "read" goes."""
        return max((one.id for one in self.messages if not one.is_read), default=None)


@dataclass(frozen=True)
class BlockedLine:
    """A member one does not hear."""

    member_id: int
    name: str
    created_at: datetime


@dataclass(frozen=True)
class Reception:
    """Whom somebody takes messages from."""

    takes_messages: bool
    blocked: tuple[BlockedLine, ...]


def conversations_page(s: Session, actor: Actor, *, before: int | None = None) -> ConversationsPage:
    """One's conversations. One statement.

    :param before: only those whose newest message has a lower id.
    """
    may_use_messages(actor).require()
    unread = (
        select(func.count())
        .where(
            MessageCopy.owner_id == Conversation.owner_id,
            MessageCopy.other_id == Conversation.other_id,
            ~MessageCopy.is_read,
        )
        .scalar_subquery()
    )
    wanted = (
        select(
            Conversation.last_message_id, Conversation.other_id, Member.name, Member.avatar,
            Message.author_id, Message.source, Message.created_at, unread,
        )
        .join(Member, Member.id == Conversation.other_id)
        .join(Message, Message.id == Conversation.last_message_id)
        .where(Conversation.owner_id == actor.member_id)
        .order_by(Conversation.last_message_id.desc())
        .limit(CONVERSATIONS + 1)
    )  # fmt: skip
    if before is not None:
        wanted = wanted.where(Conversation.last_message_id < before)
    rows = s.execute(wanted).all()
    shown = rows[:CONVERSATIONS]
    lines = tuple(
        ConversationLine(
            member_id, name, avatar, author_id == actor.member_id,
            plain_text(source, limit=EXCERPT), at, unread_count,
        )
        for _id, member_id, name, avatar, author_id, source, at, unread_count in shown
    )  # fmt: skip
    return ConversationsPage(lines, shown[-1][0] if len(rows) > CONVERSATIONS else None)


def conversation_page(
    s: Session, actor: Actor, *, member_id: int, before: int | None = None
) -> ConversationPage:
    """What the actor and a member wrote to each other; empty when nothing. Two statements.

    :param before: only messages with a lower id.
    :raises NotFound: there is no such member.
    """
    partner = partner_of(s, actor, member_id=member_id)
    wanted = (
        select(Message.id, Message.author_id, Message.html, Message.created_at, MessageCopy.is_read)
        .join(Message, Message.id == MessageCopy.message_id)
        .where(MessageCopy.owner_id == actor.member_id, MessageCopy.other_id == member_id)
        .order_by(MessageCopy.message_id.desc())
        .limit(MESSAGES + 1)
    )
    if before is not None:
        wanted = wanted.where(MessageCopy.message_id < before)
    rows = s.execute(wanted).all()
    cards = [
        MessageCard(
            message_id,
            author_id == actor.member_id,
            Markup(html),  # noqa: S704  rendered and bleached when it was written
            at,
            is_read,
        )
        for message_id, author_id, html, at, is_read in rows[:MESSAGES]
    ]
    older_than = cards[-1].id if len(rows) > MESSAGES else None
    return ConversationPage(
        partner, tuple(reversed(cards)), older_than, may_write_to(actor, partner)
    )


def partner_of(s: Session, actor: Actor, *, member_id: int) -> Partner:
    """The other one, as policies need to know. One statement.

    :raises NotFound: there is no such member.
    """
    may_use_messages(actor).require()
    found = _partner(s, actor, Member.id == member_id)
    if found is None:
        raise NotFound("no_such_member")
    return found


def partner_named(s: Session, actor: Actor, name: str) -> Partner:
    """The same by name, for a form. One statement.

    :raises Invalid: "no_such_member" at the field to.
    """
    may_use_messages(actor).require()
    found = _partner(s, actor, Member.name_key == name_key(name)) if name.strip() else None
    if found is None:
        raise Invalid("no_such_member", field="to")
    return found


def _partner(s: Session, actor: Actor, which: ColumnElement[bool]) -> Partner | None:
    blocks_actor = exists().where(
        and_(MessageBlock.member_id == Member.id, MessageBlock.blocked_id == actor.member_id)
    )
    is_blocked = exists().where(
        and_(MessageBlock.member_id == actor.member_id, MessageBlock.blocked_id == Member.id)
    )
    row = s.execute(
        select(
            Member.id, Member.name, Member.avatar, Member.state, Member.takes_messages,
            blocks_actor, is_blocked,
        ).where(which)
    ).one_or_none()  # fmt: skip
    return None if row is None else Partner(*row)


def received_message(s: Session, actor: Actor, *, member_id: int, message_id: int) -> MessageCard:
    """A message that the actor received from a member and still keeps, for a report. One statement.

    :raises NotFound: there is none; nor is anything said of those of others.
    :raises Forbidden: it is the actor's own.
    """
    may_use_messages(actor).require()
    row = s.execute(
        select(Message.id, Message.author_id, Message.html, Message.created_at, MessageCopy.is_read)
        .join(Message, Message.id == MessageCopy.message_id)
        .where(
            MessageCopy.owner_id == actor.member_id,
            MessageCopy.other_id == member_id,
            MessageCopy.message_id == message_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFound("not_found")
    may_report_message(actor, author_id=row.author_id).require()
    html = Markup(row.html)  # noqa: S704  as above
    return MessageCard(row.id, False, html, row.created_at, row.is_read)


def reception(s: Session, actor: Actor) -> Reception:
    """Whom the actor takes messages from. Two statements."""
    may_use_messages(actor).require()
    takes = s.scalar(select(Member.takes_messages).where(Member.id == actor.member_id))
    rows = s.execute(
        select(MessageBlock.blocked_id, Member.name, MessageBlock.created_at)
        .join(Member, Member.id == MessageBlock.blocked_id)
        .where(MessageBlock.member_id == actor.member_id)
        .order_by(MessageBlock.blocked_id)
        .limit(MOST_BLOCKED)
    )
    return Reception(bool(takes), tuple(BlockedLine(*row) for row in rows))
