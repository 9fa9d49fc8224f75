"""A client that is the founder with the panel open, and what the tests of the panel share."""

import html
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import AdminLogEntry, LoginSession, Member
from forum.queries.actors import token_hash
from tests.acting import log_in
from tests.factories import FOUNDER_ID, FOUNDER_PASSWORD, Forum


def enter(client: FlaskClient, forum: Forum, member_id: int) -> None:
    """Log in with the staff panels open."""
    token = log_in(client, forum, member_id)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(LoginSession)
            .where(LoginSession.token_hash == token_hash(token))
            .values(panel_until=utc_now() + timedelta(minutes=30))
        )


class Panel:
    """A browser in the control panel."""

    def __init__(self, client: FlaskClient, forum: Forum) -> None:
        self.client, self.forum = client, forum

    def get(self, path: str, **more):
        return self.client.get(f"/admin/{path}", **more)

    def token(self, path: str = "links/new") -> str:
        page = self.get(path)
        assert page.status_code == 200, (path, page.status_code)
        return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[1]

    def fields(self, path: str) -> dict[str, str]:
        """The fields of the page's last form, as a browser would send them untouched."""
        return form_fields(self.get(path).text)

    def post(self, path: str, fields: dict | None = None, **more):
        data = {"csrf_token": self.token(), **(fields or {}), **more}
        return self.client.post(f"/admin/{path}", data=data)

    def confirm(self, path: str, password: str = FOUNDER_PASSWORD):
        return self.post(path, password=password)

    def log(self) -> list[AdminLogEntry]:
        with self.forum.read() as s:
            return list(s.scalars(select(AdminLogEntry).order_by(AdminLogEntry.id)))


def form_fields(page: str) -> dict[str, str]:
    """The fields of all forms of the page's main part but the password."""
    main = page.partition("<main")[2]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", main):
        name = re.search(r'name="([^"]+)"', tag)
        kind = (re.search(r'type="(\w[\w-]*)"', tag) or ["", "text"])[1]
        if not name or kind == "password":
            continue
        if kind in ("checkbox", "radio") and "checked" not in tag:
            continue
        value = re.search(r'value="([^"]*)"', tag)
        fields[name[1]] = html.unescape(value[1]) if value else ("y" if kind == "checkbox" else "")
    for name, inner in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', main, re.S
    ):
        fields[name] = html.unescape(inner)
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', main, re.S):
        chosen = re.search(r"<option[^>]*selected[^>]*>", inner) or re.search(
            r"<option[^>]*>", inner
        )
        fields[name] = html.unescape(re.search(r'value="([^"]*)"', chosen[0])[1]) if chosen else ""
    fields.pop("csrf_token", None)
    return fields


@pytest.fixture
def founded(forum: Forum) -> Forum:
    """The forum when the founder has chosen a password of the own."""
    with unit_of_work(forum.database) as uow:
        uow.session.execute(update(Member).values(password_is_temporary=False))
    return forum


@pytest.fixture
def panel(client: FlaskClient, founded: Forum) -> Panel:
    forum = founded
    enter(client, forum, FOUNDER_ID)
    return Panel(client, forum)


@pytest.fixture
def administrator(forum: Forum) -> int:
    """A member of the administrators' group who is no founder."""
    return forum.member("管理小张", group_id=1)
