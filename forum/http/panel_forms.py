"""What do both staff panels ask for? Announcements, the texts of a board, the password once more."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from forum.commands.announcements import AnnouncementDraft
from forum.core.clock import FIRST_YEAR, LAST_YEAR, is_usable
from forum.http.errors import sentence
from forum.http.times import local_time

LONGEST_PASSWORD = 200
LARGEST = 2_000_000_000
MINUTES = "%Y-%m-%dT%H:%M"


def stripped(value: str | None) -> str:
    return (value or "").strip()


def whole_number(label: Any, least: int = 0, most: int = LARGEST, **more: Any) -> IntegerField:
    """A number that must be there."""
    return IntegerField(label, [InputRequired(), NumberRange(least, most)], **more)


def description_field() -> TextAreaField:
    """版块简介."""
    return TextAreaField(
        _l("Board description"), [Length(max=5000)], description=_l("BBCode is allowed.")
    )


def rules_field() -> TextAreaField:
    """版块规则."""
    return TextAreaField(
        _l("Rules of this board"), [Length(max=20_000)], description=_l("BBCode is allowed.")
    )


class TypedTimeField(DateTimeLocalField):  # type: ignore[misc]
    """A date and time somebody types; no zone is too far west or east for it."""

    data: datetime | None

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        if self.data is not None and not is_usable(self.data):
            self.data = None
            raise ValueError(sentence("date_range", {"first": FIRST_YEAR, "last": LAST_YEAR}))


class LocalTimeField(TypedTimeField):
    """A moment typed in the own zone of whoever types it; `moment` is aware."""

    zone: ZoneInfo

    def process_data(self, value: datetime | None) -> None:
        self.stored, self.data = value, None

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        stored = getattr(self, "stored", None)
        if stored is None:
            return ""
        return local_time(stored, self.zone).replace(tzinfo=None).isoformat(timespec="minutes")

    @property
    def moment(self) -> datetime | None:
        return self.data.replace(tzinfo=self.zone) if self.data else None


class ButtonForm(FlaskForm):  # type: ignore[misc]
    """A form of nothing but a button and its token."""


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """What cannot be taken back asks for the password again."""

    password = PasswordField(_l("Your password"), [InputRequired(), Length(max=LONGEST_PASSWORD)])


class AnnouncementForm(FlaskForm):  # type: ignore[misc]
    title = StringField(_l("Announcement title"), [InputRequired(), Length(max=100)], [stripped])
    starts_at = LocalTimeField(_l("Starts"), [InputRequired()], format=[MINUTES])
    ends_at = LocalTimeField(
        _l("Ends"), [Optional()], format=[MINUTES], description=_l("Empty: stays for good.")
    )
    body = TextAreaField(
        _l("Text"),
        [Length(max=20_000)],
        description=_l("BBCode is allowed. Give a text or a link."),
    )
    link = StringField(_l("Link in place of a text"), [Length(max=500)], [stripped])
    position = whole_number(_l("Display order"), -10_000, 10_000, default=0)

    def __init__(self, zone: ZoneInfo, **values: Any) -> None:
        super().__init__(**values)
        self.starts_at.zone = self.ends_at.zone = zone

    def draft(self) -> AnnouncementDraft:
        starts_at = self.starts_at.moment
        assert starts_at is not None  # InputRequired
        return AnnouncementDraft(
            title=self.title.data,
            starts_at=starts_at,
            ends_at=self.ends_at.moment,
            body=self.body.data or "",
            link=self.link.data,
            position=self.position.data,
        )


class BoardTextsForm(FlaskForm):  # type: ignore[misc]
    """What moderators write about their board; without its rules where those are not theirs."""

    description = description_field()
    rules = rules_field()

    def __init__(self, *, with_rules: bool, **values: Any) -> None:
        super().__init__(**values)
        if not with_rules:
            del self.rules

    @property
    def texts(self) -> dict[str, str]:
        """By name, those that are asked for."""
        return {
            field.name: field.data or "" for field in self if field.name in ("description", "rules")
        }
