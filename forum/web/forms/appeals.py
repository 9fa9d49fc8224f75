"""The form of an appeal."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from forum.commands.appeals import MOST_CHARACTERS


class AppealForm(FlaskForm):  # type: ignore[misc]
    """Why the decision is wrong."""

    text = TextAreaField(
        _l("Why is the decision wrong?"), [DataRequired(), Length(max=MOST_CHARACTERS)]
    )
