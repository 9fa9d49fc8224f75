"""Members who are logged in already: sessions in the table, cookies and tokens signed with the key."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import delete, insert, select, update

from forum.core.cache import CacheName
from forum.core.config import load_config
from forum.core.db import Database, recorded_statements
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.http.login import SESSION_COOKIE
from forum.models import (
    Board,
    BoardKind,
    BoardPermission,
    BoardRight,
    Group,
    GroupKind,
    GroupPermission,
    LoginSession,
    Member,
    OnlineVisit,
)
from forum.queries.actors import token_hash
from tests.bench.wrk import Request

PASSWORD = "correct horse battery staple"
NARROW_GROUP = 900


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
        uow.session.execute(delete(OnlineVisit))  # who came in the run before is not online now
        uow.session.execute(insert(LoginSession), rows)
    database.dispose()
    return visitors


def statements_of(environment: dict[str, str], requests: list[Request]) -> int:
    """The fewest statements of several requests, for answers that do not say it themselves.

    Asked of an application in this process; the first one reads the site's snapshot too.
    """
    app = create_app(load_config(environment))
    client = app.test_client(use_cookies=False)
    counts = []
    for one in requests:
        headers = {"Cookie": one.cookie, "Sec-Fetch-Site": "same-origin"}
        with recorded_statements() as recorded:
            answer = client.open(
                one.path, method=one.method, data=one.body or None, headers=headers,
                content_type="application/x-www-form-urlencoded" if one.body else None,
                base_url=environment["FORUM_BASE_URL"],
            )  # fmt: skip
        assert answer.status_code < 400, (one.path, answer.status_code)
        counts.append(len(recorded))
    database: Database = app.extensions["database"]
    database.dispose()
    return min(counts)


def with_passwords(environment: dict[str, str], count: int) -> list[str]:
    """Names of members who can log in with `PASSWORD`; it is hashed once, as strong as any."""
    database = Database(load_config(environment).database_url)
    with unit_of_work(database) as uow:
        rows = uow.session.execute(
            select(Member.id, Member.name)
            .where(~Member.is_founder)
            .order_by(Member.id)
            .limit(count)
        ).all()
        uow.session.execute(
            update(Member)
            .where(Member.id.in_([row.id for row in rows]))
            .values(password_hash=hash_password(PASSWORD))
        )
    database.dispose()
    return [row.name for row in rows]


def narrow(environment: dict[str, str], board_id: int, member_ids: list[int]) -> None:
    """Let these members read one board alone: a group of theirs, and lists for all other boards."""
    database = Database(load_config(environment).database_url)
    with unit_of_work(database) as uow:
        s = uow.session
        if s.get(Group, NARROW_GROUP) is None:
            s.add(Group(id=NARROW_GROUP, kind=GroupKind.SPECIAL, title="窄", read_access=10))
            s.flush()  # the permissions point to it
            of_members = select(GroupPermission.key, GroupPermission.value).where(
                GroupPermission.group_id == 10
            )
            for key, value in s.execute(of_members).all():
                s.add(GroupPermission(group_id=NARROW_GROUP, key=key, value=value))
            others = s.scalars(select(Group.id).where(Group.id != NARROW_GROUP)).all()
            boards = s.scalars(
                select(Board.id).where(Board.kind == BoardKind.BOARD, Board.id != board_id)
            ).all()
            s.execute(
                insert(BoardPermission),
                [
                    {"board_id": board, "right": BoardRight.VIEW, "group_id": group}
                    for board in boards
                    for group in others
                ],
            )
            uow.bump(CacheName.SITE)
        s.execute(update(Member).where(Member.id.in_(member_ids)).values(group_id=NARROW_GROUP))
    database.dispose()


def environment_for(folder: Path, database_url: str | None, **more: str) -> dict[str, str]:
    """The variables of a forum whose data folder is `folder`."""
    found = {"FORUM_DATA_DIR": str(folder), "FORUM_BASE_URL": "http://127.0.0.1", **more}
    if database_url:
        found["FORUM_DATABASE_URL"] = database_url
    return found
