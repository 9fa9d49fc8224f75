"""Does a ban of a network hold everywhere, before the guest page cache too?"""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from flask import Flask

from forum.commands.moderation.network_bans import NetworkOptions, ban_network
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.config import Config
from forum.core.db import recorded_statements
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.models import NetworkBan
from forum.queries.networks import BannedNetworks
from tests.commands.moderation.acting import working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

BANNED, OTHER = "192.0.2.9", "198.51.100.1"


def ban(forum: Forum, network: str = "192.0.2.0/24", **columns: object) -> int:
    """What `ban_network` leaves behind."""
    with unit_of_work(forum.database) as uow:
        row = NetworkBan(network=network, created_at=uow.now, **columns)
        uow.session.add(row)
        uow.session.flush()  # row.id
        uow.bump(CacheName.NETWORKS)
        return row.id


def asked(app: Flask, path: str, address: str = BANNED, **headers: str) -> int:
    answer = app.test_client().get(path, environ_base={"REMOTE_ADDR": address}, headers=headers)
    return answer.status_code


@pytest.fixture
def paths(app: Flask, forum: Forum) -> list[str]:
    """Pages every guest shares, in the cache already."""
    thread_id = forum.thread(replies=2)
    found = ["/", f"/forum-{FIRST_BOARD_ID}-1.html", f"/thread-{thread_id}-1-1.html"]
    for path in found:
        assert [asked(app, path, one) for one in (OTHER, BANNED)] == [200, 200]
    return found


def test_a_ban_holds_at_once_and_only_as_long_as_it_is_there(
    app: Flask, forum: Forum, paths: list[str]
) -> None:
    ban_id = ban(forum)

    assert [asked(app, path) for path in paths] == [403, 403, 403]
    assert [asked(app, path, OTHER) for path in paths] == [200, 200, 200]
    etag = app.test_client().get(paths[0], environ_base={"REMOTE_ADDR": OTHER}).headers["ETag"]
    assert asked(app, paths[0], **{"If-None-Match": etag}) == 403

    with unit_of_work(forum.database) as uow:
        uow.session.delete(uow.session.get_one(NetworkBan, ban_id))
        uow.bump(CacheName.NETWORKS)
    assert [asked(app, path) for path in paths] == [200, 200, 200]


def test_the_command_s_ban_is_seen_by_another_process(
    config: Config, app: Flask, forum: Forum, paths: list[str]
) -> None:
    other = create_app(replace(config))
    assert asked(other, paths[0]) == 200

    with working(forum) as uow:
        uow.address = OTHER
        ban_network(uow, forum.actor(FOUNDER_ID), NetworkOptions("192.0.2.0/24"), reason="垃圾")

    assert [asked(one, path) for one in (app, other) for path in paths] == [403] * 6
    other.extensions["database"].dispose()


def test_a_ban_that_has_ended_keeps_nobody_out(app: Flask, forum: Forum, paths: list[str]) -> None:
    ban(forum, expires_at=utc_now() - timedelta(seconds=1))

    assert [asked(app, path) for path in paths] == [200, 200, 200]


def test_a_hit_takes_no_statement_more(app: Flask, forum: Forum, paths: list[str]) -> None:
    ban(forum)
    asked(app, paths[0], OTHER)
    hits = app.extensions["page_cache"].counts.hits

    with recorded_statements() as statements:
        assert [asked(app, path, OTHER) for path in paths] == [200, 200, 200]

    assert app.extensions["page_cache"].counts.hits == hits + 3
    assert statements == []


def test_the_light_mode_keeps_them_out_too(
    app: Flask, forum: Forum, paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ban(forum)
    monkeypatch.setattr(app.extensions["load_guard"].gauge, "enter", lambda: True)

    assert [asked(app, path, OTHER) for path in paths] == [200, 200, 200]
    assert {asked(app, path) for path in paths} <= {403, 503}


@pytest.mark.parametrize(
    ("network", "address", "held"),
    [
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.1", False),
        ("192.0.2.0/24", "::ffff:192.0.2.9", True),
        ("2001:db8::/32", "2001:db8:5::1", True),
        ("2001:db8::/32", "2001:db9::1", False),
        ("192.0.2.0/24", "", False),
        ("192.0.2.0/24", "no address", False),
    ],
)
def test_which_addresses_are_in_a_network(network: str, address: str, held: bool) -> None:
    bans = BannedNetworks(((ip_network(network), None),))

    assert bans.hold(address, utc_now()) is held
