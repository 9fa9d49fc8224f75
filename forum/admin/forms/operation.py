"""The forms of announcements and friend links."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from forum.admin.forms.parts import stripped, whole_number
from forum.commands.announcements import AnnouncementDraft
from forum.commands.friend_links import LinkDraft

MINUTES = "%Y-%m-%dT%H:%M"


class LocalTimeField(DateTimeLocalField):  # type: ignore[misc]
    """A moment typed in the administrator's own zone; `moment` is aware."""

    zone: ZoneInfo

    def process_data(self, value: datetime | None) -> None:
        self.stored = value

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        stored = getattr(self, "stored", None)
        return stored.astimezone(self.zone).strftime(MINUTES) if stored else ""

    @property
    def moment(self) -> datetime | None:
        return self.data.replace(tzinfo=self.zone) if self.data else None


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


class LinkForm(FlaskForm):  # type: ignore[misc]
    name = StringField(_l("Name of the site"), [InputRequired(), Length(max=60)], [stripped])
    address = StringField(_l("Address"), [InputRequired(), Length(max=500)], [stripped])
    description = StringField(
        _l("A few words"),
        [Length(max=200)],
        [stripped],
        description=_l("Links with words stand first, one a line."),
    )

    def draft(self) -> LinkDraft:
        return LinkDraft(self.name.data, self.address.data, self.description.data or "")
