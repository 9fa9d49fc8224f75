"""Members who are logged in already: sessions in the table, cookies and tokens signed with the key."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import delete, insert, select

from forum.core.config import load_config
from forum.core.db import Database
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.http.login import SESSION_COOKIE
from forum.models import LoginSession, Member
from forum.queries.actors import token_hash


@dataclass(frozen=True)
class Visitor:
    """A logged-in member: the Cookie header's value and a CSRF token that goes with it."""

    member_id: int
    cookie: str
    csrf_token: str


def logged_in(environment: dict[str, str], count: int) -> list[Visitor]:
    """Log in `count` members of the forum the environment configures (not the founder)."""
    config = load_config(environment)
    app = create_app(config)
    database: Database = app.extensions["database"]
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    tokens = URLSafeTimedSerializer(config.secret_key, salt="wtf-csrf-token")
    visitors, rows = [], []
    with unit_of_work(database) as uow:
        member_ids = uow.session.scalars(
            select(Member.id).where(~Member.is_founder).order_by(Member.id).limit(count)
        ).all()
        for member_id in member_ids:
            token, raw = secrets.token_urlsafe(32), secrets.token_hex(20)
            rows.append(
                {
                    "token_hash": token_hash(token), "member_id": member_id, "created_at": uow.now,
                    "last_seen_at": uow.now, "expires_at": uow.now + timedelta(days=2),
                }
            )  # fmt: skip
            cookie = signer.dumps({"_user_id": token, "_fresh": True, "csrf_token": raw})
            visitors.append(Visitor(member_id, f"{SESSION_COOKIE}={cookie}", tokens.dumps(raw)))
        uow.session.execute(delete(LoginSession))
        uow.session.execute(insert(LoginSession), rows)
    database.dispose()
    return visitors


def environment_for(folder: Path, database_url: str | None, **more: str) -> dict[str, str]:
    """The variables of a forum whose data folder is `folder`."""
    found = {"FORUM_DATA_DIR": str(folder), "FORUM_BASE_URL": "http://127.0.0.1", **more}
    if database_url:
        found["FORUM_DATABASE_URL"] = database_url
    return found
