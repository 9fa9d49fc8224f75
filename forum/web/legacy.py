"""Where did Discuz!'s dynamic addresses go? One table; each answers 301 to the address of today.

Links of twenty years point at `forum.php?mod=viewthread&tid=...`. What was done there by a POST
leads to the page where one does it now. A page we do not have leads to the index, as an unknown
`mod` did in Discuz; a thing that is gone answers 404.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from forum.core.errors import NotFound
from forum.http.addresses import Addresses
from forum.http.context import actor, reader
from forum.http.templating import addresses
from forum.queries.legacy import member_named
from forum.queries.tags import tag_name

pages = Blueprint("legacy", __name__)

MOST = 9007199254740991


@dataclass(frozen=True)
class Asked:
    """An old address's query. Names in it may be GBK: sites were, long before they were UTF-8."""

    url: Addresses
    values: dict[str, str] = field(default_factory=dict)

    def word(self, name: str) -> str:
        return self.values.get(name, "")

    def number(self, name: str) -> int | None:
        """A positive number, or None."""
        return _number(self.word(name))

    def need(self, name: str, missing: str = "thread_not_found") -> int:
        """A positive number.

        :raises NotFound: there is none; an address without its number leads nowhere.
        """
        value = self.number(name)
        if value is None:
            raise NotFound(missing)
        return value


Answer = Callable[[Asked], str]


def _number(text: str) -> int | None:
    if not text.isascii() or not text.isdecimal() or len(text) > 16:
        return None
    return int(text) if 0 < int(text) <= MOST else None


def _index(ask: Asked) -> str:
    gid = ask.number("gid")
    return ask.url.category(gid) if gid else ask.url.index()


def _gone(_ask: Asked) -> str:
    raise NotFound("not_found")


def _board(ask: Asked) -> str:
    fid = ask.number("fid")
    if fid is None:
        return ask.url.index()
    kind, order = ask.word("filter"), ask.word("orderby")
    orders = {"dateline": "created", "replies": "replies", "views": "views", "heats": "heat"}
    return ask.url.board(
        fid,
        ask.number("page") or 1,
        type=ask.number("typeid") if kind in ("typeid", "") else None,
        digest="1" if kind == "digest" or ask.word("digest") == "1" else None,
        order=orders.get(order) or ("heat" if kind in ("heat", "hot") else None),
        within=ask.number("dateline") if kind == "dateline" else None,
    )


def _thread(ask: Asked) -> str:
    tid = ask.need("tid")
    if ask.word("action") == "printable":
        return ask.url.print_view(tid)
    extra = parse_qs(ask.word("extra"))
    list_page = _number(extra.get("page", [""])[0]) or 1
    order = {"1": "newest", "2": "oldest"}.get(ask.word("ordertype"))
    return ask.url.thread(
        tid, ask.number("page") or 1, list_page, author=ask.number("authorid"), order=order
    )


def _redirect(ask: Asked) -> str:
    goto = ask.word("goto") or "findpost"
    if goto == "findpost":
        pid, thread = ask.number("pid"), ask.number("ptid") or ask.number("tid")
        if pid:
            return ask.url.post(pid)
        floor = ask.number("postno")
        if thread and floor:
            order = {"1": "newest", "2": "oldest"}.get(ask.word("ordertype"))
            return ask.url.floor(thread, floor=floor, order=order)
        return ask.url.thread(thread or ask.need("ptid"))
    tid = ask.need("tid")
    if goto == "lastpost":
        return ask.url.last_post(tid)
    if goto in ("nextnewset", "nextoldset"):
        return ask.url.neighbour(tid, "newer" if goto == "nextnewset" else "older")
    return ask.url.thread(tid)


def _post_form(ask: Asked) -> str:
    action = ask.word("action") or "newthread"
    if action == "edit":
        return ask.url.edit_post(ask.need("pid"))
    if action == "reply":
        return ask.url.reply(ask.need("tid"), ask.number("repquote"))
    fid = ask.number("fid")
    return ask.url.new_thread(fid) if fid else ask.url.index()


def _misc(ask: Asked) -> str:
    if ask.word("action") == "viewthreadmod":
        return ask.url.thread_history(ask.need("tid"))
    pid, tid = ask.number("pid"), ask.number("tid")
    if pid:
        return ask.url.post(pid)
    return ask.url.thread(tid) if tid else ask.url.index()


def _moderate(ask: Asked) -> str:
    tid, fid = ask.number("tid"), ask.number("fid")
    if tid:
        return ask.url.thread(tid)
    return ask.url.board(fid) if fid else ask.url.moderation()


def _guide(ask: Asked) -> str:
    if ask.word("rss"):
        return ask.url.feed()
    view = ask.word("view")
    known = ("hot", "digest", "new", "newthread", "sofa", "my")
    return ask.url.guide(view if view in known else "hot")


def _announcement(ask: Asked) -> str:
    found = ask.number("id")
    return ask.url.announcement(found) if found else ask.url.index()


def _feed(ask: Asked) -> str:
    return ask.url.feed(ask.number("fid"))


def _space(ask: Asked) -> str:
    uid = ask.number("uid")
    if uid is None and ask.word("username"):
        uid = member_named(reader(), ask.word("username"))
    if uid and ask.word("do") != "pm":
        return ask.url.space(uid)
    own = {
        "notice": ask.url.notices(),
        "pm": _message(ask),
        "favorite": ask.url.favorites(),
        "thread": ask.url.guide("my"),
    }
    return own.get(ask.word("do")) or ask.url.settings()


def _message(ask: Asked) -> str:
    """The conversation with somebody; Discuz! asked for it by touid, the versions before by uid."""
    other = ask.number("touid") or ask.number("uid")
    if other is None and ask.word("username"):
        return ask.url.new_message(ask.word("username"))
    return ask.url.messages(other)


def _own_settings(ask: Asked) -> str:
    part, op = ask.word("ac"), ask.word("op")
    if part == "pm":
        return _message(ask)
    if part == "credit":
        return ask.url.point_rules(ask.number("fid")) if op == "rule" else ask.url.points()
    if part == "favorite":
        thing = ask.number("id")
        if not thing:
            return ask.url.favorites()
        return ask.url.board(thing) if ask.word("type") == "forum" else ask.url.thread(thing)
    parts = {"avatar": "avatar", "password": "password"}
    return ask.url.settings(parts.get(part) or parts.get(op) or "")


def _login(ask: Asked) -> str:
    if ask.word("action") == "logout":
        return ask.url.index()  # the button is in the head of every page
    return ask.url.lost_password() if ask.word("viewlostpw") else ask.url.login()


def _search(ask: Asked) -> str:
    return ask.url.search(q=ask.word("srchtxt") or ask.word("kw"))


def _tag(ask: Asked) -> str:
    """misc.php?mod=tag: the tag's page; without a tag, which was a list of them, the search."""
    number, name = ask.number("id"), ask.word("name").strip()
    if number:
        return ask.url.tag(tag_name(reader(), actor(), number))
    return ask.url.tag(name) if name and "/" not in name else ask.url.search(q=name)


def _report(ask: Asked) -> str:
    pid = ask.number("rid")
    return ask.url.report(pid) if pid and ask.word("rtype") in ("post", "") else ask.url.index()


def _archive(ask: Asked) -> str:
    for key in ask.values:  # archiver/?tid-12.html
        kind, _, number = key.partition(".")[0].partition("-")
        if kind in ("tid", "fid") and _number(number):
            return _archived(ask, kind, number)
    return ask.url.index()


def _archived(ask: Asked, kind: str, number: str) -> str:
    found, page = _number(number), ask.number("page") or 1
    if found is None:
        raise NotFound("not_found")
    return ask.url.thread(found, page) if kind == "tid" else ask.url.board(found, page)


# (script, mod); "" is the script's default, and what an unknown mod leads to.
TABLE: dict[tuple[str, str], Answer] = {
    ("forum.php", ""): _index,
    ("forum.php", "forumdisplay"): _board,
    ("forum.php", "viewthread"): _thread,
    ("forum.php", "redirect"): _redirect,
    ("forum.php", "post"): _post_form,
    ("forum.php", "misc"): _misc,
    ("forum.php", "topicadmin"): _moderate,
    ("forum.php", "modcp"): _moderate,
    ("forum.php", "guide"): _guide,
    ("forum.php", "announcement"): _announcement,
    ("forum.php", "rss"): _feed,
    ("forum.php", "tag"): _tag,
    ("forum.php", "attachment"): _gone,
    ("forum.php", "image"): _gone,
    ("forum.php", "ajax"): _gone,
    ("home.php", ""): _space,
    ("home.php", "space"): _space,
    ("home.php", "spacecp"): _own_settings,
    ("home.php", "rss"): _feed,
    ("member.php", ""): lambda ask: ask.url.register(),
    ("member.php", "register"): lambda ask: ask.url.register(),
    ("member.php", "logging"): _login,
    ("member.php", "lostpasswd"): lambda ask: ask.url.lost_password(),
    ("member.php", "getpasswd"): lambda ask: ask.url.lost_password(),
    ("member.php", "regverify"): lambda ask: ask.url.login(),
    ("misc.php", ""): _index,
    ("misc.php", "report"): _report,
    ("misc.php", "tag"): _tag,
    ("search.php", ""): _search,
    ("group.php", ""): _index,
    ("portal.php", ""): _index,
    ("plugin.php", ""): _index,
    ("admin.php", ""): lambda ask: ask.url.admin(),
    ("index.php", ""): _index,
    # before Discuz! X
    ("viewthread.php", ""): _thread,
    ("forumdisplay.php", ""): _board,
    ("redirect.php", ""): _redirect,
    ("space.php", ""): _space,
    ("viewpro.php", ""): _space,
    ("post.php", ""): _post_form,
    ("rss.php", ""): _feed,
    ("logging.php", ""): _login,
    ("register.php", ""): lambda ask: ask.url.register(),
    ("my.php", ""): lambda ask: ask.url.guide("my"),
    ("memcp.php", ""): lambda ask: ask.url.settings(),
    ("pm.php", ""): _message,
    ("announcement.php", ""): _announcement,
    ("tag.php", ""): _tag,
}
SCRIPTS = tuple(dict.fromkeys(script for script, _ in TABLE))


def asked() -> Asked:
    """This request's query, each value in whichever encoding its bytes make sense."""
    raw = request.query_string.decode("latin-1").replace("&amp;", "&")
    values: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True, encoding="latin-1"):
        values.setdefault(name, _decoded(value))
    return Asked(addresses(), values)


def _decoded(value: str) -> str:
    octets = value.encode("latin-1")
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("gb18030", "replace")


def _moved(path: str) -> Response:
    return redirect(path, 301)


@pages.before_app_request
def member_by_number() -> Response | None:
    """`/?123` is the space of member 123, as it is below index.php."""
    if request.path not in ("/", "/index.php") or not request.query_string:
        return None
    found = _number(request.query_string.decode("latin-1").removesuffix("="))
    return None if found is None else _moved(addresses().space(found))


def script() -> Response:
    name = request.path.rsplit("/", 1)[-1]
    ask = asked()
    answer = TABLE.get((name, ask.word("mod"))) or TABLE[name, ""]
    return _moved(answer(ask))


for _name in SCRIPTS:
    pages.add_url_rule(f"/{_name}", _name.removesuffix(".php"), script, methods=["GET"])


@pages.get("/archiver/")
@pages.get("/archiver/index.php")
def archive() -> Response:
    return _moved(_archive(asked()))


@pages.get("/archiver/<any(tid, fid):kind>-<number>.html")
def archived(kind: str, number: str) -> Response:
    return _moved(_archived(asked(), kind, number))


@pages.get("/space-username-<name>.html")
def space_by_name(name: str) -> Response:
    return _moved(addresses().space(member_named(reader(), name)))
