"""Does a request survive bad luck in the database, and nothing else?"""

import sqlite3
import threading

import pytest
from flask import Flask
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from forum.http import retries
from forum.http.context import writing
from tests.factories import Forum


def locked() -> OperationalError:
    cause = sqlite3.OperationalError("database is locked")
    cause.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return OperationalError("", {}, cause)


@pytest.fixture
def failing(app: Flask) -> list[DBAPIError]:
    """Errors that /bad-luck raises one after another, in the middle of a unit of work."""
    left: list[DBAPIError] = []
    app.config["WTF_CSRF_ENABLED"] = False

    @app.route("/bad-luck", methods=["GET", "POST"])
    def bad_luck() -> str:
        with writing() as uow:
            uow.session.execute(text("UPDATE threads SET view_count = view_count + 1"))
            if left:
                raise left.pop()
        return "done"

    return left


def views(forum: Forum) -> int:
    with forum.read() as s:
        return s.scalar(text("SELECT view_count FROM threads"))


@pytest.mark.parametrize(
    "cause", [locked(), OperationalError("", {}, errors.DeadlockDetected()),
              OperationalError("", {}, errors.SerializationFailure())],
)  # fmt: skip
def test_bad_luck_is_tried_again_and_nothing_happens_twice(
    app: Flask, forum: Forum, failing: list[DBAPIError], cause: DBAPIError
) -> None:
    forum.thread()
    failing += [cause, cause]

    answer = app.test_client().post("/bad-luck")

    assert (answer.status_code, answer.text) == (200, "done")
    assert views(forum) == 1


def test_after_three_tries_it_is_an_error(
    app: Flask, forum: Forum, failing: list[DBAPIError]
) -> None:
    forum.thread()
    failing += [locked()] * 3

    with pytest.raises(OperationalError):
        app.test_client().post("/bad-luck")

    assert (failing, views(forum)) == ([], 0)


def test_other_errors_and_pages_are_not_tried_again(
    app: Flask, forum: Forum, failing: list[DBAPIError]
) -> None:
    failing += [locked(), OperationalError("", {}, errors.AdminShutdown())]

    with pytest.raises(OperationalError):
        app.test_client().post("/bad-luck")
    with pytest.raises(OperationalError):
        app.test_client().get("/bad-luck")

    assert failing == []


def test_two_that_lock_each_other_both_come_through(app: Flask, forum: Forum) -> None:
    """A real deadlock on PostgreSQL; on SQLite writers queue by themselves."""
    first, second = forum.thread(), forum.thread()
    app.config["WTF_CSRF_ENABLED"] = False
    both_hold_one = threading.Barrier(2)

    @app.post("/cross-<int:one>-<int:other>")
    def cross(one: int, other: int) -> str:
        step = text("UPDATE threads SET view_count = view_count + 1 WHERE id = :id")
        with writing() as uow:
            uow.session.execute(step, {"id": one})
            if not forum.database.is_sqlite and not both_hold_one.broken:
                try:
                    both_hold_one.wait(2)
                except threading.BrokenBarrierError:
                    pass  # the second try has nobody to wait for
                else:
                    both_hold_one.abort()
            uow.session.execute(step, {"id": other})
        return "done"

    statuses = []

    def ask(one: int, other: int) -> None:
        statuses.append(app.test_client().post(f"/cross-{one}-{other}").status_code)

    asking = [
        threading.Thread(target=ask, args=pair) for pair in ((first, second), (second, first))
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()

    with forum.read() as s:
        counts = set(s.scalars(text("SELECT view_count FROM threads")))
    assert (statuses, counts) == ([200, 200], {2})
    assert retries.MOST_TRIES == 3
