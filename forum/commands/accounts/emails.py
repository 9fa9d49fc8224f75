"""Whose address is it? Changing an e-mail address and confirming it by a letter."""

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from forum.commands.accounts.letters import (
    CONFIRM,
    CONFIRM_LASTS,
    RESET,
    count_mail_try,
    end_links,
    make_link,
    post_letter,
    recipient_is_spared,
    redeem,
)
from forum.commands.accounts.sessions import end_sessions_of
from forum.commands.points import pay_rule
from forum.core.errors import Invalid, NotFound, Taken
from forum.core.mail import LetterWriter
from forum.core.names import email_key
from forum.core.uow import UnitOfWork
from forum.models import Member, MemberState
from forum.policies.accounts import may_use_account
from forum.policies.actor import Actor


def change_email(
    uow: UnitOfWork, actor: Actor, *, verified_hash: str, email: str, letters: LetterWriter
) -> None:
    """Ask for another address. A confirmed one stays in use until the new one is confirmed.

    The other sessions end, and a confirmed old address hears of it. An address that belongs to
    another account is not given away here: only whoever opens its letters can find out.

    :raises Invalid: "password_wrong".
    :raises TooSoon: "too_many_mails".
    """
    may_use_account(actor).require()
    count_mail_try(uow)
    member = uow.session.get(Member, actor.member_id, with_for_update=True)
    if member is None:
        raise NotFound("no_such_member")
    if member.password_hash != verified_hash:
        raise Invalid("password_wrong", field="old_password")

    if member.email_confirmed_at is None:
        member.email, member.email_key = email, email_key(email)
    elif email_key(email) != member.email_key:
        post_letter(
            uow,
            letters(
                "email_change",
                recipient=member.email,
                locale=member.locale,
                name=member.name,
            ),
        )
    end_links(uow, member.id, RESET)
    end_sessions_of(uow, member.id, but=actor.session_id)

    send_confirmation(uow, member, email=email, letters=letters)


def send_confirmation(
    uow: UnitOfWork, member: Member, *, email: str, letters: LetterWriter
) -> None:
    """Send the link that proves an address, unless the address has had its letters of the hour."""
    if recipient_is_spared(uow, email):
        return
    token = make_link(uow, member, purpose=CONFIRM, email=email, lasts=CONFIRM_LASTS)
    post_letter(
        uow,
        letters("confirm", recipient=email, locale=member.locale, name=member.name, token=token),
    )


def ask_confirmation_again(uow: UnitOfWork, actor: Actor, *, letters: LetterWriter) -> None:
    """Send the letter to an unconfirmed address once more.

    :raises TooSoon: "too_many_mails".
    """
    may_use_account(actor).require()
    count_mail_try(uow)
    member = uow.session.get(Member, actor.member_id, with_for_update=True)
    if member is not None and member.email and member.email_confirmed_at is None:
        send_confirmation(uow, member, email=member.email, letters=letters)


def confirm_email(uow: UnitOfWork, *, token: str) -> int:
    """Take an address as proven: from now on it logs in and resets.

    :returns: the member's id.
    :raises Invalid: "link_dead"; an account that was locked since keeps its address, too.
    :raises Taken: "email": another account proved it first.
    """
    redeemed = redeem(uow, token, CONFIRM)
    member = uow.session.get_one(Member, redeemed.member_id, with_for_update=True)
    if member.state is MemberState.LOCKED:
        raise Invalid("link_dead")
    take_as_proven(uow, redeemed.member_id, redeemed.email)
    return redeemed.member_id


def take_as_proven(uow: UnitOfWork, member_id: int, email: str) -> None:
    """Somebody opened a letter sent there. The first proof is paid.

    :raises Taken: "email": another account proved it first.
    """
    try:
        with uow.session.begin_nested():
            uow.session.execute(
                update(Member)
                .where(Member.id == member_id)
                .values(email=email, email_key=email_key(email), email_confirmed_at=uow.now)
            )
    except IntegrityError as error:
        raise Taken("email") from error

    pay_rule(
        uow,
        "email.confirmed",
        member_id=member_id,
        subject=f"member:{member_id}",
        once_key=f"email.confirmed:{member_id}",
    )
