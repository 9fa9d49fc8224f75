"""What do all templates get? The words every page needs, under the names docs/pages.md lists."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, cast

from flask import Flask, request
from flask.templating import Environment
from flask_babel import gettext as _
from jinja2 import BytecodeCache, Template
from jinja2.bccache import Bucket

from forum import __version__
from forum.core.text import abbreviated, cut
from forum.http import context, language
from forum.http.addresses import Addresses
from forum.http.returning import way_back
from forum.http.times import ShownTime, local_time, shown_time
from forum.modlog.marks import ICON_NAMES, STAMP_NAMES
from forum.modlog.registry import ACTIONS
from forum.queries.site import Site


class _KnownBytecode(BytecodeCache):
    """What Jinja compiled in this process, for every application and language in it."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        code = self._known.get(bucket.key)
        if code is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


_bytecode = _KnownBytecode()


class LocaleEnvironment(Environment):
    """Jinja with one set of compiled templates a locale: a word costs a look into a dictionary.

    What Flask asks this environment for comes from the locale's own, made when it is first needed.
    """

    def get_or_select_template(self, *arguments: Any, **more: Any) -> Template:
        if self.overlayed:
            return super().get_or_select_template(*arguments, **more)
        return self._of_locale(language.current_locale()).get_or_select_template(*arguments, **more)

    def _of_locale(self, locale: str) -> "LocaleEnvironment":
        made: dict[str, LocaleEnvironment] = self.__dict__.setdefault("_locales", {})
        found = made.get(locale)
        if found is None:
            found = self.overlay()
            found.globals = {**self.globals, **language.template_words(locale)}
            made[locale] = found
        return found


def addresses() -> Addresses:
    """This request's addresses; they keep the language a guest asked for."""
    held = context.kept()
    if "addresses" not in held:
        held["addresses"] = Addresses(language.asked_language())
    return cast(Addresses, held["addresses"])


def absolute(path: str) -> str:
    """A path of ours with the site's own origin: for canonical links, feeds and the sitemap."""
    return context.root_address() + path


def when(at: datetime) -> ShownTime:
    """A moment for the viewer."""
    actor = context.actor()
    is_relative = context.site().settings.reading.relative_dates
    return shown_time(at, context.now(), actor.zone, is_relative=is_relative)


def is_today(at: datetime) -> bool:
    """Does a moment fall on the viewer's today?"""
    zone = context.actor().zone
    return local_time(at, zone).date() == context.now().astimezone(zone).date()


@dataclass(frozen=True)
class Link:
    """A word that leads somewhere; `url` None where only the word is known."""

    name: str
    url: str | None
    is_current: bool = False


@dataclass(frozen=True)
class JumpGroup:
    """A category and its boards in 快捷导航."""

    name: str
    url: str
    boards: tuple[Link, ...]


@dataclass(frozen=True)
class PageSite:
    """The site as the layout shows it."""

    name: str
    second_name: str
    second_address: str
    icp: str
    description: str
    hot_words: tuple[str, ...]
    footer_links: tuple[Link, ...]
    nav: tuple[Link, ...]
    version_text: str


def page_site(site: Site, url: Addresses) -> PageSite:
    """What the layout says of the site, with this request's addresses."""
    general = site.settings.general
    path = request.path
    return PageSite(
        name=general.name,
        second_name=general.second_name,
        second_address=general.second_address,
        icp=general.icp,
        description=general.description,
        hot_words=general.hot_words,
        footer_links=_footer_links(site, url),
        nav=(
            Link(_("Forum"), url.index(), not path.startswith(("/guide", "/search"))),
            Link(_("Guide"), url.guide(), path.startswith("/guide")),
        ),
        version_text=f"Powered by Louceng {__version__}",
    )


def _footer_links(site: Site, url: Addresses) -> tuple[Link, ...]:
    """The links of the site's owner, then what everybody may see of moderation, where the owner does
    not name it: a bare word of the owner's leads where ours would."""
    ways = {_("Darkroom"): url.darkroom()}
    if site.settings.moderation.log_is_public:
        ways[_("Public moderation log")] = url.public_log()
    written = tuple(
        Link(link.name, link.address or ways.get(link.name))
        for link in site.settings.general.footer_links
    )
    named = {link.name for link in written}
    return (*written, *(Link(name, way) for name, way in ways.items() if name not in named))


def jump_groups(site: Site, readable: frozenset[int], url: Addresses) -> tuple[JumpGroup, ...]:
    """Categories with their visible boards, for the jump menu."""
    groups = []
    for top in site.children.get(None, ()):
        if top.id not in readable:
            continue
        below = tuple(
            Link(board.name, url.board(board.id))
            for board in site.descendants(top.id)
            if board.id in readable
        )
        address = url.category(top.id) if top.is_category else url.board(top.id)
        if below or not top.is_category:
            groups.append(JumpGroup(top.name, address, below))
    return tuple(groups)


def init_app(app: Flask) -> None:
    app.jinja_env.bytecode_cache = _bytecode
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.globals.update(
        abbreviated=abbreviated, absolute=absolute, is_today=is_today,
        icon_names=ICON_NAMES, moderation_actions=ACTIONS, stamp_names=STAMP_NAMES, when=when,
    )  # fmt: skip
    app.jinja_env.filters.update(cut=cut, abbreviated=abbreviated)

    @app.context_processor
    def every_page() -> dict[str, Any]:
        site, actor, url = context.site(), context.actor(), addresses()
        return {
            "site": page_site(site, url),
            "settings": site.settings,
            "snapshot": site,
            "actor": actor,
            "url": url,
            # The same as the global, without asking again who looks and when.
            "when": partial(
                shown_time,
                now=context.now(),
                zone=actor.zone,
                is_relative=site.settings.reading.relative_dates,
            ),
            "lang": language.html_lang(),
            "here": way_back(),
            "other_language": language.other_language(),
            "nav_boards": jump_groups(site, actor.readable, url),
        }
