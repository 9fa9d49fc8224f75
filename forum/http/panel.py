"""Is the staff panel open? Both panels ask for the password again before they show anything.

A page asked for while the panel is shut leads to the password and back. What was typed into a form
meanwhile is not lost: the password page carries it and sends it on.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from forum.commands.accounts.panel import open_panel
from forum.core.errors import ForumError
from forum.core.uow import UnitOfWork
from forum.http.context import actor, writing
from forum.http.errors import sentence
from forum.http.returning import safe_path
from forum.http.templating import addresses
from forum.http.verifying import check_own_password
from forum.policies.actor import Actor
from forum.policies.verdict import Verdict

PASSWORD = "panel_password"
_NOT_CARRIED = ("csrf_token", PASSWORD, "password")


def is_open(who: Actor) -> bool:
    """Was this session asked for the password lately?"""
    return who.panel_until is not None and who.panel_until > who.now


def give_password(password: str, *, field: str) -> None:
    """Compare with the actor's password and open the panel; every try counts.

    :raises TooSoon: "too_many_logins".
    :raises Invalid: "password_wrong" at `field`.
    """
    check_own_password(password, field=field)
    session_id = actor().session_id
    if session_id is not None:
        with writing() as uow:
            open_panel(uow, session_id)


@contextmanager
def changing() -> Iterator[UnitOfWork]:
    """The unit of work of a change in a panel; whoever works in it is not asked again."""
    who = actor()
    with writing() as uow:
        yield uow
        if who.session_id is not None:
            open_panel(uow, who.session_id)


def guard(blueprint: Blueprint, root: str, may_enter: Callable[[Actor], Verdict]) -> None:
    """Let nobody see any page of a blueprint who may not enter, or has not given the password.

    :param root: the panel's path, "/admin/"; the password page lives at `enter` below it.
    """
    enter_path = f"{root}enter"

    @blueprint.before_request
    def check() -> ResponseReturnValue | None:
        who = actor()
        verdict = may_enter(who)
        if not verdict:
            if who.is_guest and request.method == "GET":
                return redirect(addresses().login(request.full_path.rstrip("?")), 303)
            verdict.require()
        if is_open(who) or request.path == enter_path:
            return None
        if request.method == "POST":
            return _ask_in_between()
        return redirect(f"{enter_path}?{urlencode({'next': request.full_path.rstrip('?')})}", 303)

    @blueprint.get("/enter")
    def enter() -> ResponseReturnValue:
        if is_open(actor()):
            return redirect(_next_path(root), 303)
        return _page(action=enter_path, next_path=_next_path(root))

    @blueprint.post("/enter")
    def enter_now() -> ResponseReturnValue:
        try:
            give_password(request.form.get(PASSWORD, ""), field=PASSWORD)
        except ForumError as error:
            return _page(error, action=enter_path, next_path=_next_path(root))
        return redirect(_next_path(root), 303)


def _ask_in_between() -> ResponseReturnValue | None:
    """Ask for the password before a form is taken; None = it was right, go on."""
    error: ForumError | None = None
    if PASSWORD in request.form:
        try:
            give_password(request.form[PASSWORD], field=PASSWORD)
            return None
        except ForumError as caught:
            error = caught
    carried = [
        (name, value) for name, value in request.form.items(multi=True) if name not in _NOT_CARRIED
    ]
    return _page(error, action=request.full_path.rstrip("?"), carried=carried)


def _page(error: ForumError | None = None, **more: Any) -> ResponseReturnValue:
    words = sentence(error.key, error.data) if error is not None else ""
    status = 200 if error is None and not more.get("carried") else 422
    if error is not None:
        status = error.status
    return render_template("panel/enter.html", error=words, field_name=PASSWORD, **more), status


def _next_path(root: str) -> str:
    """Where to go after the password: within this panel, nowhere else."""
    asked = safe_path(request.values.get("next"))
    return asked if asked is not None and asked.startswith(root) else root
