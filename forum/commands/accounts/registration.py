"""Joining: a new account of one's own."""

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from forum.commands.accounts.emails import send_confirmation
from forum.commands.accounts.naming import checked_name
from forum.commands.accounts.tries import count_try
from forum.commands.notices import notify
from forum.commands.points import open_balance, recompute_total
from forum.commands.word_checks import check_name
from forum.core.errors import Taken
from forum.core.mail import LetterWriter
from forum.core.names import email_key, name_key
from forum.core.networks import network_of
from forum.core.uow import UnitOfWork
from forum.models import Member
from forum.policies.accounts import may_register
from forum.policies.actor import Actor
from forum.queries.site import Site, site_of
from forum.queries.words import word_filter_of

DAY = timedelta(days=1)


def register_member(
    uow: UnitOfWork,
    actor: Actor,
    *,
    name: str,
    email: str,
    password_hash: str,
    locale: str = "",
    letters: LetterWriter | None = None,
) -> int:
    """Open an account. Log in by `open_session` in the same unit of work.

    :param password_hash: hashed outside the transaction.
    :param locale: the language the page was read in; "" = the site's.
    :param letters: None while the forum does not know its own address: nothing can be confirmed then.
    :returns: the new member's id.
    :raises Forbidden: registration is closed.
    :raises Invalid: the name breaks a rule.
    :raises Taken: "name": taken, or like one that is.
    :raises TooSoon: "too_many_accounts" from this network today.
    """
    site = site_of(uow.session)
    accounts = site.settings.accounts
    may_register(actor, accounts).require()
    name = checked_name(accounts, name)
    check_name(word_filter_of(uow.session), name)
    _count(uow, accounts.registrations_per_address)

    member = Member(
        name=name,
        name_key=name_key(name),
        email=email,
        email_key=email_key(email),
        password_hash=password_hash,
        password_changed_at=uow.now,
        group_id=accounts.new_group_id,
        locale=locale,
        created_at=uow.now,
        created_address=uow.address,
        last_address=uow.address,
    )
    try:
        with uow.session.begin_nested():
            uow.session.add(member)
    except IntegrityError as error:
        raise Taken("name") from error

    _give_first_points(uow, site, member.id)
    notify(uow, "welcome", member_ids=[member.id], actor=None)
    if letters is not None and email:
        send_confirmation(uow, member, email=email, letters=letters)
    return member.id


def _count(uow: UnitOfWork, limit: int) -> None:
    key = f"register:network:{network_of(uow.address)}"
    tries = count_try(uow, key, limit=limit, window=DAY)
    tries.require("too_many_accounts")


def _give_first_points(uow: UnitOfWork, site: Site, member_id: int) -> None:
    for kind_id, amount in enumerate(site.settings.points.initial, start=1):
        if amount and kind_id in site.point_kinds:
            open_balance(
                uow,
                member_id=member_id,
                kind_id=kind_id,
                amount=amount,
                subject=f"member:{member_id}",
                note_rule="opening.registered",
            )
    recompute_total(uow, member_id)
