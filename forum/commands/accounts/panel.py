"""The staff panels ask for the password again: counting the tries, opening the panel for a while."""

from sqlalchemy import update

from forum.commands.accounts.tries import Tries, count_try, forget_tries
from forum.core.uow import UnitOfWork
from forum.models import LoginSession
from forum.policies.actor import Actor
from forum.queries.site import site_of


def _key(actor: Actor) -> str:
    return f"panel:{actor.member_id}"


def count_panel_try(uow: UnitOfWork, actor: Actor) -> Tries:
    """Count an attempt before the password is looked at. A unit of work of its own."""
    accounts = site_of(uow.session).settings.accounts
    return count_try(uow, _key(actor), limit=accounts.login_tries, window=accounts.login_window)


def accept_panel_password(uow: UnitOfWork, actor: Actor) -> None:
    """The password was right: forget the tries, open the panels for this session."""
    forget_tries(uow, _key(actor))
    if actor.session_id is not None:
        open_panel(uow, actor.session_id)


def open_panel(uow: UnitOfWork, session_id: int) -> None:
    """Let a session use the staff panels from now on, as long as the settings say. One statement."""
    lasts = site_of(uow.session).settings.moderation.panel_session
    uow.session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id)
        .values(panel_until=uow.now + lasts)
        .execution_options(synchronize_session=False)
    )


def close_panel(uow: UnitOfWork, session_id: int) -> None:
    """Ask this session for the password again at the next page. One statement."""
    uow.session.execute(
        update(LoginSession)
        .where(LoginSession.id == session_id)
        .values(panel_until=None)
        .execution_options(synchronize_session=False)
    )
