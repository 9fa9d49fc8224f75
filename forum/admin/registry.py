"""Which pages does the control panel have? One `admin_page(...)` is menu entry, right and routes.

Everything below /admin/ hangs on a page of this registry, and the blueprint lets nobody in who is
no administrator or has not given the password again (http/panel.py).
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, request
from flask_babel import lazy_gettext as _l

from forum.http.context import actor
from forum.http.panel import guard
from forum.http.templating import addresses
from forum.policies.actor import Actor, Rank
from forum.policies.admin import may_appoint_founders, may_enter_panel
from forum.policies.verdict import Verdict

pages = Blueprint("admin", __name__, url_prefix="/admin")
guard(pages, "/admin/", may_enter_panel)


class Menu(enum.StrEnum):
    """The headings of the menu, in order."""

    HOME = "home"
    GLOBAL = "global"
    BOARDS = "boards"
    MEMBERS = "members"
    OPERATION = "operation"
    TOOLS = "tools"


MENU_TITLES: dict[Menu, Any] = {
    Menu.HOME: _l("Start"),
    Menu.GLOBAL: _l("Global"),
    Menu.BOARDS: _l("Boards"),
    Menu.MEMBERS: _l("Users"),
    Menu.OPERATION: _l("Operation"),
    Menu.TOOLS: _l("Tools"),
}


@dataclass(frozen=True)
class AdminPage:
    """A page of the panel with everything below it.

    :param path: below /admin/; "" is the home page.
    :param least_rank: who may use it: administrators, or founders only.
    """

    key: str
    title: Any
    menu: Menu
    path: str
    least_rank: Rank
    place: int

    @property
    def url(self) -> str:
        return addresses().admin(self.path)

    def below(self, part: str, **query: Any) -> str:
        """The address of something below the page."""
        return addresses().admin(f"{self.path}/{part}", **query)

    def may_use(self, who: Actor) -> Verdict:
        return (
            may_appoint_founders(who) if self.least_rank is Rank.FOUNDER else may_enter_panel(who)
        )

    def route(
        self, rule: str = "", *, methods: tuple[str, ...] = ("GET", "POST"), name: str = ""
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view at `rule` below the page; nobody else's request reaches it."""

        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def guarded(**values: Any) -> Any:
                self.may_use(actor()).require()
                return view(**values)

            endpoint = f"{self.key}_{name or view.__name__}"
            path = f"/{self.path}{rule}" if self.path else f"{rule or '/'}"
            pages.add_url_rule(path, endpoint, guarded, methods=list(methods))
            OWNERS[f"{pages.name}.{endpoint}"] = self
            return view

        return register

    def shown(self, rule: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A view that only shows."""
        return self.route(rule, methods=("GET",))

    def done(self, rule: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A view that only takes a form."""
        return self.route(rule, methods=("POST",))


PAGES: dict[str, AdminPage] = {}
OWNERS: dict[str, AdminPage] = {}  # endpoint -> page


def admin_page(
    key: str,
    title: Any,
    *,
    menu: Menu,
    path: str | None = None,
    least_rank: Rank = Rank.ADMINISTRATOR,
    place: int = 0,
) -> AdminPage:
    """Add a page to the panel.

    :param place: among the pages of its menu, the lowest first.
    :raises ValueError: the key or the path stands twice.
    """
    page = AdminPage(key, title, menu, key if path is None else path, least_rank, place)
    if key in PAGES or any(known.path == page.path for known in PAGES.values()):
        raise ValueError(f"admin page {key} stands twice")
    PAGES[key] = page
    return page


@dataclass(frozen=True)
class MenuItem:
    name: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class MenuGroup:
    title: str
    items: tuple[MenuItem, ...]


@pages.context_processor
def panel_menu() -> dict[str, Any]:
    """The menu beside every page, made of the registry."""
    who, current = actor(), OWNERS.get(request.endpoint or "")
    groups = []
    for menu in Menu:
        items = tuple(
            MenuItem(str(page.title), page.url, page is current)
            for page in sorted(PAGES.values(), key=lambda page: page.place)
            if page.menu is menu and page.may_use(who)
        )
        if items:
            groups.append(MenuGroup(str(MENU_TITLES[menu]), items))
    return {"admin_menu": groups, "admin_page": current}
