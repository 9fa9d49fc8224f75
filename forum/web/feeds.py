"""RSS, Atom, sitemaps, robots: what programs read. Whoever asks, they get what a guest may read."""

import hashlib
import re
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Response, render_template, request

from forum.core.errors import NotFound
from forum.http.context import now, reader, site
from forum.http.page_cache import keep
from forum.http.templating import absolute, addresses
from forum.policies.actor import Actor
from forum.policies.boards import may_read_board
from forum.queries.actors import guest_actor
from forum.queries.boards import board_numbers, lists_version
from forum.queries.feeds import (
    FeedEntry,
    guide_threads,
    newest_threads,
    sitemap_count,
    sitemap_threads,
)
from forum.queries.guide import View
from forum.queries.site import BoardInfo

pages = Blueprint("feeds", __name__)

ID = "int(max=9007199254740991)"
# What XML 1.0 cannot carry; an imported text may.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "xml": "application/xml",
    "txt": "text/plain",
}


def guest() -> Actor:
    return guest_actor(site(), now())


def guests_board(board_id: int) -> BoardInfo:
    """A board that guests may read.

    :raises NotFound: there is none.
    """
    board = site().boards.get(board_id)
    if board is None or not board.holds_threads:
        raise NotFound("not_found")
    may_read_board(guest(), board).require()
    return board


@pages.get("/index.<any(rss, atom):form>")
def index(form: str) -> Response:
    keep(site=site().version, all_boards=lists_version(reader()))
    entries = newest_threads(reader(), site(), guest())
    url = addresses()
    return _feed(form, entries, _site_name(), url.index(), url.feed(form=form))


@pages.get(f"/forum-<{ID}:board_id>.<any(rss, atom):form>")
def board(board_id: int, form: str) -> Response:
    found = guests_board(board_id)
    versions = board_numbers(reader(), site(), guest(), frozenset({found.id}))
    keep(site=site().version, boards={found.id: versions[found.id].version})
    entries = newest_threads(reader(), site(), guest(), found.id)
    url, title = addresses(), f"{_site_name()} - {found.name}"
    return _feed(form, entries, title, url.board(found.id), url.feed(found.id, form))


def guide_feed(view: View) -> Response:
    """A list of the guide as RSS."""
    keep(site=site().version, all_boards=lists_version(reader()))
    entries = guide_threads(reader(), site(), guest(), view)
    url = addresses()
    return _feed("rss", entries, _site_name(), url.guide(view), url.guide(view, rss=1))


def _site_name() -> str:
    return site().settings.general.name


def _feed(
    form: str, entries: tuple[FeedEntry, ...], title: str, page: str, address: str
) -> Response:
    changed_at = max((entry.changed_at for entry in entries), default=None)
    return _answer(
        form,
        f"feeds/{form}.xml",
        entries=entries,
        feed_title=title,
        page_address=absolute(page),
        feed_address=absolute(address),
        changed_at=changed_at,
        mail_date=mail_date,
    )


def mail_date(at: datetime) -> str:
    """As RSS writes it: Thu, 28 Dec 2023 07:34:01 +0000."""
    return format_datetime(at)


@pages.get("/sitemap.xml")
def sitemap() -> Response:
    keep(site=site().version, all_boards=lists_version(reader()))
    return _answer("xml", "feeds/sitemap.xml", count=sitemap_count(reader()))


@pages.get("/sitemap-boards.xml")
def board_sitemap() -> Response:
    keep(site=site().version)
    who = guest()
    boards = [one for one in site().boards.values() if one.id in who.readable]
    return _answer("xml", "feeds/sitemap_boards.xml", boards=boards)


@pages.get(f"/sitemap-threads-<{ID}:number>.xml")
def thread_sitemap(number: int) -> Response:
    keep(site=site().version, all_boards=lists_version(reader()))
    if not 0 < number <= sitemap_count(reader()):
        raise NotFound("not_found")
    entries = sitemap_threads(reader(), guest(), number)
    return _answer("xml", "feeds/sitemap_threads.xml", entries=entries)


@pages.get("/robots.txt")
def robots() -> Response:
    keep(site=site().version)
    return _answer("txt", "feeds/robots.txt")


def _answer(
    form: str, template: str, *, changed_at: datetime | None = None, **values: Any
) -> Response:
    body = _NOT_XML.sub("", render_template(template, changed_at=changed_at, **values))
    response = Response(body, content_type=f"{_TYPES[form]}; charset=utf-8")
    response.set_etag(hashlib.blake2b(body.encode(), digest_size=12).hexdigest())
    response.last_modified = changed_at
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response
