"""The forms of the word filter."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

MOST_CHARACTERS = 1_000_000


class WordsForm(FlaskForm):  # type: ignore[misc]
    """A bulk of words."""

    text = TextAreaField(_l("Words"), [DataRequired(), Length(max=MOST_CHARACTERS)])
    category = StringField(_l("Category"), [Length(max=30)])
    mode = RadioField(
        _l("Words that are in the list already"),
        choices=[
            SelectChoice("keep", _l("stay as they are")),
            SelectChoice("change", _l("are changed")),
            SelectChoice("exchange", _l("and all others go: this is the whole list")),
        ],
        default="keep",
    )


class TestForm(FlaskForm):  # type: ignore[misc]
    """A text to be tried."""

    text = TextAreaField(_l("Text"), [DataRequired(), Length(max=100_000)])
