"""The forms of the settings, made of their dataclasses; here are the labels and the bounds.

A field of forum/settings without an entry here fails a test, so that nothing is set in secret.
"""

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from forum.admin.forms.parts import LinesField, options
from forum.http.panel_forms import stripped
from forum.models import GroupKind
from forum.queries.site import Site
from forum.settings import SECTIONS, FooterLink

SECONDS, MINUTES, HOURS, DAYS = 1, 60, 3600, 86_400


@dataclass(frozen=True)
class Labelled:
    """How a setting is asked for.

    :param unit: seconds in one unit of a duration; the label names it.
    :param least: of a number, or of a duration in units.
    :param choices: makes a select; called with the site.
    """

    label: Any
    hint: Any = None
    least: int = 0
    most: int = 1_000_000
    unit: int = SECONDS
    is_long: bool = False
    choices: Any = None


def _zones(_site: Site) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(available_timezones()) if "/" in name]


def _ladder(site: Site) -> list[tuple[int, str]]:
    return [
        (group.id, group.title) for group in site.groups.values() if group.kind is GroupKind.LADDER
    ]


def _kinds(site: Site) -> list[tuple[int, str]]:
    return [(kind.id, kind.title) for kind in site.point_kinds.values()]


TITLES: dict[str, Any] = {
    "general": _l("Site information"),
    "reading": _l("Reading"),
    "posting": _l("Posting"),
    "messages": _l("Messages"),
    "accounts": _l("Registration and access"),
    "points": _l("Points"),
    "search": _l("Searching"),
    "moderation": _l("Moderators' tools"),
}

FIELDS: dict[str, dict[str, Labelled]] = {
    "general": {
        "name": Labelled(_l("Site name")),
        "second_name": Labelled(
            _l("Second name"), _l("Whoever runs the site; stands in the footer.")
        ),
        "second_address": Labelled(_l("Address of the second name")),
        "description": Labelled(
            _l("Site description"), _l("For search engines and feeds."), is_long=True
        ),
        "icp": Labelled(_l("ICP record number"), _l("Stands in the footer.")),
        "hot_words": Labelled(_l("Hot search words"), _l("One a line.")),
        "footer_links": Labelled(
            _l("Footer links"),
            _l("One a line: name | address. Without an address it is only text."),
        ),
        "founder_contact": Labelled(_l("Contact"), _l("An address for questions about the site.")),
        "time_zone": Labelled(_l("Time zone of the site"), choices=_zones),
        "is_closed": Labelled(
            _l("Close the site"), _l("Only administrators can open any page, everybody can log in.")
        ),
        "closed_reason": Labelled(
            _l("Why it is closed"), _l("Everybody reads this."), is_long=True
        ),
    },
    "reading": {
        "posts_per_page": Labelled(_l("Posts a page"), least=1, most=100),
        "threads_per_page": Labelled(_l("Threads a page"), least=1, most=100),
        "relative_dates": Labelled(_l("Relative dates (3 minutes ago, yesterday ...)")),
        "floor_names": Labelled(
            _l("Names of the first floors"), _l("One a line, from the opening post on.")
        ),
        "star_threshold": Labelled(
            _l("Stars for a moon, moons for a sun"), _l("Below 2 there are only stars."), most=20
        ),
        "number_card": Labelled(
            _l("Cells of the number card"),
            _l("One a line: threads, posts, digests, total, or points:2 for the kind in slot 2."),
        ),
        "card_counts_opening_posts": Labelled(
            _l("Posts in the number card count opening posts too")
        ),
        "print_posts": Labelled(_l("Posts in the print view"), least=1, most=1000),
        "heat_levels": Labelled(
            _l("Heat levels"), _l("Members taking part, one number a line, the lowest first.")
        ),
        "heat_guide_minimum": Labelled(_l("Least heat for the guide")),
        "guide_window": Labelled(_l("The guide looks back (days)"), least=1, most=3650, unit=DAYS),
        "online_hold": Labelled(
            _l("Somebody counts as online for (minutes)"), least=1, most=1440, unit=MINUTES
        ),
        "shows_private_boards": Labelled(
            _l("Show boards one may not enter, without their last posts")
        ),
        "shows_timing": Labelled(_l("Show time and number of queries in the footer")),
    },
    "posting": {
        "subject_width": Labelled(
            _l("Longest title"), _l("A Chinese character counts two."), least=10, most=200
        ),
        "message_min_bytes": Labelled(_l("Shortest message (bytes)"), most=10_000),
        "message_max_bytes": Labelled(_l("Longest message (bytes)"), least=100, most=500_000),
        "flood_interval": Labelled(_l("Wait between two posts (seconds)"), most=86_400),
        "edit_mark_after": Labelled(_l("Edits leave a mark after (seconds)"), most=86_400),
        "newbie_wait": Labelled(
            _l("New members wait before they post (minutes)"), most=100_000, unit=MINUTES
        ),
        "repeat_window": Labelled(
            _l("The same text counts as one post within (minutes)"), most=1440, unit=MINUTES
        ),
        "posts_per_hour": Labelled(_l("Posts an hour"), _l("0 = any number.")),
        "threads_per_hour": Labelled(_l("Threads an hour"), _l("0 = any number.")),
        "approved_first_posts": Labelled(
            _l("First posts of new members that wait for approval"), _l("0 = none."), most=1000
        ),
        "approval_periods": Labelled(
            _l("Hours when posts wait for approval"), _l("One span a line: 23:30-08:00.")
        ),
        "tags_per_thread": Labelled(_l("Tags a thread may have"), _l("0 = none."), most=20),
    },
    "messages": {
        "max_characters": Labelled(_l("Longest message (characters)"), least=10, most=20_000),
        "interval": Labelled(_l("Wait between two messages (seconds)"), most=3600),
        "per_day": Labelled(_l("Messages a day"), _l("0 = any number.")),
        "members_per_day": Labelled(
            _l("Different members one may write to in a day"), _l("0 = any number.")
        ),
    },
    "accounts": {
        "is_open": Labelled(_l("New members may register")),
        "name_min_width": Labelled(
            _l("Shortest name"), _l("A Chinese character counts two."), least=1, most=60
        ),
        "name_max_width": Labelled(
            _l("Longest name"), _l("A Chinese character counts two."), least=1, most=60
        ),
        "password_min_length": Labelled(_l("Shortest password"), least=6, most=100),
        "reserved_names": Labelled(
            _l("Reserved names"),
            _l("One a line; * stands for anything. Look-alikes are refused too."),
        ),
        "agreement": Labelled(
            _l("Terms of service"),
            _l("Shown when somebody registers, who must accept them. Empty: nothing is asked."),
            is_long=True,
        ),
        "new_group_id": Labelled(_l("Group of new members"), choices=_ladder),
        "session_days": Labelled(_l("Stay logged in for (days)"), least=1, most=365),
        "login_tries": Labelled(_l("Wrong passwords allowed"), least=1, most=100),
        "login_window": Labelled(
            _l("Wrong passwords are counted for (minutes)"), least=1, most=1440, unit=MINUTES
        ),
        "registrations_per_address": Labelled(
            _l("Registrations a day from one network"), least=1, most=100_000
        ),
        "mails_per_address": Labelled(
            _l("Letters an hour asked for from one network"), least=1, most=100_000
        ),
        "reset_link_minutes": Labelled(
            _l("Links for a new password work for (minutes)"), least=5, most=1440
        ),
    },
    "points": {
        "formula": Labelled(
            _l("Formula of the total"),
            _l("Made of posts, threads, digests, p1 to p8, numbers, + - * / and brackets."),
        ),
        "trade_kind_id": Labelled(_l("Kind used for trading"), choices=_kinds),
        "initial": Labelled(_l("Points of new members"), _l("Eight numbers, one a line, by slot.")),
    },
    "search": {
        "interval": Labelled(_l("Wait between two searches (seconds)"), most=3600),
        "max_results": Labelled(_l("Most results"), least=10, most=5000),
        "results_per_page": Labelled(_l("Results a page"), least=5, most=100),
    },
    "moderation": {
        "reasons": Labelled(_l("Reasons to choose from"), _l("One a line.")),
        "max_expiry_days": Labelled(_l("Timed actions end within (days)"), least=1, most=3650),
        "lossless_delete_after": Labelled(
            _l("Deleting takes no points back after (days)"), most=36_500, unit=DAYS
        ),
        "warning_limit": Labelled(_l("Warnings until muted"), least=1, most=100),
        "warning_window": Labelled(_l("Warnings count for (days)"), least=1, most=3650, unit=DAYS),
        "warning_mute": Labelled(_l("Muted for (days)"), least=1, most=3650, unit=DAYS),
        "log_is_public": Labelled(
            _l("Show everybody the public moderation log"),
            _l("What moderators did to threads, on a page of its own, without names and reasons."),
        ),
        "stamps_by_marks": Labelled(
            _l("Stamp threads that are made sticky, digested or recommended"),
            _l("With the stamp of that name; it goes with the mark."),
        ),
        "panel_session": Labelled(
            _l("Staff panels ask for the password again after (minutes)"),
            least=1,
            most=1440,
            unit=MINUTES,
        ),
        "background_above_posts": Labelled(
            _l("Bulk actions above this many posts run in the background"), least=10
        ),
    },
}


class NumbersField(LinesField):
    """A tuple of whole numbers, one a line."""

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        try:
            self.data = tuple(int(line) for line in self.data)
        except ValueError as error:
            self.data = ()
            raise ValueError(self.gettext("Not a valid integer value.")) from error


class FooterLinksField(LinesField):
    """Footer links, one a line: name | address."""

    def _value(self) -> str:
        return "\n".join(
            f"{link.name} | {link.address}" if link.address else link.name
            for link in self.data or ()
        )

    def process_formdata(self, valuelist: list[str]) -> None:
        super().process_formdata(valuelist)
        links = []
        for line in self.data:
            name, _bar, address = (part.strip() for part in line.partition("|"))
            links.append(FooterLink(name, address or None))
        self.data = tuple(links)


class DurationField(IntegerField):  # type: ignore[misc]
    """A timedelta, typed in the unit its label names."""

    def __init__(self, label: Any, validators: Any = None, unit: int = 1, **more: Any) -> None:
        super().__init__(label, validators, **more)
        self.unit = unit

    def process_data(self, value: timedelta | None) -> None:
        self.data = None if value is None else int(value.total_seconds() // self.unit)

    @property
    def duration(self) -> timedelta:
        return timedelta(seconds=(self.data or 0) * self.unit)


class LineLengths:
    """No line and not all of it longer than a page can bear."""

    def __call__(self, _form: Any, field: Field) -> None:
        if len(field.data or ()) > 200 or any(len(str(line)) > 300 for line in field.data or ()):
            raise ValidationError(field.gettext("Invalid value, too long."))


class SettingsForm(FlaskForm):  # type: ignore[misc]
    """The base of the generated forms."""

    def section(self, current: Any) -> Any:
        """The section with what was typed; what the form does not ask for stays."""
        values: dict[str, Any] = {}
        for item in dataclasses.fields(current):
            field = self._fields.get(item.name)
            if isinstance(field, DurationField):
                values[item.name] = field.duration
            elif isinstance(field, (StringField, TextAreaField)) and not isinstance(
                field, LinesField
            ):
                values[item.name] = field.data or ""
            elif field is not None:
                values[item.name] = field.data
        return dataclasses.replace(current, **values)


def settings_form(section: str, site: Site) -> SettingsForm:
    """The form of a section, filled with what holds now."""
    kind = SECTIONS[section]
    hints = typing.get_type_hints(kind)
    fields = {
        name: _field(hints[name], labelled, site) for name, labelled in FIELDS[section].items()
    }
    made: SettingsForm = type(f"{kind.__name__}Form", (SettingsForm,), fields)(
        obj=getattr(site.settings, section)
    )
    return made


def _field(hint: Any, asked: Labelled, site: Site) -> Any:
    more: Mapping[str, Any] = {"description": asked.hint or ""}
    if asked.choices is not None:
        coerce = int if hint is int else str
        return SelectField(
            asked.label, coerce=coerce, choices=options(*asked.choices(site)), **more
        )
    if hint is bool:
        return BooleanField(asked.label, **more)
    bounds = [InputRequired(), NumberRange(asked.least, asked.most)]
    if hint is int:
        return IntegerField(asked.label, bounds, **more)
    if hint is timedelta:
        return DurationField(asked.label, bounds, unit=asked.unit, **more)
    if hint == tuple[FooterLink, ...]:
        return FooterLinksField(asked.label, [LineLengths()], **more)
    if hint == tuple[int, ...]:
        return NumbersField(asked.label, [LineLengths()], **more)
    if hint == tuple[str, ...]:
        return LinesField(asked.label, [LineLengths()], **more)
    if asked.is_long:
        return TextAreaField(asked.label, [Optional(), Length(max=50_000)], **more)
    return StringField(asked.label, [Optional(), Length(max=500)], [stripped], **more)
