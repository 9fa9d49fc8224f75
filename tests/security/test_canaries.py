"""Is every text of every table escaped on every page? (security.md, row 4)

Each text column of the schema is filled with markup that names the column; then everybody reads everything.
"""

import html
import re

import pytest
from flask import Flask
from sqlalchemy import Enum, String, func, update
from sqlalchemy.sql.schema import Column

from forum.core.cache import CacheName
from forum.core.db import Base
from forum.core.uow import unit_of_work
from forum.models import Setting
from tests.factories import FOUNDER_ID, Forum
from tests.walking import World, build, rules, visitor

# Names of things the program chose, not texts that people wrote: a wrong one is a wrong reference.
NOT_TEXT = re.compile(
    r"(_key|_hash|_token|_address|^key|^kind|^rule|^subject|^state|^action|^section|^locale|^time_zone|^avatar|^table"
    r"|^mask|^path|^name_key|^merge_key|^config|^icon|^stamp|^host|^network|^options_version|^revision|^code|^seal|^mac|^cycle)$"
    r"|html$|^address$|^link$|^checksum|digest"
)
# Tables whose rows are work or evidence of the program, never shown.
NOT_SHOWN = {"cache_versions", "login_tries", "search_rows", "import_map", "mails"}
PERSONAS = ("guest", "member", "moderator", "founder")
QUERIES = ("", "?do=thread", "?do=reply", "?q=xss&kind=posts", "?q=xss")


def is_text(column: Column[object]) -> bool:
    return (
        isinstance(column.type, String)
        and not isinstance(column.type, Enum)
        and not column.primary_key
        and not column.foreign_keys
        and not NOT_TEXT.search(column.name)
        and column.table.name not in NOT_SHOWN
    )


def canary(column: Column[object]) -> str:
    return f"\"'><img src=x id=xss-{column.table.name}-{column.name}>{{{{7*7}}}}"


def poison(forum: Forum) -> set[str]:
    """Fill the columns; returns the names of those that hold a row now."""
    filled = set()
    with unit_of_work(forum.database) as uow:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if not is_text(column):
                    continue
                unique = column.unique or any(
                    index.unique and list(index.columns) == [column] for index in table.indexes
                )
                text = canary(column)
                value = func.concat(text, table.c.id) if unique else text
                if uow.session.execute(update(table).values({column.name: value})).rowcount:  # type: ignore[attr-defined]
                    filled.add(f"{table.name}-{column.name}")
        name = "\"'><img src=x id=xss-settings-general>"
        uow.session.merge(
            Setting(
                section="general",
                values={
                    "name": name, "second_name": name, "description": name, "icp": name, "hot_words": [name],
                    "footer_links": [{"name": name, "address": None}], "founder_contact": name,
                },
            )
        )  # fmt: skip
        uow.bump(CacheName.SITE)
    return filled


@pytest.fixture
def world(forum: Forum) -> World:
    built = build(forum)
    board = forum.board("子版块", 2)
    forum.thread(FOUNDER_ID, board, title="另一处的主题", replies=1, sticky_level=3, digest_level=1)
    return built


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_no_text_of_the_database_is_markup_on_a_page(
    app: Flask, forum: Forum, world: World
) -> None:
    filled = poison(forum)
    raw, shown = [], set()

    for persona in PERSONAS:
        client = visitor(app, forum, world.members[persona])
        for rule in rules(app):
            for asked in QUERIES if "<" not in rule or "space-uid" in rule else ("",):
                with client.get(world.address(rule) + asked) as answer:
                    assert answer.status_code < 500, rule
                    if answer.mimetype.startswith("image"):
                        continue
                    text = answer.text
                if answer.mimetype == "text/plain":
                    continue
                raw += [
                    f"{persona} {rule} {found}"
                    for found in re.findall(r"<img src=x id=(xss[\w-]+)", text)
                ]
                assert "49" not in re.findall(r"xss-[\w-]+&gt;(.{2})", text), rule
                shown |= set(
                    re.findall(
                        r"id=xss-([\w-]+?)(?=&gt;)", html.unescape(text).replace(">", "&gt;")
                    )
                )

    assert sorted(set(raw)) == []
    # The crawl is not blind: what people see most was there, escaped.
    assert {
        "threads-title", "members-name", "boards-name", "groups-title", "point_kinds-title", "announcements-title",
        "settings-general", "friend_links-name", "posts-source",
    } <= shown, filled - shown  # fmt: skip
