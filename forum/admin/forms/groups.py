"""The forms of user groups."""

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from forum.admin.forms.parts import colour_field, number_or_none, options, whole
from forum.commands.groups import GroupDraft, LadderStep
from forum.http.panel_forms import stripped, whole_number
from forum.policies.actor import Rank
from forum.policies.permissions import PERMISSIONS
from forum.queries.site import Site

TITLE = (InputRequired(), Length(max=40))
RANKS = {
    Rank.MEMBER: _l("No moderation power"),
    Rank.MODERATOR: _l("Moderator"),
    Rank.SUPER_MODERATOR: _l("Super moderator"),
    Rank.ADMINISTRATOR: _l("Administrator"),
}


class GroupForm(FlaskForm):  # type: ignore[misc]
    title = StringField(_l("Group title"), TITLE, [stripped])
    stars = whole_number(_l("Number of stars"), 0, 100)
    color = colour_field()
    read_access = whole_number(
        _l("Reading access"),
        0,
        255,
        description=_l("Threads may ask for this number. 0: reads no thread at all."),
    )
    may_visit = BooleanField(_l("May visit the site"))

    def draft(self) -> GroupDraft:
        return GroupDraft(
            title=self.title.data,
            stars=self.stars.data,
            color=self.color.data,
            read_access=self.read_access.data,
            may_visit=self.may_visit.data,
        )


class NewGroupForm(FlaskForm):  # type: ignore[misc]
    title = StringField(_l("Group title"), TITLE, [stripped])
    rank = SelectField(_l("Moderation power"), coerce=lambda value: Rank(int(value)))
    like_group_id = SelectField(_l("With the rights of"), coerce=int)

    def __init__(self, site: Site, below: Rank) -> None:
        super().__init__()
        self.rank.choices = options(
            *((int(rank), label) for rank, label in RANKS.items() if rank < below)
        )
        self.like_group_id.choices = options(
            *((group.id, group.title) for group in site.groups.values() if group.rank < below)
        )


def typed_steps() -> list[LadderStep]:
    """The ladder's table as typed; an empty new row is left out.

    :raises Invalid: "number_expected".
    """
    steps = []
    for mark in request.form.getlist("row"):
        title = request.form.get(f"title-{mark}", "").strip()[:40]
        if mark == "new" and not title:
            continue
        steps.append(
            LadderStep(
                id=None if mark == "new" else whole(mark),
                title=title,
                points_from=whole(request.form.get(f"from-{mark}", "")),
                stars=max(0, min(100, whole(request.form.get(f"stars-{mark}", ""), otherwise=0))),
                color=_ink(request.form.get(f"color-{mark}", "")),
            )
        )
    return steps


def _ink(text: str) -> int | None:
    number = number_or_none(text if text.isdecimal() and len(text) < 3 else "")
    return number if number in range(1, 17) else None


def typed_permissions() -> dict[str, int]:
    """The values of the permissions' table, all of them: an unticked box is a 0.

    :raises Invalid: "number_expected".
    """
    values: dict[str, int] = {}
    for permission in PERMISSIONS.values():
        if is_yes_or_no(permission.key):
            values[permission.key] = int(permission.key in request.form)
        else:
            values[permission.key] = whole(request.form.get(permission.key, ""), otherwise=0)
    return values


def is_yes_or_no(key: str) -> bool:
    """Is the permission a box to tick? By what the default groups hold, and the limits that are 0."""
    return max(PERMISSIONS[key].defaults.values()) <= 1 and key not in NUMBERS


# Limits whose defaults happen to be 0 or 1, and yet are numbers.
NUMBERS = frozenset(
    key
    for key in PERMISSIONS
    if key.rpartition(".")[2]
    in (
        "max_count",
        "bytes_a_day",
        "per_hour",
        "edit_minutes",
        "min",
        "max",
        "reason",
        "vote_weight",
    )
)


def permission_sections(values: Any) -> list[tuple[str, list[tuple[Any, int]]]]:
    """Permissions by the first word of their key, in the catalogue's order."""
    sections: dict[str, list[tuple[Any, int]]] = {}
    for permission in PERMISSIONS.values():
        head = "mod" if permission.key.startswith("mod.") else "posting"
        sections.setdefault(head, []).append((permission, values.get(permission.key, 0)))
    return list(sections.items())
