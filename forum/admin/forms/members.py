"""The forms of members: finding them, their group, handing over an account."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional

from forum.admin.forms.parts import options
from forum.http.panel_forms import LONGEST_PASSWORD, stripped
from forum.models import GroupKind, MemberState
from forum.policies.actor import GUEST_GROUP, PUNISHING_GROUPS, Actor
from forum.policies.admin import may_give_group
from forum.queries.admin.members import MemberFilter
from forum.queries.site import Site

STATES = {
    MemberState.ACTIVE: _l("Active"),
    MemberState.UNCLAIMED: _l("Unclaimed"),
    MemberState.LOCKED: _l("Locked"),
}


def asked_filter(query: Any) -> MemberFilter:
    """Whom the list is asked for; what is not understood is left out."""
    group, state = query.get("group", ""), query.get("state", "")
    return MemberFilter(
        text=query.get("q", "")[:100],
        group_id=int(group) if group.isdecimal() and len(group) < 16 else None,
        state=MemberState(state) if state in list(MemberState) else None,
    )


class MemberGroupForm(FlaskForm):  # type: ignore[misc]
    group_id = SelectField(_l("Group"), coerce=int)
    days = IntegerField(
        _l("For how many days"),
        [Optional(), NumberRange(1, 3650)],
        description=_l("Empty: for good. Afterwards they return to the group they have now."),
    )
    password = PasswordField(
        _l("Your password"),
        [InputRequired(), Length(max=LONGEST_PASSWORD)],
    )

    def __init__(self, site: Site, who: Actor, **values: Any) -> None:
        super().__init__(**values)
        by_hand = (
            (group.id, group.title)
            for group in site.groups.values()
            if group.kind is not GroupKind.LADDER
            and group.id not in (GUEST_GROUP, *PUNISHING_GROUPS)
            and may_give_group(who, group)
        )
        self.group_id.choices = options((site.ladder[0].id, _l("By points")), *by_hand)

    def until(self, now: datetime) -> datetime | None:
        return now + timedelta(days=self.days.data) if self.days.data else None


class HandOverForm(FlaskForm):  # type: ignore[misc]
    """Renaming an unclaimed account and giving somebody the way in."""

    name = StringField(_l("New name"), [InputRequired(), Length(max=60)], [stripped])
    way = RadioField(
        _l("Way in"),
        choices=options(
            ("password", _l("A one-time password, shown once")),
            ("letter", _l("A link by e-mail")),
        ),
        default="password",
    )
    email = StringField(
        _l("E-mail address of the owner"),
        [Optional(), Length(max=254), Email(allow_smtputf8=False)],
        [stripped],
    )
    password = PasswordField(_l("Your password"), [InputRequired(), Length(max=LONGEST_PASSWORD)])


def state_choices() -> list[tuple[str, Any]]:
    return [("", _l("Any state")), *((state.value, label) for state, label in STATES.items())]
