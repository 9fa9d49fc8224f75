"""The form of friend links."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from forum.commands.friend_links import LinkDraft
from forum.http.panel_forms import stripped


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
