"""What do all templates get? The words every page needs, under the names docs/pages.md lists."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, get_flashed_messages, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from forum import __version__
from forum.core.text import abbreviated, cut
from forum.http import context, language
from forum.http.addresses import Addresses
from forum.http.times import ShownTime, clock_text, shown_time
from forum.queries.site import BoardInfo, Site


@dataclass(frozen=True)
class PageFoot:
    """The last line of the page, measured when it is drawn."""

    clock_text: str
    seconds_text: str
    statement_count: int


def page_foot() -> PageFoot:
    """The site's clock, and what this page has cost so far."""
    seconds, statements = context.timing()
    zone = context.actor().zone
    return PageFoot(clock_text(context.now(), zone), f"{seconds:.6f}", statements)


def addresses() -> Addresses:
    """This request's addresses; they keep the language a guest asked for."""
    if "addresses" not in g:
        g.addresses = Addresses(language.asked_language())
    found: Addresses = g.addresses
    return found


def when(at: Any) -> ShownTime:
    """A moment for the viewer."""
    actor = context.actor()
    is_relative = context.site().settings.reading.relative_dates
    return shown_time(at, context.now(), actor.zone, is_relative=is_relative)


def csrf_field() -> Markup:
    """The hidden token of a member's form. Not for guest pages: it would set a cookie."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def visible_tree(site: Site, readable: frozenset[int]) -> list[tuple[BoardInfo, list[BoardInfo]]]:
    """Categories with their visible boards, for the jump menu. Boards without one come alone."""
    tree = []
    for top in site.children.get(None, ()):
        if top.id not in readable:
            continue
        below = [board for board in site.descendants(top.id) if board.id in readable]
        if below or not top.is_category:
            tree.append((top, below))
    return tree


def init_app(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.globals.update(
        abbreviated=abbreviated, csrf_field=csrf_field, when=when, page_foot=page_foot,
        flashes=lambda: get_flashed_messages(with_categories=True), version=__version__,
    )  # fmt: skip
    app.jinja_env.filters.update(cut=cut, abbreviated=abbreviated)

    @app.context_processor
    def every_page() -> dict[str, Any]:
        site, actor = context.site(), context.actor()
        return {
            "site": site.settings.general,
            "settings": site.settings,
            "snapshot": site,
            "actor": actor,
            "url": addresses(),
            "lang": language.html_lang(),
            "here": request.full_path.rstrip("?"),
            "nav_boards": visible_tree(site, actor.readable),
        }
