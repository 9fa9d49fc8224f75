"""What in a page belongs to its reader alone? Each spot has a name and somebody who fills it.

Templates write `{{ blank('user_bar') }}`. A page drawn once for many (http/outlines.py) leaves these
open, so that nothing of one member can stand in another's page.
"""

import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from flask import current_app, get_flashed_messages, request, session
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from markupsafe import Markup, escape

from forum.http import context
from forum.http.fragments import fragment
from forum.http.language import current_locale
from forum.http.language import gettext as _
from forum.http.login import has_cookie
from forum.http.templating import addresses
from forum.http.times import clock_text
from forum.queries.online import Online

_CSRF_NAME = "csrf_token"
_TOKEN = "\x00csrf\x00"
_TOKEN_MARK = Markup(_TOKEN)  # noqa: S704  a mark, no text of anybody


class Reader(NamedTuple):
    """The member of the header's line."""

    member_id: int
    name: str
    group_title: str
    total: int
    unread_notice_count: int
    unread_message_count: int
    is_staff: bool
    may_enter_admin: bool


class Pictured(NamedTuple):
    """Somebody by their picture alone."""

    avatar_url: str


def give(name: str, shown: Any) -> None:
    """What a blank of this page is drawn from, where the page knows more than who asks."""
    context.kept()[f"blank {name}"] = shown


def _given(name: str) -> Any:
    return context.kept().get(f"blank {name}")


def csrf() -> str:
    """The hidden token of a member's form. Not for guest pages: it would set a cookie."""
    raw = session.get(_CSRF_NAME)
    # Flask-WTF makes the session's token at first, and would sign it anew for every page.
    token = _signed(current_app.secret_key, raw) if raw else generate_csrf()
    return f'<input type="hidden" name="{_CSRF_NAME}" value="{escape(token)}">'


@lru_cache(maxsize=4096)
def _signed(secret_key: str, raw: str) -> str:
    # A session's token is one and the same; only its signature's time differs, and that is not asked
    # for (WTF_CSRF_TIME_LIMIT). Signing packs it with zlib, a tenth of the whole page.
    return str(URLSafeTimedSerializer(secret_key, salt="wtf-csrf-token").dumps(raw))


def user_bar() -> str:
    who = context.actor()
    if who.member_id is None:
        return ""
    reader = Reader(
        who.member_id, who.name, who.group_title, who.total, who.unread_notice_count,
        who.unread_message_count, who.is_staff, who.may_enter_admin,
    )  # fmt: skip
    macro = _macro("components/user_bar.html", "user_bar")
    # Markup.replace would escape the token's field once more.
    return str(fragment(macro, reader, addresses(), _TOKEN_MARK)).replace(_TOKEN, csrf())


def reader_avatar() -> str:
    who = context.actor()
    if who.member_id is None:
        return ""
    shown = Pictured(addresses().avatar(who.member_id, who.avatar, "big"))
    return str(fragment(_macro("components/avatar.html", "avatar"), shown, "l"))


def submission_key() -> str:
    """Sent with a form, so that a double click is one post."""
    return secrets.token_urlsafe(12)


def flashes() -> str:
    if not has_cookie(request) or "_flashes" not in session:
        return ""
    macro = _macro("components/flash.html", "flash")
    waiting: Any = get_flashed_messages(with_categories=True)
    return "".join(macro(kind, text) for kind, text in waiting)


def visited_boards() -> str:
    """浏览过的版块 of a member, as given: pairs of a board's id and name."""
    shown = _given("visited_boards")
    if not shown:
        return ""
    return fragment(_macro("components/visited_boards.html", "visited_boards"), shown, addresses())


# Of each list as long as it is the latest one; a hundred kB each.
_drawn_lists: "WeakKeyDictionary[Online, dict[Any, bytes]]" = WeakKeyDictionary()
_MOST_DRAWN = 16


def online() -> bytes:
    """在线会员, as given. Hundreds of names, the same for all: drawn once for a zone and a language."""
    shown: Online | None = _given("online")
    if shown is None:
        return b""
    zone = context.actor().zone
    drawn = _drawn_lists.setdefault(shown, {})
    key = (current_locale(), zone, addresses())
    found = drawn.get(key)
    if found is None:
        block = _macro("boards/_online.html", "online_block")
        found = str(block(shown, addresses(), zone)).encode()
        if len(drawn) < _MOST_DRAWN:
            drawn[key] = found
    return found


def page_foot() -> str:
    """The last line of the page. Measured when it is filled, which is when the page is nearly done."""
    if not context.site().settings.reading.shows_timing:
        return ""
    clock = clock_text(context.now(), context.actor().zone)
    seconds, count = context.timing()
    words = _(
        "Processed in %(seconds)s second(s), %(count)s queries .",
        seconds=f"{seconds:.6f}",
        count=count,
    )
    return f'<p class="site-footer__end">{escape(clock)} , {escape(words)}</p>'


def _macro(template: str, name: str) -> Any:
    return _found_macro(current_app.jinja_env, current_locale(), template, name)


@lru_cache(maxsize=32)
def _found_macro(environment: Any, _locale: str, template: str, name: str) -> Any:
    # The environment has one set of templates a locale, and looks which one is asked for.
    return getattr(environment.get_or_select_template(template).module, name)


BLANKS: dict[str, Callable[[], str | bytes]] = {
    "csrf": csrf,
    "flashes": flashes,
    "online": online,
    "page_foot": page_foot,
    "reader_avatar": reader_avatar,
    "submission_key": submission_key,
    "user_bar": user_bar,
    "visited_boards": visited_boards,
}
