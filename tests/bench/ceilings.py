"""What could Flask do at all here? Two bare applications under the very same server.

`bare` answers with a ready page. `select` asks one indexed SELECT of ten rows by plain SQLAlchemy Core
and draws them with an autoescaping Jinja template. Both know a page of each of the given sizes.
Run as WSGI modules with BENCH_PAGE_BYTES (and BENCH_DATABASE_URL for `select`).
"""

import os
from typing import Any

import flask
import jinja2
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

SIZES = [int(size) for size in os.environ.get("BENCH_PAGE_BYTES", "27000").split()]
THREADS = 1000  # all with pages of the first size; behind them one of each other size
FILLER = "产业工人队伍建设改革是一项跨层级的系统工程。"

rows_table = sa.Table(
    "ceiling_rows",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("thread_id", sa.Integer, index=True),
    sa.Column("name", sa.Text),
    sa.Column("body", sa.Text),
)

TEMPLATE = """<!doctype html><html lang="zh-CN"><head><title>{{ title }}</title></head><body>
{% for row in rows %}<article id="pid{{ row.id }}"><h2>{{ row.name }}</h2><p>{{ row.body }}</p></article>
{% endfor %}</body></html>"""


def path_of(number: int) -> str:
    """Where the page of a size is, by the size's place in the list."""
    return f"/{number or ''}"


def bare(sizes: list[int] = SIZES) -> flask.Flask:
    """Ready pages of these many bytes."""
    app = flask.Flask("bare")

    def add(number: int, size: int) -> None:
        page = ("<!doctype html>" + FILLER * (size // len(FILLER.encode()) + 1)).encode()[:size]

        def show() -> Any:
            return flask.Response(page, content_type="text/html; charset=utf-8")

        app.add_url_rule(path_of(number), f"page{number}", show)

    for number, size in enumerate(sizes):
        add(number, size)
    return app


def one_select(url: str, sizes: list[int] = SIZES) -> flask.Flask:
    """One SELECT of ten rows and a template, to pages of about these many bytes."""
    app = flask.Flask("select")
    arguments: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"}
    if url.startswith("sqlite"):
        arguments = {"poolclass": QueuePool, "connect_args": {"check_same_thread": False}}
    engine = sa.create_engine(url, pool_size=8, **arguments)
    template = jinja2.Environment(autoescape=True).from_string(TEMPLATE)
    query = (
        sa.select(rows_table)
        .where(rows_table.c.thread_id == sa.bindparam("thread"))
        .order_by(rows_table.c.id)
        .limit(10)
    )

    def add(number: int) -> None:
        thread = THREADS - 1 + number

        def show() -> Any:
            with engine.connect() as connection:
                rows = connection.execute(query, {"thread": thread}).all()
            return flask.Response(
                template.render(title="x", rows=rows), content_type="text/html; charset=utf-8"
            )

        app.add_url_rule(path_of(number), f"page{number}", show)

    for number, _ in enumerate(sizes):
        add(number)
    return app


def fill(url: str, sizes: list[int]) -> None:
    """Make the table of `one_select`: a thousand threads of ten rows, and one more for each more size."""
    engine = sa.create_engine(url)
    whole = len(FILLER.encode())
    bodies = [FILLER * max(1, round((size / 10 - 60) / whole)) for size in sizes]
    threads = [0] * (THREADS - 1) + list(range(len(sizes)))
    with engine.begin() as connection:
        rows_table.drop(connection, checkfirst=True)
        rows_table.create(connection)
        connection.execute(
            rows_table.insert(),
            [
                {"thread_id": thread, "name": f"成员{thread}-{row}", "body": bodies[size]}
                for thread, size in enumerate(threads)
                for row in range(10)
            ],
        )
    engine.dispose()


if os.environ.get("BENCH_CEILING") == "bare":
    app = bare()
elif os.environ.get("BENCH_CEILING") == "select":
    app = one_select(os.environ["BENCH_DATABASE_URL"])
