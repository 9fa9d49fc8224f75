"""Changing a password: with the old one, or with a link from a letter."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from forum.commands.accounts.emails import take_as_proven
from forum.commands.accounts.letters import (
    CLAIM,
    RESET,
    count_mail_try,
    end_links,
    make_link,
    post_letter,
    post_nothing,
    recipient_is_spared,
    redeem,
)
from forum.commands.accounts.sessions import account_key, end_sessions_of, open_session
from forum.commands.accounts.tries import forget_tries
from forum.core.errors import Invalid, NotFound, Taken
from forum.core.mail import LetterWriter
from forum.core.names import email_key
from forum.core.uow import UnitOfWork
from forum.models import LoginSession, Member, MemberState
from forum.policies.accounts import may_use_account
from forum.policies.actor import Actor
from forum.queries.site import site_of


@dataclass(frozen=True)
class OpenedSession:
    """What the visitor's browser is given."""

    token: str
    is_remembered: bool


def request_reset(uow: UnitOfWork, *, email: str, letters: LetterWriter) -> None:
    """Send a link to the account whose confirmed address this is. Says nothing about whether there is one.

    :raises TooSoon: "too_many_mails": too many letters were asked for from this network.
    """
    count_mail_try(uow)
    is_spared = recipient_is_spared(uow, email)
    member = uow.session.scalar(
        select(Member).where(
            Member.email_key == email_key(email),
            Member.email_confirmed_at.is_not(None),
            Member.state == MemberState.ACTIVE,
        )
    )
    if member is None or is_spared:
        post_nothing(uow)
        letters("reset", recipient=email, locale="", name="", token="-" * 43, minutes=0)
        return

    minutes = site_of(uow.session).settings.accounts.reset_link_minutes
    token = make_link(
        uow, member, purpose=RESET, email=member.email, lasts=timedelta(minutes=minutes)
    )
    post_letter(
        uow,
        letters(
            "reset",
            recipient=member.email,
            locale=member.locale,
            name=member.name,
            token=token,
            minutes=minutes,
        ),
    )


def reset_password(uow: UnitOfWork, *, token: str, password_hash: str) -> int:
    """Set a password with a link from a letter. All sessions end; wrong tries are forgotten.

    A link that hands over an account makes it one that can be logged in to, and proves its address.

    :param password_hash: hashed outside the transaction.
    :returns: the member's id.
    :raises Invalid: "link_dead".
    """
    redeemed = redeem(uow, token, RESET, CLAIM)
    member = uow.session.get_one(Member, redeemed.member_id, with_for_update=True)
    if member.state is MemberState.LOCKED:
        raise Invalid("link_dead")

    if redeemed.purpose == CLAIM:
        member.state = MemberState.ACTIVE
    _set_password(uow, member, password_hash)
    end_sessions_of(uow, member.id)
    if redeemed.purpose == CLAIM:
        with suppress(Taken):  # then it stays unconfirmed, and logs in by its name
            take_as_proven(uow, member.id, redeemed.email)

    forget_tries(uow, account_key(member.name, member.id))
    if member.email:
        forget_tries(uow, account_key(member.email, None))
    return member.id


def change_password(
    uow: UnitOfWork, actor: Actor, *, verified_hash: str, password_hash: str, agent: str = ""
) -> OpenedSession:
    """Set a password knowing the old one. Every session ends; the actor gets a new one.

    :param verified_hash: the stored hash the old password was checked against.
    :returns: the actor's new session.
    :raises Invalid: "password_wrong": it was changed meanwhile.
    """
    may_use_account(actor).require()
    member = uow.session.get(Member, actor.member_id, with_for_update=True)
    if member is None:
        raise NotFound("no_such_member")
    if member.password_hash != verified_hash:
        raise Invalid("password_wrong", field="old_password")
    is_remembered = bool(
        uow.session.scalar(
            select(LoginSession.is_remembered).where(LoginSession.id == actor.session_id)
        )
    )

    _set_password(uow, member, password_hash)
    end_sessions_of(uow, member.id)

    token = open_session(uow, member_id=member.id, is_remembered=is_remembered, agent=agent)
    return OpenedSession(token, is_remembered)


def _set_password(uow: UnitOfWork, member: Member, password_hash: str) -> None:
    member.password_hash = password_hash
    member.password_changed_at = uow.now
    member.password_is_temporary = False
    end_links(uow, member.id, RESET, CLAIM)
