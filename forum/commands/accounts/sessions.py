"""Logging in and out. `open_session` is the only function that makes a session."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update

from forum.commands.accounts.tries import (
    Tries,
    count_try,
    forget_tries,
    hashed,
    take_back_try,
)
from forum.commands.points import pay_rule
from forum.core.errors import Invalid
from forum.core.names import email_key, name_key
from forum.core.networks import network_of
from forum.core.uow import UnitOfWork
from forum.models import LoginSession, Member, MemberState
from forum.policies.accounts import may_log_in
from forum.policies.actor import Actor
from forum.queries.actors import token_hash
from forum.queries.site import site_of

# A session whose cookie goes with the browser ends here by itself after this.
UNREMEMBERED = timedelta(days=2)
AGENT_LENGTH = 200
# From one network more may be wrong than for one account: a school has one address.
NETWORK_FACTOR = 4


@dataclass(frozen=True)
class LoginTry:
    """The counts one attempt to log in was added to."""

    account: Tries
    network: Tries
    account_key: str
    network_key: str

    def require(self) -> None:
        """:raises TooSoon: "too_many_logins"."""
        self.network.require("too_many_logins")
        self.account.require("too_many_logins")


def new_token(uow: UnitOfWork) -> str:
    """An opaque random token of 256 bits."""
    return urlsafe_b64encode(uow.random.randbytes(32)).rstrip(b"=").decode()


def account_key(typed: str, member_id: int | None) -> str:
    """Under which key wrong passwords are counted.

    Names and numbers of a member share a count, because both are public. An e-mail address counts
    by itself: sharing would tell whose address it is.
    """
    if "@" in typed:
        return f"login:email:{hashed(email_key(typed))}"
    if member_id is not None:
        return f"login:member:{member_id}"
    return f"login:name:{hashed(name_key(typed))}"


def count_login_try(uow: UnitOfWork, *, typed: str, member_id: int | None) -> LoginTry:
    """Count an attempt before the password is looked at. A unit of work of its own.

    :param member_id: whom the typed name or number stands for, None when nobody.
    """
    accounts = site_of(uow.session).settings.accounts
    key, network_key = account_key(typed, member_id), f"login:network:{network_of(uow.address)}"
    account = count_try(uow, key, limit=accounts.login_tries, window=accounts.login_window)
    network = count_try(
        uow,
        network_key,
        limit=accounts.login_tries * NETWORK_FACTOR,
        window=accounts.login_window,
    )
    return LoginTry(account, network, key, network_key)


def forget_login_try(uow: UnitOfWork, attempt: LoginTry) -> None:
    """It was the right person: the account starts over, the network has one try less."""
    forget_tries(uow, attempt.account_key)
    take_back_try(uow, attempt.network_key)


def log_in(
    uow: UnitOfWork,
    actor: Actor,
    *,
    member_id: int,
    verified_hash: str,
    attempt: LoginTry,
    is_remembered: bool,
    agent: str = "",
) -> str:
    """Open a session for somebody whose password was right.

    :param verified_hash: the stored hash the password was checked against, outside the transaction.
    :returns: the token for the cookie.
    :raises Invalid: "login_wrong": the password was changed meanwhile.
    :raises Forbidden: nobody has claimed the account.
    """
    member = uow.session.get(Member, member_id, with_for_update=True)
    if member is None or not member.password_hash or member.password_hash != verified_hash:
        raise Invalid("login_wrong")
    may_log_in(member).require()

    forget_login_try(uow, attempt)
    if actor.session_id is not None:
        end_session(uow, actor, session_id=actor.session_id)

    return open_session(uow, member_id=member_id, is_remembered=is_remembered, agent=agent)


def open_session(uow: UnitOfWork, *, member_id: int, is_remembered: bool, agent: str = "") -> str:
    """Make a session with a token never seen before, and count the member's day as begun.

    No day begins for the banned and the locked, who only come to read why.

    :returns: the token. Only its hash is kept here.
    """
    token = new_token(uow)
    days = timedelta(days=site_of(uow.session).settings.accounts.session_days)
    uow.session.add(
        LoginSession(
            token_hash=token_hash(token),
            member_id=member_id,
            is_remembered=is_remembered,
            address=uow.address,
            agent=agent[:AGENT_LENGTH],
            created_at=uow.now,
            last_seen_at=uow.now,
            expires_at=uow.now + (days if is_remembered else UNREMEMBERED),
        )
    )

    member = uow.session.get_one(Member, member_id)
    may_visit = site_of(uow.session).groups[member.group_id].may_visit
    if may_visit and member.state is not MemberState.LOCKED:
        _pay_day(uow, member_id)
    return token


def begin_day(uow: UnitOfWork, actor: Actor) -> None:
    """The first page of a day with a session from before: the daily reward, and a note on the session."""
    if actor.member_id is None or actor.session_id is None:
        return
    uow.session.execute(
        update(LoginSession).where(LoginSession.id == actor.session_id).values(last_seen_at=uow.now)
    )

    _pay_day(uow, actor.member_id)


def _pay_day(uow: UnitOfWork, member_id: int) -> None:
    day = uow.now.astimezone(site_of(uow.session).zone).date()
    pay_rule(
        uow,
        "day.visited",
        member_id=member_id,
        subject=f"member:{member_id}",
        once_key=f"day.visited:{member_id}:{day}",
    )


def end_session(uow: UnitOfWork, actor: Actor, *, session_id: int) -> bool:
    """End one of the actor's own sessions; False when it is not there (any more)."""
    ended = uow.change(
        delete(LoginSession).where(
            LoginSession.id == session_id, LoginSession.member_id == actor.member_id
        )
    )
    return bool(ended)


def end_sessions_of(uow: UnitOfWork, member_id: int, *, but: int | None = None) -> int:
    """End all sessions of a member, `but` one. For bans and changed passwords."""
    ended = uow.change(
        delete(LoginSession).where(
            LoginSession.member_id == member_id,
            *([LoginSession.id != but] if but is not None else []),
        )
    )
    return ended
