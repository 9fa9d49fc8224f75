"""Does a way lead to every page? One that nothing links is found only by who knows its address."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import SplitResult, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forum.core.cache import CacheName
from forum.core.uow import unit_of_work
from forum.models import Setting
from tests.factories import Forum
from tests.walking import PERSONAS, build, rules, visitor

# Pages nothing leads to, and why.
UNLINKED = {
    "/archiver/": "an address of Discuz!, for those who linked it there",
    "/robots.txt": "robots look for it",
    "/sitemap.xml": "robots.txt names it",
    "/sitemap-boards.xml": "sitemap.xml names it",
}
# The same for some: who they are, and why.
UNLINKED_FOR = {
    "/logout": ({"guest"}, "is not logged in"),
    "/lost-password": (set(PERSONAS) - {"guest"}, "is logged in"),
}
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]*)"')
_FORM = re.compile(r'\s(?:form)?action="([^"]*)"')


def _ways(client: FlaskClient, page: str) -> Iterator[tuple[SplitResult, bool]]:
    """Where one page leads: addresses of this site, each with whether it is followed or sent to."""
    with client.get(page) as answer:
        text = answer.text if answer.mimetype == "text/html" else ""
        links = [answer.location] if answer.location else _LINK.findall(text)
    for found, is_link in ((links, True), (_FORM.findall(text), False)):
        for one in found:
            address = urlsplit(unescape(one))
            if address.path and address.netloc in ("", "localhost"):
                yield address._replace(scheme="", netloc="", fragment=""), is_link


def reached(client: FlaskClient) -> set[str]:
    """The paths a visitor comes to from the index, by links and forms; each is looked at once."""
    seen, waiting, named = {"/"}, ["/"], {"/"}
    while waiting:
        page = waiting.pop()
        for address, is_link in _ways(client, page):
            if address.path != urlsplit(page).path:
                named.add(address.path)
            if is_link and address.path not in seen:
                seen.add(address.path)
                waiting.append(address.geturl())
    return named


@pytest.mark.slow
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_way_leads_to_every_page(app: Flask, forum: Forum, persona: str) -> None:
    world = build(forum)
    with unit_of_work(forum.database) as uow:
        uow.session.add(Setting(section="moderation", values={"log_is_public": True}))
        uow.bump(CacheName.SITE)
    client = visitor(app, forum, world.members[persona])
    excused = {*UNLINKED, *(page for page, (who, _) in UNLINKED_FOR.items() if persona in who)}

    named = reached(client)

    pages = {rule for rule in rules(app) if "<" not in rule} - excused
    assert [page for page in sorted(pages - named) if client.get(page).status_code == 200] == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_every_excused_page_is_one(app: Flask) -> None:
    assert {*UNLINKED, *UNLINKED_FOR} <= set(rules(app))
