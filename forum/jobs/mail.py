"""Which letters wait? Sends them, and tries again later when the mail server is away."""

import logging
from datetime import timedelta

from sqlalchemy import select, update

from forum.core.mail import Letter, MailError
from forum.core.uow import unit_of_work
from forum.jobs.schedule import Job, Tools
from forum.models import OutgoingMail

log = logging.getLogger(__name__)

# How long to wait after each failure; after the last one a letter is given up.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480, 1440))
LEASE = timedelta(minutes=5)  # a worker that died in the middle leaves the letter to the next one
BATCH = 100


def send_due_mail(tools: Tools) -> int:
    """Send what is due.

    :returns: how many letters went out.
    """
    sent = 0
    for _ in range(BATCH):
        claimed = _claim_next(tools)
        if claimed is None:
            break
        mail_id, attempt, letter = claimed
        try:
            tools.mailer.send(letter, at=tools.clock())
        except MailError as error:
            log.warning("mail_failed", extra={"mail_id": mail_id, "attempt": attempt})
            _put_back(tools, mail_id, attempt, str(error))
        else:
            _mark_sent(tools, mail_id)
            sent += 1
    return sent


def _claim_next(tools: Tools) -> tuple[int, int, Letter] | None:
    """Take the letter that has waited longest, so that no other worker sends it meanwhile."""
    now = tools.clock()
    due = (
        OutgoingMail.sent_at.is_(None),
        OutgoingMail.due_at <= now,
        OutgoingMail.attempt_count <= len(WAITS),
    )
    with unit_of_work(tools.database, now=now) as uow:
        mail_id = uow.session.scalar(
            select(OutgoingMail.id)
            .where(*due)
            .order_by(OutgoingMail.due_at, OutgoingMail.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if mail_id is None:
            return None
        row = uow.session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == mail_id)
            .values(attempt_count=OutgoingMail.attempt_count + 1, due_at=now + LEASE)
            .returning(
                OutgoingMail.attempt_count,
                OutgoingMail.recipient,
                OutgoingMail.subject,
                OutgoingMail.body,
            )
        ).one()
        return mail_id, row.attempt_count, Letter(row.recipient, row.subject, row.body)


def _mark_sent(tools: Tools, mail_id: int) -> None:
    # The text may hold a link that opens an account: it is not kept longer than needed.
    with unit_of_work(tools.database, now=tools.clock()) as uow:
        uow.session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == mail_id)
            .values(sent_at=uow.now, body="", last_error="")
        )


def _put_back(tools: Tools, mail_id: int, attempt: int, reason: str) -> None:
    wait = WAITS[min(attempt, len(WAITS)) - 1]
    with unit_of_work(tools.database, now=tools.clock()) as uow:
        uow.session.execute(
            update(OutgoingMail)
            .where(OutgoingMail.id == mail_id)
            .values(due_at=uow.now + wait, last_error=reason[:500])
        )


SEND_MAIL = Job("send_mail", every=timedelta(minutes=1), run=send_due_mail)
