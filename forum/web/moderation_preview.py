"""What a moderator is shown before a deed: its targets, its options, what it would do."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from forum.commands.moderation import Preview, preview
from forum.commands.moderation.targets import PostTarget, Target
from forum.http.context import actor, now, reader, site
from forum.http.errors import reason as words_of
from forum.http.forms import form_page, refusals_on
from forum.http.templating import addresses
from forum.models import Member, NetworkBan, Thread
from forum.modlog.registry import Action
from forum.queries.moderation_effects import EffectLines, effect_lines
from forum.web.forms.moderation import ActionForm

WITHOUT = "without"  # the preview asked for is one without what was refused


@dataclass(frozen=True)
class TargetLine:
    """A target as the page lists it; `refused` says why it stands in the way."""

    id: int
    title: str
    url: str
    refused: str = ""
    present: str = ""  # what it has of what the action changes


def must_see_first(action: Action, ids: Sequence[int], form: ActionForm, options: Any) -> bool:
    """Destructive and bulk actions are shown before they are done, with the options and the end they have now."""
    if not action.is_destructive and len(ids) < 2:
        return False
    return bool(form.previewed.data != mark_of(action, ids, options, form.end_date))


def mark_of(action: Action, ids: Sequence[int], options: Any, until: datetime | None) -> str:
    """What a page that was shown carries: another for other targets, options, another end."""
    end = until.isoformat() if until else ""
    asked = json.dumps([action.key, sorted(ids), vars(options), end], default=list, sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def action_page(
    action: Action, ids: Sequence[int], form: ActionForm, options: Any, **sent_on: str
) -> Response:
    """The form, its targets and, as far as options are known, what would happen. Asked to leave out what
    is refused, the page is about the others alone, which are checked again when it is done.

    :param sent_on: what else the form sends; `path` = to where, if not to the action itself.
    """
    if options is None and not any(option.is_required for option in action.fields):
        options = form.options_of(action) if form.errors == {} else None
    shown: Preview | None = None
    lines = EffectLines()
    if ids:
        with refusals_on(form):
            shown = preview(
                reader(), actor(), site(), action.key, ids, options, now=now(), expires_at=form.end_date
            )  # fmt: skip
        if shown is None:
            options = None
            shown = preview(reader(), actor(), site(), action.key, ids, None, now=now())
        lines = effect_lines(reader(), site(), actor(), shown.planned.effects)
    place = shown.options_refused if shown is not None else None
    at_option = shown.refused_option if shown is not None else ""
    if place is not None and at_option:
        form[at_option].errors = [*form[at_option].errors, words_of(place)]
    is_seen = options is not None and shown is not None and place is None
    form.previewed.data = mark_of(action, ids, options, form.end_date) if is_seen else ""
    refused = {target.id: words_of(verdict) for target, verdict in shown.refused} if shown else {}
    left = [one for one in ids if one not in refused]
    if refused and left and request.form.get("preview") == WITHOUT:
        return action_page(action, left, form, options, **sent_on)
    return preview_page(
        "moderation/do.html",
        form,
        action=action,
        ids=ids,
        targets=_target_lines(shown, refused),
        lines=lines if is_seen else None,
        place_refused=words_of(place) if place is not None and not at_option else "",
        can_do=bool(ids) and not refused,
        left_count=len(left),
        sent_on=sent_on,
        told_count=len(shown.planned.members_told - {actor().member_id}) if shown else 0,
    )


def preview_page(template: str, form: ActionForm, **more: Any) -> Response:
    """The page of a form that shows what sending it would do."""
    response = form_page(template, form, **more)
    if request.method == "POST" and not form.errors and not form.form_errors:
        response.status_code = 200  # nothing was wrong: this is what would happen
    return response


def _target_lines(shown: Preview | None, refused: dict[int, str]) -> tuple[TargetLine, ...]:
    if shown is None:
        return ()
    return tuple(
        TargetLine(
            target.id,
            *name_and_address(target),
            refused.get(target.id, ""),
            _present(shown, target),
        )
        for target in shown.planned.targets.found
    )


def _present(shown: Preview, target: Target) -> str:
    column = shown.planned.request.action.present_column
    return str(getattr(target, column)) if column else ""


def name_and_address(target: Target) -> tuple[str, str]:
    """What a target is called, and where it is."""
    if isinstance(target, Thread):
        return target.title, addresses().thread(target.moved_to_id or target.id)
    if isinstance(target, PostTarget):
        return f"{target.thread.title} #{target.post.floor}", addresses().post(target.id)
    if isinstance(target, NetworkBan):
        return target.network, addresses().moderation("networks")
    assert isinstance(target, Member)
    return target.name, addresses().space(target.id)
