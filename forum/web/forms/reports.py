"""The form of a report."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from forum.commands.reports import MOST_CHARACTERS, REASONS


class ReportForm(FlaskForm):  # type: ignore[misc]
    """Why, and in words."""

    reason = RadioField(_l("Reason"), validate_choice=False, default="spam")
    text = TextAreaField(_l("In your words"), [Length(max=MOST_CHARACTERS)])

    def offer(self) -> None:
        """Fill the choices."""
        self.reason.choices = [SelectChoice(key, _(label)) for key, label in REASONS.items()]
