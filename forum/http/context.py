"""What does this request stand on? Its session for reading, its actor, its unit of work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from flask import Flask, Request, current_app, g, request
from sqlalchemy.orm import Session

from forum.core.clock import utc_now
from forum.core.config import Config
from forum.core.db import Database, statement_count
from forum.core.uow import UnitOfWork, unit_of_work
from forum.http import login, replica
from forum.policies.actor import Actor
from forum.queries.actors import Login, actor_of_login, find_login, guest_actor
from forum.queries.site import Site, site_of

# Each look through one of Flask's proxies costs half a microsecond, and a page took 127.
_globals = g._get_current_object
_application = current_app._get_current_object  # type: ignore[attr-defined]
_request = request._get_current_object  # type: ignore[attr-defined]


def kept() -> dict[str, Any]:
    """What this request remembers, by name: `g` without its proxy."""
    remembered: dict[str, Any] = vars(_globals())
    return remembered


def application() -> Flask:
    """The application, without its proxy."""
    return cast(Flask, _application())


def asked() -> Request:
    """The request, without its proxy."""
    return cast(Request, _request())


def database() -> Database:
    """The application's database."""
    return cast(Database, _application().extensions["database"])


def config() -> Config:
    """The application's configuration."""
    return cast(Config, _application().extensions["config"])


def reader() -> Session:
    """This request's session for reading; opened at first use, closed with the request.

    With a replica it may be on that one: see http/replica.py.
    """
    held = kept()
    if "reader" not in held:
        held["reader"] = replica.open_session(database(), primary()) or primary()
    return cast(Session, held["reader"])


def primary() -> Session:
    """The session that rights and logins are read with: these hold at once, whatever a replica says."""
    held = kept()
    if "primary" not in held:
        held["primary"] = session = database().read_session()
        if database().is_sqlite or _login() is None:
            database().cache.refresh(session)
    return cast(Session, held["primary"])


def now() -> datetime:
    """The moment of this request."""
    held = kept()
    if "now" not in held:
        held["now"] = _application().extensions["clock"]()
    return cast(datetime, held["now"])


def site() -> Site:
    """The snapshot this request works with."""
    held = kept()
    if "site" not in held:
        held["site"] = site_of(primary())
    return cast(Site, held["site"])


def actor() -> Actor:
    """Who is asking. A guest costs no statement and touches no session."""
    held = kept()
    if "actor" not in held:
        held["actor"] = _find_actor()
    return cast(Actor, held["actor"])


def root_address() -> str:
    """Where this site is, for addresses that leave it: as configured, else as it was asked for."""
    return config().base_url or request.host_url.rstrip("/")


def _find_actor() -> Actor:
    found = _login()
    if found is not None:
        return actor_of_login(site(), found, now())
    if login.current_token() is not None:
        login.forget()
    return guest_actor(site(), now())


def _login() -> Login | None:
    """The row behind the visitor's cookie; on PostgreSQL the first thing a session reads."""
    held = kept()
    if "login" not in held:
        token = login.current_token()
        held["login"] = None if token is None else find_login(primary(), token, now())
    return cast(Login | None, held["login"])


def address() -> str:
    """The visitor's network address; proxies are trusted only as configured."""
    return _request().remote_addr or ""


@contextmanager
def writing() -> Iterator[UnitOfWork]:
    """This request's unit of work. What was read before may be stale: commands look again."""
    with unit_of_work(database(), now=now(), address=address()) as uow:
        yield uow
    replica.note_written()
    close_reader()


def close_reader() -> None:
    """End the reading snapshot, so that what follows sees what was just written."""
    held = kept()
    for name in ("site", "actor", "login"):
        held.pop(name, None)
    for name in ("reader", "primary"):
        session = held.pop(name, None)
        if session is not None:
            session.close()  # the same one twice when there is no replica: that does nothing


def timing() -> tuple[float, int]:
    """Seconds and statements this request has taken so far."""
    held = kept()
    return time.perf_counter() - held["began_at"], statement_count() - held["began_statements"]


def init_app(app: Flask) -> None:
    """Start each request's clock; end its session.

    `app.extensions["clock"]` says what time it is: a test that stands at midnight sets its own.
    """
    app.extensions.setdefault("clock", utc_now)

    @app.before_request
    def begin() -> None:
        held = kept()
        held["began_at"] = time.perf_counter()
        held["began_statements"] = statement_count()

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        close_reader()
