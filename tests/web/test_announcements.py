"""An announcement's page."""

from datetime import timedelta

from flask.testing import FlaskClient

from forum.core.cache import CacheName
from forum.core.uow import unit_of_work
from forum.models import Announcement
from tests.factories import Forum


def test_an_announcement_shows_while_it_stands(forum: Forum, client: FlaskClient):
    with unit_of_work(forum.database) as uow:
        now = uow.now
        uow.session.add_all(
            [
                Announcement(
                    id=1, title="维护", html="<p>两小时</p>", starts_at=now - timedelta(1)
                ),
                Announcement(id=2, title="CANARY", html="CANARY", starts_at=now + timedelta(1)),
                Announcement(
                    id=3, title="外面", link="https://example.org/", starts_at=now - timedelta(2)
                ),
            ]
        )
        uow.bump(CacheName.SITE)

    text = client.get("/announcements/1").text

    assert "<p>两小时</p>" in text
    assert "https://example.org/" in text
    assert "CANARY" not in text
    assert client.get("/announcements/2").status_code == 404
    assert client.get("/announcements/9").status_code == 404
