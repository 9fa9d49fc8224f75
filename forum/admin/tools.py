"""The log of the panel, and what the forum runs on."""

import platform
from collections.abc import Iterator

import click
import sqlalchemy
from flask import current_app, request
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from forum import __version__
from forum.admin.registry import Menu, admin_page
from forum.commands.admin_log import ACTIONS
from forum.http.context import config, now, reader, site
from forum.http.forms import form_page
from forum.http.panel_forms import ButtonForm
from forum.queries.admin.home import home_counts
from forum.queries.admin.log import log_page
from forum.queries.admin.system import database_facts

LOG = admin_page("log", _l("Control panel log"), menu=Menu.TOOLS)
SYSTEM = admin_page("system", _l("System"), menu=Menu.TOOLS)


@LOG.shown()
def log() -> Response:
    action = request.args.get("action", "")
    target = request.args.get("target", "")[:100]
    before = request.args.get("before", "")
    page = log_page(
        reader(),
        target=target or None,
        action=action if action in ACTIONS else None,
        before_id=int(before) if before.isdecimal() and len(before) < 16 else None,
    )
    return form_page(
        "admin/tools/log.html",
        ButtonForm(),
        log=page,
        actions=ACTIONS,
        action=action,
        target=target,
    )


@SYSTEM.shown()
def system() -> Response:
    settings = config()
    return form_page(
        "admin/tools/system.html",
        ButtonForm(),
        version=__version__,
        python=platform.python_version(),
        sqlalchemy=sqlalchemy.__version__,
        database=database_facts(reader()),
        commands=_commands(),
        counts=home_counts(reader(), site(), now()),
        cache="Redis" if settings.redis_url else "",
        mail=settings.mail_url.partition(":")[0],
        base_url=settings.base_url,
    )


NOT_OURS = ("run", "shell", "routes")


def _commands() -> list[tuple[str, str]]:
    """The command lines there are, with what each says of itself."""
    found: list[tuple[str, str]] = []
    for name, command in sorted(current_app.cli.commands.items()):
        if name not in NOT_OURS:
            found.extend(_lines(f"flask {name}", command))
    return found


def _lines(so_far: str, command: click.Command) -> Iterator[tuple[str, str]]:
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            yield from _lines(f"{so_far} {name}", below)
    else:
        yield so_far, command.get_short_help_str(200)
