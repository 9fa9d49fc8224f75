"""What is over and may go? Ended sessions, used links, old tries, letters sent, emptied messages, unused pictures."""

from datetime import timedelta

from sqlalchemy import delete, or_, select

from forum.commands.messages import COUNTED_FOR
from forum.core.uow import unit_of_work
from forum.jobs.schedule import Job, Tools
from forum.models import Attempt, LoginSession, MailToken, Member, Message, OutgoingMail
from forum.storage import avatars

TRIES_KEPT = timedelta(days=2)  # longer than the longest window
LINKS_KEPT = timedelta(days=7)  # a used link still says why it does not work
LETTERS_KEPT = timedelta(days=30)
_MESSAGES_AT_ONCE = 500
PICTURES_KEPT = timedelta(days=1)  # one just uploaded may not be in the tables yet


def clean_up(tools: Tools) -> int:
    """Remove what no page needs any more.

    :returns: how many rows and files went.
    """
    now = tools.clock()
    removed = 0
    for statement in (
        delete(Attempt).where(Attempt.since < now - TRIES_KEPT),
        delete(LoginSession).where(LoginSession.expires_at < now),
        delete(MailToken).where(MailToken.expires_at < now - LINKS_KEPT),
        delete(OutgoingMail).where(
            OutgoingMail.created_at < now - LETTERS_KEPT,
            or_(OutgoingMail.sent_at.is_not(None), OutgoingMail.due_at < now),
        ),
    ):
        with unit_of_work(tools.database, now=now) as uow:
            removed += uow.change(statement)
    return removed + remove_unused_avatars(tools)


def remove_unused_avatars(tools: Tools) -> int:
    """Delete pictures that no member shows.

    :returns: how many pictures (of three sizes each) went.
    """
    old = avatars.stored_before(tools.files, tools.clock() - PICTURES_KEPT)
    if not old:
        return 0
    with tools.database.read_session() as s:
        used = set(s.scalars(select(Member.avatar).where(Member.avatar.in_(old))))
    for digest in old - used:
        avatars.remove_avatar(tools.files, digest)
    return len(old - used)


def remove_emptied_messages(tools: Tools) -> int:
    """Delete the rows of messages that nobody keeps and no limit counts any more.

    They are looked for without the lock of a writer: no index leads to the few there are.
    :returns: how many went.
    """
    now = tools.clock()
    with tools.database.read_session() as s:
        emptied = s.scalars(
            select(Message.id).where(Message.source == "", Message.created_at < now - COUNTED_FOR)
        ).all()
    for at in range(0, len(emptied), _MESSAGES_AT_ONCE):
        with unit_of_work(tools.database, now=now) as uow:
            ids = emptied[at : at + _MESSAGES_AT_ONCE]
            uow.change(delete(Message).where(Message.id.in_(ids)))
    return len(emptied)


CLEAN_UP = Job("clean_up", every=timedelta(hours=1), run=clean_up)
REMOVE_EMPTIED_MESSAGES = Job(
    "remove_emptied_messages", every=timedelta(days=1), run=remove_emptied_messages
)
