"""Writing to a member, reading, deleting what one keeps, and saying whom one does not hear."""

import math
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Delete, delete, exists, func, insert, select, update

from forum.commands.locks import lock_members
from forum.commands.points import pay_rule
from forum.commands.word_checks import checked_without_queue
from forum.core.db import conflict_insert
from forum.core.errors import Invalid, NotFound, TooSoon
from forum.core.text import clean_text
from forum.core.uow import UnitOfWork
from forum.markup import RENDERER_VERSION, RenderOptions, render
from forum.models import Conversation, Member, Message, MessageBlock, MessageCopy
from forum.policies.actor import Actor
from forum.policies.messages import (
    may_block,
    may_send_messages,
    may_use_messages,
    may_write_to,
)
from forum.policies.permissions import CHARGE_MESSAGES, LINKS_FREE, LINKS_PLAIN, May
from forum.policies.verdict import Verdict
from forum.queries.messages import MOST_BLOCKED, partner_of
from forum.queries.site import site_of
from forum.queries.words import word_filter_of
from forum.settings import Messages
from forum.words import WordFilter

COUNTED_FOR = timedelta(days=1)  # by the limits
_NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True)
class MessageText:
    """A message ready to be stored."""

    source: str
    html: str


def send_message(
    uow: UnitOfWork,
    actor: Actor,
    *,
    recipient_id: int,
    source: str,
    submission_key: str | None = None,
) -> int:
    """Write to a member. What had come from there counts as read.

    :param source: BBCode as typed.
    :param submission_key: the form's own; a second try with it answers with the first one's message.
    :returns: the message's id.
    :raises NotFound: there is no such member.
    :raises Forbidden: guests have none.
    :raises Invalid: the text breaks a rule, the actor may not write (to this member), or it costs
        more points than there are; TooSoon: too much of it.
    """
    may_use_messages(actor).require()
    assert actor.member_id is not None  # guests are refused above
    _told_at_the_form(may_send_messages(actor))
    site = site_of(uow.session)
    limits = site.settings.messages
    text = _text(actor, source, limits, word_filter_of(uow.session))

    author = lock_members(uow, {actor.member_id, recipient_id})[actor.member_id]
    recipient = partner_of(uow.session, actor, member_id=recipient_id)
    _told_at_the_form(may_write_to(actor, recipient))
    if (earlier := _earlier(uow, author.id, submission_key)) is not None:
        return earlier
    _check_pace(uow, actor, author, recipient_id, limits, site.settings.posting.newbie_wait)

    message = Message(
        author_id=author.id,
        recipient_id=recipient_id,
        source=text.source,
        html=text.html,
        renderer_version=RENDERER_VERSION,
        submission_key=submission_key,
        created_at=uow.now,
    )
    uow.session.add(message)
    uow.session.flush()  # message.id
    _hand_out(uow, message)
    if not actor.permission(May.SKIP_CHARGES) & CHARGE_MESSAGES:
        pay_rule(
            uow,
            "message.sent",
            member_id=author.id,
            subject=f"message:{message.id}",
            once_key=f"message.sent:{message.id}",
        )
    _read(uow, author.id, recipient_id, up_to_id=message.id)
    return message.id


def _text(actor: Actor, source: str, limits: Messages, words: WordFilter) -> MessageText:
    """Clean, measure, filter and render. Nobody approves messages, so what would wait is refused.

    Pictures become links: one of another site would tell its owner when and where it was read.
    """
    source = clean_text(source).strip()
    if not source:
        raise Invalid("private_empty", field="source")
    _require_room(source, limits)
    source = checked_without_queue(actor, words, source, field="source", is_source=True)
    _require_room(source, limits)  # what stands in for a word may be longer
    links = actor.permission(May.POST_LINKS)
    options = RenderOptions(allow_images=False, allow_links=links != LINKS_PLAIN)
    rendered = render(source, options=options)
    if links not in (LINKS_PLAIN, LINKS_FREE) and rendered.link_hosts:
        raise Invalid("links_refused", field="source")
    return MessageText(source, rendered.html)


def _require_room(source: str, limits: Messages) -> None:
    if len(source) > limits.max_characters:
        raise Invalid("private_long", field="source", most=limits.max_characters, has=len(source))


def _told_at_the_form(verdict: Verdict) -> None:
    """Why somebody may not write is said beside the text, which stays."""
    if verdict.refusal is not None:
        raise Invalid(verdict.refusal.value, **verdict.data)


def _earlier(uow: UnitOfWork, author_id: int, submission_key: str | None) -> int | None:
    if not submission_key:
        return None
    return uow.session.scalar(
        select(Message.id).where(
            Message.author_id == author_id, Message.submission_key == submission_key
        )
    )


def _check_pace(
    uow: UnitOfWork,
    actor: Actor,
    author: Member,
    recipient_id: int,
    limits: Messages,
    newbie_wait: timedelta,
) -> None:
    """Refuse too much of it. The author's row is locked, so two at once cannot both pass."""
    if actor.permission(May.SKIP_POST_LIMITS):
        return
    _wait(uow, "newbie_wait", author.created_at + newbie_wait - uow.now)
    since = uow.now - COUNTED_FOR
    first, last, count, strangers, to_this_one = uow.session.execute(
        select(
            func.min(Message.created_at), func.max(Message.created_at), func.count(),
            func.count(Message.recipient_id.distinct()),
            func.count().filter(Message.recipient_id == recipient_id),
        ).where(Message.author_id == author.id, Message.created_at > since)
    ).one()  # fmt: skip
    if last is None:
        return
    _wait(uow, "message_pace", last + limits.interval - uow.now)
    if limits.per_day and count >= limits.per_day:
        _wait(uow, "messages_a_day", first - since)
    if limits.members_per_day and strangers >= limits.members_per_day and not to_this_one:
        _wait(uow, "strangers_a_day", first - since)


def _wait(uow: UnitOfWork, key: str, longer: timedelta) -> None:
    if longer > timedelta(0):
        raise TooSoon(key, retry_after_s=math.ceil(longer.total_seconds()))


def _hand_out(uow: UnitOfWork, message: Message) -> None:
    """A copy for each of the two, on top of their lists; the recipient's unread one more."""
    sides = [
        {"owner_id": message.author_id, "other_id": message.recipient_id},
        {"owner_id": message.recipient_id, "other_id": message.author_id},
    ]
    opening = conflict_insert(uow.session.get_bind().dialect.name, Conversation)
    uow.session.execute(
        opening.values([{**side, "last_message_id": message.id} for side in sides])
        .on_conflict_do_update(
            index_elements=["owner_id", "other_id"], set_={"last_message_id": message.id}
        )
        .execution_options(**_NO_SYNC)
    )
    uow.session.execute(
        insert(MessageCopy).values(
            [
                {**side, "message_id": message.id, "is_read": is_read}
                for side, is_read in zip(sides, (True, False), strict=True)
            ]
        )
    )
    uow.change(
        update(Member)
        .where(Member.id == message.recipient_id)
        .values(unread_message_count=Member.unread_message_count + 1)
        .execution_options(**_NO_SYNC)
    )


def mark_messages_read(
    uow: UnitOfWork, actor: Actor, *, member_id: int, up_to_id: int | None = None
) -> None:
    """The actor has read what came from a member (up to an id; what came later stays unread)."""
    may_use_messages(actor).require()
    assert actor.member_id is not None  # guests are refused above
    lock_members(uow, [actor.member_id])
    _read(uow, actor.member_id, member_id, up_to_id=up_to_id)


def _read(uow: UnitOfWork, owner_id: int, other_id: int, *, up_to_id: int | None) -> None:
    reading = update(MessageCopy).where(
        MessageCopy.owner_id == owner_id,
        MessageCopy.other_id == other_id,
        ~MessageCopy.is_read,
    )
    if up_to_id is not None:
        reading = reading.where(MessageCopy.message_id <= up_to_id)
    if uow.change(reading.values(is_read=True).execution_options(**_NO_SYNC)):
        _count_unread(uow, owner_id)


def _count_unread(uow: UnitOfWork, owner_id: int) -> None:
    """From the rows; the member's row is locked."""
    unread = (
        select(func.count())
        .where(MessageCopy.owner_id == owner_id, ~MessageCopy.is_read)
        .scalar_subquery()
    )
    uow.change(
        update(Member)
        .where(Member.id == owner_id)
        .values(unread_message_count=unread)
        .execution_options(**_NO_SYNC)
    )


def delete_message(uow: UnitOfWork, actor: Actor, *, member_id: int, message_id: int) -> bool:
    """Keep a message no longer; the other one's copy stays. When nobody keeps it, its text is gone.

    :returns: whether something is left of the conversation.
    :raises NotFound: the actor keeps no such message.
    """
    owner_id = _hold_pair(uow, actor, member_id)
    mine = (MessageCopy.owner_id == owner_id, MessageCopy.other_id == member_id)
    if not uow.change(
        _gone(delete(MessageCopy).where(*mine, MessageCopy.message_id == message_id))
    ):
        raise NotFound("not_found")
    last = uow.session.scalar(select(func.max(MessageCopy.message_id)).where(*mine))
    side = (Conversation.owner_id == owner_id, Conversation.other_id == member_id)
    if last is None:
        uow.change(_gone(delete(Conversation).where(*side)))
    else:
        uow.change(
            update(Conversation)
            .where(*side)
            .values(last_message_id=last)
            .execution_options(**_NO_SYNC)
        )
    _count_unread(uow, owner_id)
    _forget_unkept(uow, Message.id == message_id)
    return last is not None


def delete_conversation(uow: UnitOfWork, actor: Actor, *, member_id: int) -> None:
    """Keep nothing of what one wrote to each other; the other one's side stays.

    :raises NotFound: there is no such conversation.
    """
    owner_id = _hold_pair(uow, actor, member_id)
    side = (Conversation.owner_id == owner_id, Conversation.other_id == member_id)
    if not uow.change(_gone(delete(Conversation).where(*side))):  # its copies go with it
        raise NotFound("not_found")
    _count_unread(uow, owner_id)
    pair = (owner_id, member_id)
    for author_id, recipient_id in (pair, pair[::-1]):
        _forget_unkept(uow, Message.author_id == author_id, Message.recipient_id == recipient_id)


def _hold_pair(uow: UnitOfWork, actor: Actor, member_id: int) -> int:
    """Lock both, or two who delete at once would each leave the text to the other."""
    may_use_messages(actor).require()
    assert actor.member_id is not None  # guests are refused above
    lock_members(uow, {actor.member_id, member_id})
    return actor.member_id


def _gone(statement: Delete) -> Delete:
    return statement.execution_options(**_NO_SYNC)


def _forget_unkept(uow: UnitOfWork, *which: ColumnElement[bool]) -> None:
    """Remove texts that nobody keeps. Of the last day's the row stays, empty, because the author's
    limits count it: who deletes what he sent may not write more for it. jobs/cleaning.py takes it."""
    unkept = ~exists().where(MessageCopy.message_id == Message.id)
    is_counted = Message.created_at > uow.now - COUNTED_FOR
    uow.change(
        update(Message)
        .where(unkept, is_counted, *which)
        .values(source="", html="")
        .execution_options(**_NO_SYNC)
    )
    uow.change(_gone(delete(Message).where(unkept, ~is_counted, *which)))


def block_member(uow: UnitOfWork, actor: Actor, *, member_id: int) -> None:
    """Take no messages from a member any more; the staff's come nevertheless.

    :raises NotFound: there is no such member.
    :raises Invalid: "blocks_full".
    """
    may_block(actor, member_id=member_id).require()
    assert actor.member_id is not None  # guests are refused above
    if member_id not in lock_members(uow, {actor.member_id, member_id}):
        raise NotFound("no_such_member")
    mine = MessageBlock.member_id == actor.member_id
    others = uow.session.scalar(
        select(func.count()).where(mine, MessageBlock.blocked_id != member_id)
    )
    if (others or 0) >= MOST_BLOCKED:
        raise Invalid("blocks_full", field="to", most=MOST_BLOCKED)
    blocking = conflict_insert(uow.session.get_bind().dialect.name, MessageBlock)
    uow.session.execute(
        blocking.values(
            member_id=actor.member_id, blocked_id=member_id, created_at=uow.now
        ).on_conflict_do_nothing()
    )


def unblock_member(uow: UnitOfWork, actor: Actor, *, member_id: int) -> None:
    """Take messages from a member again."""
    may_use_messages(actor).require()
    uow.change(
        _gone(
            delete(MessageBlock).where(
                MessageBlock.member_id == actor.member_id, MessageBlock.blocked_id == member_id
            )
        )
    )


def take_messages(uow: UnitOfWork, actor: Actor, *, takes_messages: bool) -> None:
    """Take messages from everybody, or from the staff alone."""
    may_use_messages(actor).require()
    uow.change(
        update(Member)
        .where(Member.id == actor.member_id)
        .values(takes_messages=takes_messages)
        .execution_options(**_NO_SYNC)
    )
