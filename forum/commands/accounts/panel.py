"""The staff panels ask for the password again; here they open for a while, and shut."""

from sqlalchemy import update

from forum.core.uow import UnitOfWork
from forum.models import LoginSession
from forum.queries.site import site_of


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
