"""What could Flask do at all here? Two bare applications under the very same server.

`bare` answers with a ready page of the given size. `select` asks one indexed SELECT of ten rows by
plain SQLAlchemy Core and draws them with an autoescaping Jinja template to a page of that size.
Run as WSGI modules with BENCH_PAGE_BYTES (and BENCH_DATABASE_URL for `select`).
"""

import os
from typing import Any

import flask
import jinja2
import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

SIZE = int(os.environ.get("BENCH_PAGE_BYTES", "27000"))
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


def bare(size: int = SIZE) -> flask.Flask:
    """A ready page of `size` bytes."""
    app = flask.Flask("bare")
    page = ("<!doctype html>" + FILLER * (size // len(FILLER.encode()) + 1)).encode()[:size]

    @app.get("/")
    def show() -> Any:
        return flask.Response(page, content_type="text/html; charset=utf-8")

    return app


def one_select(url: str, size: int = SIZE) -> flask.Flask:
    """One SELECT of ten rows and a template, to a page of about `size` bytes."""
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

    @app.get("/")
    def show() -> Any:
        with engine.connect() as connection:
            rows = connection.execute(query, {"thread": 7}).all()
        return flask.Response(
            template.render(title="x", rows=rows), content_type="text/html; charset=utf-8"
        )

    return app


def fill(url: str, size: int = SIZE) -> None:
    """Make the table of `one_select`: a thousand threads of ten rows."""
    engine = sa.create_engine(url)
    body = FILLER * (size // 10 // len(FILLER.encode()))
    with engine.begin() as connection:
        rows_table.drop(connection, checkfirst=True)
        rows_table.create(connection)
        connection.execute(
            rows_table.insert(),
            [
                {"thread_id": number // 10, "name": f"成员{number}", "body": body}
                for number in range(10000)
            ],
        )
    engine.dispose()


if os.environ.get("BENCH_CEILING") == "bare":
    app = bare()
elif os.environ.get("BENCH_CEILING") == "select":
    app = one_select(os.environ["BENCH_DATABASE_URL"])
