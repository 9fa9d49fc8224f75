"""Links by mail: single-use tokens, hashed at rest, and the letters that carry them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from forum.commands.accounts.sessions import new_token
from forum.commands.accounts.tries import count_try, hashed
from forum.core.errors import Invalid
from forum.core.mail import Letter
from forum.core.names import email_key
from forum.core.networks import network_of
from forum.core.uow import UnitOfWork
from forum.models import MailToken, Member, OutgoingMail
from forum.queries.actors import token_hash
from forum.queries.site import site_of

RESET, CONFIRM, CLAIM = "reset", "confirm", "claim"
CONFIRM_LASTS = timedelta(days=3)
CLAIM_LASTS = timedelta(days=7)
PER_RECIPIENT = 3  # letters an hour to one address, whoever asks
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Redeemed:
    """What a link stood for."""

    member_id: int
    purpose: str
    email: str


def count_mail_try(uow: UnitOfWork) -> None:
    """Count a request for a letter from the visitor's network.

    :raises TooSoon: "too_many_mails"; call after the unit of work has ended: see `tries`.
    """
    limit = site_of(uow.session).settings.accounts.mails_per_address
    key = f"mail:network:{network_of(uow.address)}"
    count_try(uow, key, limit=limit, window=HOUR).require("too_many_mails")


def recipient_is_spared(uow: UnitOfWork, email: str) -> bool:
    """Has this address had its letters of the hour? Counts one more."""
    key = f"mail:recipient:{hashed(email_key(email))}"
    return count_try(uow, key, limit=PER_RECIPIENT, window=HOUR).are_too_many


def password_stamp(password_hash: str) -> str:
    """Changes with the password; a link made before no longer fits."""
    return hashlib.sha256(password_hash.encode()).hexdigest()[:32]


def make_link(
    uow: UnitOfWork, member: Member, *, purpose: str, email: str, lasts: timedelta
) -> str:
    """A token for a link in a letter; links of the same kind made before end.

    :returns: the token. Only its hash is kept here.
    """
    end_links(uow, member.id, purpose)
    token = new_token(uow)
    uow.session.add(
        MailToken(
            token_hash=token_hash(token),
            member_id=member.id,
            purpose=purpose,
            email=email,
            password_stamp=password_stamp(member.password_hash),
            created_at=uow.now,
            expires_at=uow.now + lasts,
        )
    )
    return token


def end_links(uow: UnitOfWork, member_id: int, *purposes: str) -> None:
    """Make a member's unused links of these kinds (all, when none is named) useless."""
    uow.session.execute(
        update(MailToken)
        .where(
            MailToken.member_id == member_id,
            MailToken.used_at.is_(None),
            *([MailToken.purpose.in_(purposes)] if purposes else []),
        )
        .values(used_at=uow.now)
    )


def redeem(uow: UnitOfWork, token: str, *purposes: str) -> Redeemed:
    """Use a link up.

    :raises Invalid: "link_dead": unknown, used, too old, or the password has changed since.
    """
    row = uow.session.execute(
        select(MailToken, Member.password_hash)
        .join(Member, Member.id == MailToken.member_id)
        .where(MailToken.token_hash == token_hash(token), MailToken.purpose.in_(purposes))
        .with_for_update()
    ).one_or_none()
    if row is None or not link_is_alive(row.MailToken, row.password_hash, uow.now):
        raise Invalid("link_dead")
    row.MailToken.used_at = uow.now
    uow.session.flush()  # the links that are ended below must not be written over
    return Redeemed(row.MailToken.member_id, row.MailToken.purpose, row.MailToken.email)


def link_is_alive(link: MailToken, password_hash: str, now: datetime) -> bool:
    """Does a link still open something? A confirmation outlives a changed password."""
    if link.used_at is not None or link.expires_at <= now:
        return False
    return link.purpose == CONFIRM or link.password_stamp == password_stamp(password_hash)


def post_letter(uow: UnitOfWork, letter: Letter) -> None:
    """Put a letter into the outbox; it is sent after the commit, by a job."""
    uow.session.add(
        OutgoingMail(
            recipient=letter.recipient,
            subject=letter.subject,
            body=letter.body,
            created_at=uow.now,
            due_at=uow.now,
        )
    )


def post_nothing(uow: UnitOfWork) -> None:
    """Write what a link and its letter would write, so that an unknown address takes as long.

    Rows without a recipient; the cleaning job takes them away.
    """
    end_links(uow, 0, RESET)
    password_stamp(token_hash(new_token(uow)))
    for _ in ("the link", "the letter"):
        uow.session.add(
            OutgoingMail(
                recipient="",
                subject="",
                body="",
                created_at=uow.now,
                due_at=uow.now,
                sent_at=uow.now,
            )
        )
        uow.session.flush()  # one statement each, as a link and a letter take
