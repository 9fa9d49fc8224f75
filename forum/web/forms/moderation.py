"""The form of an action: its options as the registry lists them, the reason, the end date."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from forum.http.panel_forms import TypedTimeField
from forum.modlog.registry import Action, Choice, Option
from forum.policies.actor import Actor
from forum.policies.boards import types_offered
from forum.policies.moderation import NOTICE_REQUIRED, REASON_REQUIRED, may_bring_threads_to
from forum.policies.permissions import May
from forum.queries.site import BoardInfo, Site
from forum.web.forms.posts import MOST_CHARACTERS


def _number(value: Any) -> int | None:
    return int(value) if str(value or "").lstrip("-").isdecimal() else None


class ActionForm(FlaskForm):  # type: ignore[misc]
    """What every action asks. Options are added by `action_form`."""

    reason = StringField(_l("Reason for the log"), [Length(max=200)])
    notifies = BooleanField(_l("Notify the author"))
    previewed = HiddenField(validators=[Length(max=100)])
    back = HiddenField(validators=[Length(max=2000)])

    def options_of(self, action: Action) -> Any:
        """The options chosen, as the action's own dataclass."""
        return action.options(**{option.name: _value(self, option) for option in action.fields})

    @property
    def end_date(self) -> datetime | None:
        """When it ends, in UTC; None = it stays."""
        field = getattr(self, "expires_at", None)
        if field is None or field.data is None:
            return None
        at: datetime = field.data.replace(tzinfo=self.zone)
        return at.astimezone(UTC)

    def option_fields(self, action: Action) -> list[Field]:
        """The fields of the options, in order."""
        return [self[option.name] for option in action.fields]


class UndoForm(FlaskForm):  # type: ignore[misc]
    """What taking an entry of the log back asks."""

    reason = StringField(_l("Reason for the log"), [Length(max=200)])
    back = HiddenField(validators=[Length(max=2000)])


def undo_form(actor: Actor, **data: Any) -> UndoForm:
    """The form of an undo: a group that has to give reasons has to here, too."""
    form = UndoForm(**data)
    _require_reason(form, actor)
    return form


def _require_reason(form: FlaskForm, actor: Actor) -> None:
    if actor.permission(May.REASON) & REASON_REQUIRED:
        form.reason.validators = (InputRequired(), *form.reason.validators)
        form.reason.flags.required = True


def ask_reason(form: FlaskForm, actor: Actor) -> None:
    """Demand of a form's reason and notice what the actor's group has to give."""
    _require_reason(form, actor)
    if actor.permission(May.REASON) & NOTICE_REQUIRED:
        form.notifies.data = True


class NetworkForm(ActionForm):
    """A network to ban."""

    network = StringField(_l("Address or network"), [InputRequired(), Length(max=60)])
    expires_at = TypedTimeField(
        _l("Ends at"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
    )


def network_form(actor: Actor) -> NetworkForm:
    """The form of a network ban, with the moderator's clock."""
    form = NetworkForm()
    form.zone = actor.zone
    return form


def _value(form: FlaskForm, option: Option) -> Any:
    data = form[option.name].data
    if option.choice in (Choice.TEXT, Choice.MESSAGE, Choice.FLOORS, Choice.NETWORK, Choice.PICK):
        return (data or "").strip()
    if option.choice is Choice.FLAG:
        return bool(data)
    return data if data is not None else option.default


def action_form(
    action: Action, actor: Actor, site: Site, *, board_ids: Collection[int] = (), **data: Any
) -> ActionForm:
    """The form of one action for one moderator; choices are those the actor has.

    :param board_ids: where the targets are: whose types are offered, where no other board is chosen.
    """
    places = _places(action, actor, site, board_ids)
    fields = {option.name: _field(option, action, actor, site, places) for option in action.fields}
    if action.takes_expiry:
        fields["expires_at"] = TypedTimeField(
            _l("Ends at"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        )
    form_class = type("OneActionForm", (ActionForm,), {**fields, "zone": actor.zone})
    form: ActionForm = form_class(**data)
    ask_reason(form, actor)
    return form


def _field(
    option: Option, action: Action, actor: Actor, site: Site, places: Sequence[BoardInfo]
) -> Any:
    label = _(option.label)
    match option.choice:
        case Choice.LEVEL:
            most = actor.permission(action.permission)
            offered = [
                SelectChoice(value, _(name)) for value, name in option.values if int(value) <= most
            ]
            return RadioField(label, choices=offered, coerce=int, default=option.default)
        case Choice.PICK:
            choices = [SelectChoice(value, _(name)) for value, name in option.values]
            return SelectField(label, choices=choices, default=option.default)
        case Choice.COLOR:
            names = (
                _("None"), _("Red"), _("Orange"), _("Brown"), _("Green"), _("Light blue"),
                _("Blue"), _("Purple"), _("Pink"),
            )  # fmt: skip
            return SelectField(
                label,
                choices=[SelectChoice(str(number), name) for number, name in enumerate(names)],
                coerce=int,
                default=option.default,
            )
        case Choice.FLAG:
            return BooleanField(label, default=option.default)
        case Choice.BOARD:
            return SelectField(
                label, [InputRequired()], choices=_boards(actor, site), coerce=_number
            )
        case Choice.TYPE:
            return SelectField(label, choices=_types(actor, places), coerce=_number)
        case Choice.THREAD:
            checks = [InputRequired(), NumberRange(min=1, max=2**53)]
            return IntegerField(label, checks, default=option.default)
        case Choice.DAYS:
            return IntegerField(
                label, [Optional(), NumberRange(min=0, max=3650)], default=option.default
            )
        case Choice.MESSAGE:
            return TextAreaField(label, [InputRequired(), Length(max=MOST_CHARACTERS)])
        case Choice.FLOORS:
            return TextAreaField(label, [InputRequired(), Length(max=20_000)])
        case _:
            checks = [Length(max=option.max_length or 200)]
            if option.is_required:
                checks = [InputRequired(), *checks]
            return StringField(label, checks, default=option.default)


def _boards(actor: Actor, site: Site) -> list[SelectChoice]:
    chosen = [SelectChoice("", _("Choose a board"))]
    for board in site.boards.values():
        if may_bring_threads_to(actor, board):
            depth = len(site.ancestors(board.id))
            chosen.append(SelectChoice(str(board.id), "\u3000" * max(0, depth - 1) + board.name))
    return chosen


def _places(
    action: Action, actor: Actor, site: Site, board_ids: Collection[int]
) -> list[BoardInfo]:
    """The boards whose types can be given: those to choose from, else those of the targets."""
    if any(option.choice is Choice.BOARD for option in action.fields):
        return [board for board in site.boards.values() if may_bring_threads_to(actor, board)]
    return [site.boards[one] for one in sorted(board_ids) if actor.moderates(one)]


def _types(actor: Actor, places: Sequence[BoardInfo]) -> list[SelectChoice]:
    chosen = [SelectChoice("", _("No type"))]
    for board in places:
        place = f"{board.name}: " if len(places) > 1 else ""
        chosen += [
            SelectChoice(str(kind.id), place + kind.name) for kind in types_offered(actor, board)
        ]
    return chosen
