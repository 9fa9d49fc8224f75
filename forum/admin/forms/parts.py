"""What several forms of the panel share: a colour, a choice, lines of text, numbers by id."""

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from forum.core.errors import Invalid

INKS = range(1, 17)  # the classes ink-1 to ink-16 of the design


def number_or_none(value: object) -> int | None:
    """For selects with an empty first choice; what is no number is none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def options(*pairs: tuple[Any, Any]) -> list[SelectChoice]:
    """The choices of a select, by value and label."""
    return [SelectChoice(value, label) for value, label in pairs]


def colour_field() -> SelectField:
    """One of the design's sixteen colours, or none."""
    return SelectField(
        _l("Name color"),
        coerce=number_or_none,
        choices=lambda: [
            SelectChoice("", _("None")),
            *(
                SelectChoice(ink, _("Color %(number)s", number=ink), {"class": f"ink-{ink}"})
                for ink in INKS
            ),
        ],
    )


class LinesField(TextAreaField):  # type: ignore[misc]
    """A tuple of words, one a line; empty lines are left out."""

    data: Any

    def _value(self) -> str:
        return "\n".join(str(line) for line in self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        lines = (line.strip() for line in (valuelist[0] if valuelist else "").splitlines())
        self.data = tuple(line for line in lines if line)


def numbers_by_id(prefix: str) -> dict[int, int]:
    """The numbers of fields like `position-12` of a list's form, by the id in their names.

    :raises Invalid: "number_expected".
    """
    found: dict[int, int] = {}
    for name, value in request.form.items():
        head, _dash, tail = name.rpartition("-")
        if head == prefix and tail.isdecimal() and len(tail) < 16:
            found[int(tail)] = whole(value)
    return found


def whole(text: str, *, otherwise: int | None = None) -> int:
    """A whole number as typed.

    :raises Invalid: "number_expected".
    """
    text = text.strip()
    if not text and otherwise is not None:
        return otherwise
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 10:
        raise Invalid("number_expected")
    return int(text)
