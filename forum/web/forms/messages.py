"""The forms of messages. Lengths that depend on settings are the command's."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from forum.web.forms.accounts import stripped
from forum.web.forms.posts import MessageForm

LONGEST_NAME = 60


class AddressedForm(MessageForm):
    """A message to a member named here."""

    to = StringField(_l("To"), [Length(max=LONGEST_NAME)], [stripped])


class ReceptionForm(FlaskForm):  # type: ignore[misc]
    """From whom one takes messages."""

    takes = RadioField(
        _l("I take messages from"),
        choices=[SelectChoice("all", _l("everybody")), SelectChoice("none", _l("nobody"))],
    )


class BlockForm(FlaskForm):  # type: ignore[misc]
    """Somebody more one does not hear."""

    to = StringField(_l("User name"), [InputRequired(), Length(max=LONGEST_NAME)], [stripped])
