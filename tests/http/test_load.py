"""Are members answered when not everybody can be, and guests from what there is?"""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from sqlalchemy import select, update

from forum.commands.moderation.own_posts import pin_reply
from forum.core.cache import CacheName
from forum.core.config import Config
from forum.core.db import Database
from forum.core.uow import unit_of_work
from forum.factory import create_app
from forum.http import gauge as gauges
from forum.http.budgets import Budgets
from forum.http.gauge import Gauge
from forum.http.load import LoadGuard
from forum.http.login import REMEMBER_COOKIE, SESSION_COOKIE, member_cookies
from forum.models import Board, Post, Thread
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

FAR = {"REMOTE_ADDR": "203.0.113.5"}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def guard(app: Flask) -> LoadGuard:
    found: LoadGuard = app.extensions["load_guard"]
    return found


@pytest.fixture
def light(guard: LoadGuard) -> LoadGuard:
    """Light mode, until the test ends."""
    guard.gauge.enter = lambda: True  # type: ignore[method-assign]
    return guard


def test_a_crowd_turns_light_mode_on_and_silence_turns_it_off() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    for _ in range(40):  # forty arrive at four threads within a window
        gauge.enter()
    assert not gauge.is_light
    clock.now += gauges.WINDOW_S
    assert gauge.enter()
    for _ in range(41):
        gauge.leave(0.001, is_page=True)

    clock.now += gauges.CALM_S / 2
    assert gauge.enter()
    gauge.leave(0, is_page=False)
    clock.now += gauges.CALM_S
    assert not gauge.enter()


def test_work_without_a_crowd_turns_light_mode_on() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    for _ in range(20):
        gauge.enter()
        gauge.leave(gauges.WINDOW_S / 20, is_page=True)
    clock.now += gauges.WINDOW_S

    assert gauge.enter()


def test_light_mode_does_not_end_because_it_works() -> None:
    """Those turned away cost nothing; what they would have cost is still asked for."""
    clock = Clock()
    gauge = Gauge(clock)
    gauge.is_light = True
    for _ in range(40):
        clock.now += gauges.WINDOW_S
        for _ in range(100):
            gauge.enter()
            gauge.turned_away()
            gauge.leave(0.0001, is_page=False)

    assert gauge.enter()


def test_few_requests_say_nothing() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    for _ in range(gauges.LEAST_ARRIVALS - 1):
        gauge.enter()
    clock.now += gauges.WINDOW_S

    assert not gauge.enter()


def test_in_light_mode_guests_get_a_page_that_has_changed_a_moment_ago(
    light: LoadGuard, client: FlaskClient, forum: Forum, database: Database
) -> None:
    path = f"/thread-{forum.thread(title='从前的标题')}-1-1.html"
    assert client.get(path, environ_base=FAR).status_code == 200

    with unit_of_work(database) as uow:
        uow.session.execute(update(Thread).values(title="后来的标题", version=Thread.version + 1))

    assert "从前的标题" in client.get(path, environ_base=FAR).text
    assert "后来的标题" in client.get(path).text  # this machine is nobody's crawler


def test_in_light_mode_a_changed_right_still_holds_at_once(
    light: LoadGuard, client: FlaskClient, forum: Forum, database: Database
) -> None:
    path = f"/thread-{forum.thread()}-1-1.html"
    assert client.get(path, environ_base=FAR).status_code == 200

    with unit_of_work(database) as uow:
        uow.session.execute(update(Board).where(Board.id == FIRST_BOARD_ID).values(is_hidden=True))
        uow.bump(CacheName.SITE)

    assert client.get(path, environ_base=FAR).status_code in (404, 503)


def test_in_light_mode_what_an_author_pins_takes_no_page_away(
    light: LoadGuard, client: FlaskClient, forum: Forum, database: Database
) -> None:
    author = forum.member("楼主")
    thread_id = forum.thread(author, replies=2)
    path = f"/thread-{thread_id}-1-1.html"
    assert client.get(path, environ_base=FAR).status_code == 200

    with unit_of_work(database) as uow:
        replies = select(Post.id).where(Post.thread_id == thread_id, Post.floor == 2)
        reply_id = uow.session.scalars(replies).one()
        pin_reply(uow, forum.actor(author), post_id=reply_id, pins=True)

    assert client.get(path, environ_base=FAR).status_code == 200


def test_in_light_mode_what_a_moderator_took_away_is_gone_at_once(
    light: LoadGuard, client: FlaskClient, forum: Forum, database: Database
) -> None:
    thread_id = forum.thread(title="不该再看见")
    path = f"/thread-{thread_id}-1-1.html"
    assert client.get(path, environ_base=FAR).status_code == 200

    Moderator(forum, FOUNDER_ID).does("thread.delete", thread_id)

    assert client.get(path, environ_base=FAR).status_code in (404, 503)


@pytest.mark.parametrize(
    "path", ["/search?q=会议", "/forum-2-11.html", "/thread-1-999-1.html", "/search"]
)
def test_in_light_mode_searches_and_deep_pages_are_for_members(
    light: LoadGuard, app: Flask, forum: Forum, path: str
) -> None:
    member = app.test_client()
    log_in(member, forum, forum.member())

    refused = app.test_client().get(path, environ_base=FAR)

    assert refused.status_code == 503
    assert (refused.headers["Retry-After"], refused.headers["Cache-Control"]) == ("10", "no-store")
    assert "论坛正忙" in refused.text
    assert member.get(path, environ_base=FAR).status_code != 503


def test_in_light_mode_one_page_is_built_and_then_there_is_a_rest(
    light: LoadGuard, client: FlaskClient, forum: Forum
) -> None:
    paths = [f"/thread-{forum.thread()}-1-1.html" for _ in range(2)]

    statuses = [client.get(path, environ_base=FAR).status_code for path in (*paths, paths[0])]

    assert statuses == [200, 503, 200]


def test_the_doors_stay_open_in_light_mode(light: LoadGuard, client: FlaskClient) -> None:
    for path in ("/login", "/robots.txt", "/login"):
        assert client.get(path, environ_base=FAR).status_code == 200


def test_a_cookie_made_up_makes_nobody_a_member(light: LoadGuard, app: Flask, forum: Forum) -> None:
    for name in ("louceng_session", "louceng_remember"):
        client = app.test_client()
        client.set_cookie(name, "eyJfdXNlcl9pZCI6IngifQ.aaaaaa.bbbbbbbbbbb")

        assert client.get("/search", environ_base=FAR).status_code == 503


def test_a_network_has_a_budget_of_pages(app: Flask, guard: LoadGuard, forum: Forum) -> None:
    guard._budgets = Budgets(None, RateLimitItemPerMinute(3))
    threads = [forum.thread() for _ in range(5)]
    client, member = app.test_client(), app.test_client()
    log_in(member, forum, forum.member())

    def status(thread_id: int, address: str, who: FlaskClient = client) -> int:
        path = f"/thread-{thread_id}-1-1.html"
        return who.get(path, environ_base={"REMOTE_ADDR": address}).status_code

    assert [status(one, f"203.0.113.{one}") for one in threads] == [200, 200, 200, 429, 429]
    assert status(threads[0], "203.0.113.77") == 200  # from the cache
    assert status(threads[3], "203.0.114.1") == 200
    assert status(threads[4], "203.0.113.5", member) == 200
    refused = client.get(f"/thread-{threads[4]}-1-1.html", environ_base=FAR)
    assert (refused.headers["Retry-After"], "访问过于频繁" in refused.text) == ("30", True)


def test_ipv6_networks_are_households(guard: LoadGuard) -> None:
    budgets = Budgets(None, RateLimitItemPerMinute(1))

    taken = [budgets.takes(one) for one in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")]

    assert taken == [True, False, True]


def test_the_guard_works_without_the_page_cache(config: Config, forum: Forum) -> None:
    app = create_app(replace(config, page_cache=False))

    assert app.test_client().get("/", environ_base=FAR).status_code == 200
    app.extensions["database"].dispose()


def test_cookies_that_anybody_may_send_are_not_remembered(app):
    is_members = member_cookies(app)

    assert not is_members("x=" + "y" * 100)
    assert not is_members(f"{SESSION_COOKIE}=" + "y" * 100_000)

    for number in range(20):
        assert not is_members(f"{SESSION_COOKIE}=made.up{number}; {REMEMBER_COOKIE}=9|{number}")
    known = [cell.cell_contents for cell in is_members.__closure__]
    assert [one.cache_info().currsize for one in known] == [0, 0]
