"""Doing a moderator's action and undoing one: the options, what it would do, then the deed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from forum.commands.moderation import conflicts_of, perform, undo, undo_preview
from forum.commands.moderation.batches import (
    is_much_to_undo,
    run_batch,
    size_of,
    start_batch,
    start_undo_batch,
)
from forum.commands.moderation.conflicts import Conflict as InTheWay
from forum.commands.moderation.targets import load_targets
from forum.commands.moderation.undo import load_entry
from forum.core.errors import Conflict, NotFound
from forum.http.background import nudge
from forum.http.context import actor, close_reader, reader, site, writing
from forum.http.errors import say, sentence
from forum.http.forms import form_page, refusals_on
from forum.http.returning import own_referrer, safe_path
from forum.http.templating import addresses
from forum.jobs.moderation import RUN_BATCHES
from forum.models import BatchState
from forum.modlog.registry import ACTIONS, Action
from forum.policies.moderation import may_use
from forum.queries.batch_progress import batch_progress
from forum.queries.moderation import LogLine, boards_of, log_entry, log_line
from forum.queries.moderation_effects import SILENT, effect_lines, values_shown
from forum.web.forms.moderation import ActionForm, UndoForm, action_form, undo_form
from forum.web.moderation_preview import action_page, must_see_first, name_and_address

pages = Blueprint("moderation", __name__)

MOST_CONFLICTS = 50
ID = "int(max=9007199254740991)"


@dataclass(frozen=True)
class ConflictLine:
    """What stands in the way of taking something back; `title` "" where the target is gone."""

    title: str
    url: str
    kind: str
    column: str
    expected: Any
    found: Any
    later_entry_id: int | None


@pages.route("/moderation/do/<key>", methods=["GET", "POST"])
def do(key: str) -> Response | str:
    action = ACTIONS.get(key)
    if action is None:
        raise NotFound("not_found")
    may_use(actor(), action).require()
    ids = _ids(action)
    if action.own_button and request.method == "GET" and len(ids) == 1:
        return redirect(addresses().edit_post(ids[0]), 303)
    form = action_form(
        action, actor(), site(), board_ids=boards_of(reader(), action, ids),
        back=_back(request.args.get("back")),
    )  # fmt: skip
    if form.validate_on_submit():
        options = form.options_of(action)
        if "preview" in request.form or must_see_first(action, ids, form, options):
            return action_page(action, ids, form, options)
        with refusals_on(form):
            batch_id = _perform(action, ids, form, options)
            if batch_id is not None:
                way_back = _way_back(action, form)
                return redirect(addresses().moderation(f"batches/{batch_id}", back=way_back), 303)
            say(_("Done. The log can take it back.") if not action.is_final else _("Done."))
            return redirect(_way_back(action, form), 303)
    return action_page(action, ids, form, None)


def _perform(action: Action, ids: Sequence[int], form: ActionForm, options: Any) -> int | None:
    """Do it at once, or in steps: here when they are few, by the worker when they are many.

    :returns: the batch whose page to go to, or None when all is done.
    """
    more = {
        "reason": form.reason.data or "",
        "notifies": form.notifies.data,
        "expires_at": form.end_date,
    }
    size = size_of(reader(), action, ids, options)
    if not size.needs_steps:
        with writing() as uow:
            perform(uow, actor(), action.key, ids, options, **more)
        return None
    most_posts = site().settings.moderation.background_above_posts
    is_background = size.holds_a_request(most_posts=most_posts)
    with writing() as uow:
        batch_id = start_batch(
            uow, actor(), action.key, ids, options, is_background=is_background, **more
        )
        if is_background:
            uow.after_commit(nudge(RUN_BATCHES))
    return batch_id if is_background else _run(batch_id)


def _run(batch_id: int) -> int | None:
    run_batch(writing, batch_id)
    batch = batch_progress(reader(), actor(), batch_id)
    return None if batch.state is BatchState.DONE else batch_id


def _ids(action: Action) -> tuple[int, ...]:
    """The targets; where a list holds things of several kinds, those of the action's own."""
    asked = [*request.values.getlist("ids"), *request.values.getlist(f"{action.targets}_ids")]
    return tuple(dict.fromkeys(int(one) for one in asked if one.isdecimal() and 0 < len(one) <= 16))


def _back(wanted: str | None) -> str:
    return safe_path(wanted) or own_referrer() or ""


def _way_back(action: Action, form: ActionForm) -> str:
    if action.is_final:
        return addresses().moderation("recycle-bin")
    return safe_path(form.back.data) or addresses().index()


@pages.route(f"/moderation/undo/<{ID}:entry_id>", methods=["GET", "POST"])
def take_back(entry_id: int) -> Response:
    entry = log_entry(reader(), actor(), entry_id)
    form = undo_form(actor(), back=_back(request.args.get("back")))
    if entry.undone_by_id is None and form.validate_on_submit():
        with refusals_on(form, Conflict):
            return _take_back_now(entry_id, form)
        close_reader()  # a colleague may have been faster
        entry = log_entry(reader(), actor(), entry_id)
    if entry.undone_by_id is not None:
        return _taken_back_already(entry, form)
    seen = undo_preview(reader(), actor(), site(), entry_id)
    return form_page(
        "moderation/undo.html",
        form,
        entry=entry,
        action=ACTIONS[entry.action],
        actions=ACTIONS,
        conflicts=_conflict_lines(entry_id, ACTIONS[entry.action]),
        lines=effect_lines(reader(), site(), actor(), seen.effects),
        can_undo_some=seen.can_undo_some,
    )


def _taken_back_already(entry: LogLine, form: UndoForm) -> Response:
    """Who was faster, and when; with what was typed."""
    assert entry.undone_by_id is not None
    response = form_page(
        "moderation/undone.html",
        form,
        entry=entry,
        by=log_line(reader(), actor(), entry.undone_by_id),
        actions=ACTIONS,
    )
    response.status_code = 409
    return response


def _conflict_lines(entry_id: int, action: Action) -> tuple[ConflictLine, ...]:
    """What is in the way, each thing once: of 1,000 posts that are elsewhere one says enough."""
    found = _told_apart(conflicts_of(reader(), site(), entry_id))
    names = _conflict_names(action, found)
    values = [(one.column, value) for one in found for value in (one.expected, one.found)]
    shown = iter(values_shown(reader(), site(), actor(), values))
    lines = [
        ConflictLine(
            *names.get(_named(action, one), ("", "")), one.kind, one.column, next(shown),
            next(shown), one.later_entry_id,
        )
        for one in found
    ]  # fmt: skip
    return tuple(dict.fromkeys(lines))[:MOST_CONFLICTS]


def _told_apart(found: Sequence[InTheWay]) -> list[InTheWay]:
    """Without the fields that say nothing to people, where another one of the row is in the way, too."""
    loud = {(one.table, one.id) for one in found if one.column not in SILENT}
    return [one for one in found if one.column not in SILENT or (one.table, one.id) not in loud]


# Any action on such rows knows them by name.
_ON_ROWS = {"threads": "thread.delete", "posts": "post.delete"}


def _named(action: Action, one: InTheWay) -> tuple[str, int]:
    """What a conflict is called by: its target, or of a clean-up the thread or the post."""
    if action.rows_apart and one.table in _ON_ROWS:
        return _ON_ROWS[one.table], one.id
    return action.key, one.target_id


def _conflict_names(
    action: Action, found: Sequence[InTheWay]
) -> dict[tuple[str, int], tuple[str, str]]:
    names: dict[tuple[str, int], tuple[str, str]] = {}
    by_action: dict[str, list[int]] = {}
    for key, number in list(dict.fromkeys(_named(action, one) for one in found))[:MOST_CONFLICTS]:
        by_action.setdefault(key, []).append(number)
    for key, ids in by_action.items():
        targets = load_targets(reader(), site(), ACTIONS[key], ids, skips_gone=True)
        names.update({(key, target.id): name_and_address(target) for target in targets.found})
    return names


def _take_back_now(entry_id: int, form: UndoForm) -> Response:
    partial, reason = "partial" in request.form, form.reason.data or ""
    way_back = safe_path(form.back.data) or addresses().moderation("log")
    if is_much_to_undo(load_entry(reader(), entry_id)):
        with writing() as uow:
            batch_id = start_undo_batch(
                uow, actor(), entry_id, partial=partial, reason=reason, is_background=True
            )
            uow.after_commit(nudge(RUN_BATCHES))
        return redirect(addresses().moderation(f"batches/{batch_id}", back=way_back), 303)
    with writing() as uow:
        done = undo(uow, actor(), entry_id, partial=partial, reason=reason)
    say(_("Taken back.") if not done.left else _("Taken back as far as it could be."))
    return redirect(way_back, 303)


@pages.get(f"/moderation/batches/<{ID}:batch_id>")
def batch(batch_id: int) -> Response:
    """How far a large action is. The page asks again by itself while it runs."""
    found = batch_progress(reader(), actor(), batch_id)
    response = make_response(
        render_template(
            "moderation/batch.html",
            batch=found,
            action=ACTIONS[found.action],
            error=sentence(found.error, {}) if found.error else "",
            back=safe_path(request.args.get("back")),
        )
    )
    if found.is_running:
        response.headers["Refresh"] = "2"
    return response
