"""The forms of a member's own settings."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from forum.http.errors import sentence
from forum.settings import Accounts
from forum.web.forms.accounts import (
    EMAIL_RULES,
    LONGEST_PASSWORD,
    ChoosePasswordForm,
    stripped,
)

_AREAS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@lru_cache(maxsize=2)
def time_zones(year_and_month: tuple[int, int]) -> tuple[SelectChoice, ...]:
    """Zones labelled "GMT+08:00 Asia/Shanghai", from west to east."""
    at = datetime(*year_and_month, 1, tzinfo=ZoneInfo("UTC"))
    found = []
    for name in available_timezones():
        if name.partition("/")[0] in _AREAS:
            offset = at.astimezone(ZoneInfo(name)).strftime("%z")
            minutes = int(f"{offset[0]}1") * (int(offset[1:3]) * 60 + int(offset[3:5]))
            found.append((minutes, name, f"GMT{offset[:3]}:{offset[3:5]} {name}"))
    return tuple(SelectChoice(name, label) for _, name, label in sorted(found))


class ProfileForm(FlaskForm):  # type: ignore[misc]
    """What the group may not have is taken out by the page (`del form.signature`)."""

    time_zone = SelectField(_l("Time zone"))
    locale = SelectField(
        _l("Language"),
        choices=[
            SelectChoice("", _l("The site's")),
            SelectChoice("zh", "中文"),
            SelectChoice("en", "English"),
        ],
    )
    custom_title = StringField(_l("Custom title"), [Length(max=60)])
    signature = TextAreaField(_l("Signature"), [Length(max=5000)])
    is_invisible = BooleanField(_l("Be invisible in the list of who is online"))

    def __init__(self, now: datetime, site_zone: str, **more: Any) -> None:
        super().__init__(**more)
        zones = time_zones((now.year, now.month))
        self.time_zone.choices = [SelectChoice("", _("The site's") + f" ({site_zone})"), *zones]

    def chosen(self) -> dict[str, Any]:
        """What the page offered, by name."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class PasswordForm(ChoosePasswordForm):
    old_password = PasswordField(
        _l("Old password"), [InputRequired(), Length(max=LONGEST_PASSWORD)]
    )

    next = HiddenField()

    def __init__(self, accounts: Accounts, *known: str, **more: Any) -> None:
        super().__init__(accounts, *known, **more)

    def validate_password(self, field: PasswordField) -> None:
        super().validate_password(field)
        if field.data == self.old_password.data:
            raise ValidationError(sentence("password_same", {}))


class EmailForm(FlaskForm):  # type: ignore[misc]
    email = StringField(
        _l("New e-mail"),
        EMAIL_RULES,
        [stripped],
    )
    old_password = PasswordField(_l("Password"), [InputRequired(), Length(max=LONGEST_PASSWORD)])


class AvatarForm(FlaskForm):  # type: ignore[misc]
    picture = FileField(_l("Picture"), [FileRequired()])
