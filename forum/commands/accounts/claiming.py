"""Accounts an import made: giving them a name and an owner, confirming the group they claim."""

from forum.commands.accounts.letters import CLAIM, CLAIM_LASTS, make_link, post_letter
from forum.commands.accounts.naming import rename_member
from forum.commands.accounts.sessions import end_sessions_of
from forum.core.cache import CacheName
from forum.core.errors import Invalid, NotFound
from forum.core.mail import LetterWriter
from forum.core.names import email_key
from forum.core.uow import UnitOfWork
from forum.models import Member, MemberState
from forum.policies.accounts import may_confirm_group, may_hand_over
from forum.policies.actor import Actor
from forum.queries.site import site_of


def hand_over_account(
    uow: UnitOfWork,
    actor: Actor,
    *,
    member_id: int,
    new_name: str,
    password_hash: str = "",
    email: str = "",
    letters: LetterWriter | None = None,
) -> str:
    """Give an unclaimed account its owner's name and a way in: a one-time password, or a link by mail.

    With a password the account is open at once and asks for one of the owner's own at the first
    login. With an address it opens when the owner follows the link (seven days) and chooses one.

    :param password_hash: of a one-time password, hashed outside the transaction; else give `email`.
    :returns: the name as kept.
    :raises Forbidden: the actor is no founder, or the account is claimed.
    :raises Invalid: the name breaks a rule; "no_own_address": a link is asked for and cannot be made.
    :raises Taken: "name".
    """
    member = uow.session.get(Member, member_id, with_for_update=True)
    if member is None:
        raise NotFound("no_such_member")
    may_hand_over(actor, member).require()
    if bool(password_hash) == bool(email):
        raise ValueError("give a password or an address")
    if email and letters is None:
        raise Invalid("no_own_address", field="email")

    name = member.name
    if new_name != name:
        accounts = site_of(uow.session).settings.accounts
        name = rename_member(uow, accounts, member_id=member_id, new_name=new_name)
        uow.bump(CacheName.SITE)  # moderators' names stand in the snapshot

    if password_hash:
        member.password_hash = password_hash
        member.password_is_temporary = True
        member.password_changed_at = uow.now
        member.state = MemberState.ACTIVE
        end_sessions_of(uow, member_id)
        return name

    assert letters is not None
    member.email, member.email_key, member.email_confirmed_at = email, email_key(email), None
    token = make_link(uow, member, purpose=CLAIM, email=email, lasts=CLAIM_LASTS)
    post_letter(
        uow,
        letters("claim", recipient=email, locale=member.locale, name=name, token=token),
    )
    return name


def confirm_claimed_group(uow: UnitOfWork, actor: Actor, *, member_id: int) -> int:
    """Give a member the rights of the staff group that an imported page showed.

    :returns: the group's id.
    :raises Forbidden: the actor is no founder.
    :raises Invalid: "no_claimed_group".
    """
    may_confirm_group(actor).require()
    member = uow.session.get(Member, member_id, with_for_update=True)
    if member is None:
        raise NotFound("no_such_member")
    if member.claimed_group_id is None:
        raise Invalid("no_claimed_group")

    member.group_id = member.claimed_group_id
    member.claimed_group_id = None
    member.shown_group_title = ""
    member.shown_stars = None
    return member.group_id
