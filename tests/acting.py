"""How a test becomes somebody: a session row and the cookie for it, without the login form."""

import secrets
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import LoginSession
from forum.policies.actor import Actor
from forum.queries.actors import actor_of_login, find_login, token_hash
from tests.factories import Forum


def log_in(client: FlaskClient, forum: Forum, member_id: int) -> str:
    """Make the client a member whose day has begun (no daily reward comes in between).

    :returns: the session's token.
    """
    token = secrets.token_urlsafe(32)
    now = utc_now()
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            LoginSession(
                token_hash=token_hash(token),
                member_id=member_id,
                created_at=now,
                last_seen_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return token


def actor_of_token(forum: Forum, s: Session, token: str) -> Actor | None:
    """Whom a page would see behind a session's token."""
    now = utc_now()
    found = find_login(s, token, now)
    return None if found is None else actor_of_login(forum.site(), found, now)


def csrf_token(client: FlaskClient, path: str = "/login") -> str:
    """A token for the client's forms, as a page would carry it."""
    text = client.get(path).text
    marker = 'name="csrf_token" value="'
    assert marker in text, f"no form on {path}"
    return text.partition(marker)[2].partition('"')[0]


def submit(client: FlaskClient, path: str, *, page: str | None = None, **fields):
    """POST a form with a token taken from `page` (the path itself when it is not given)."""
    return client.post(path, data={"csrf_token": csrf_token(client, page or path), **fields})
