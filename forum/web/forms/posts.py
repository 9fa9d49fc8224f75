"""The forms of threads, replies and edits. Lengths that depend on settings are the command's."""

from functools import lru_cache
from typing import Any

from babel.support import NullTranslations, Translations
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import messages_path
from wtforms.validators import Length

from forum.queries.posts import ThreadForm

# Far above every setting: what is longer is nobody's post.
MOST_CHARACTERS = 60_000


def _number(value: Any) -> int | None:
    """A select's value; "" = nothing chosen."""
    return int(value) if str(value or "").isdecimal() else None


@lru_cache(maxsize=8)
def _library_words(locale: str) -> NullTranslations:
    return Translations.load(messages_path(), [locale], domain="wtforms")


class _Words:
    """WTForms' own sentences. Flask-WTF reads their file again for each request, which takes as
    long as half of what the database does for a reply."""

    def gettext(self, words: str) -> str:
        return str(_library_words(str(get_locale())).ugettext(words))

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return str(_library_words(str(get_locale())).ungettext(singular, plural, number))


class MessageForm(FlaskForm):  # type: ignore[misc]
    """A message and the form's own key, by which a double click is known."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, form: Any) -> _Words:
            return _Words()

    source = TextAreaField(_l("Message"), [Length(max=MOST_CHARACTERS)])
    submission_key = HiddenField(validators=[Length(max=64)])


class ReplyForm(MessageForm):
    """Nothing but the message."""


class OpeningForm(MessageForm):
    """A message with a title, a type and options."""

    title = StringField(_l("Title"), [Length(max=400)])
    type_id = SelectField(_l("Thread type"), coerce=_number, validate_choice=False)
    is_newest_first = BooleanField(_l("Show the newest replies first"))
    notifies_author = BooleanField(_l("Tell me of replies"))
    # Fields that a short form leaves out keep their defaults; this says that all of them were shown.
    has_options = HiddenField()
    tags = StringField(_l("Tags"), [Length(max=400)])
    read_access = SelectField(_l("Reading access"), coerce=_number, validate_choice=False)

    def offer(self, offered: ThreadForm) -> None:
        """Fill the choices. What a thread has already stays among them."""
        self.takes_tags = offered.takes_tags
        types = {kind.id: kind.name for kind in offered.types}
        if self.type_id.data is not None:
            types.setdefault(self.type_id.data, _("The present type"))
        self.type_id.choices = [
            SelectChoice("", _("Choose a type")),
            *(SelectChoice(str(number), name) for number, name in types.items()),
        ]
        levels = {0: _("Everybody")}
        levels |= {level: f"{title} ({level})" for level, title in offered.read_levels}
        chosen = self.read_access.data or 0
        levels.setdefault(chosen, str(chosen))
        self.read_access.choices = [
            SelectChoice(str(level), name) for level, name in sorted(levels.items())
        ]
        if self.is_submitted() and not self.has_options.data:
            self.notifies_author.data = True  # the short form does not ask


class EditForm(OpeningForm):
    """An edit; of a reply only the message is used."""

    version = HiddenField(validators=[Length(max=18)])
    # Of somebody else's post:
    reason = StringField(_l("Reason for the log"), [Length(max=200)])
    notifies = BooleanField(_l("Notify the author"))

    @property
    def edited_version(self) -> int | None:
        """Of the post, as the form was given out; None = whatever stands."""
        sent = self.version.data or ""
        return int(sent) if sent.isdecimal() else None


class DeletionForm(FlaskForm):  # type: ignore[misc]
    """删除本帖, on the page of the edit: nothing else of the form counts then."""

    deletes = BooleanField(_l("Delete this post"))


class PreviewForm(FlaskForm):  # type: ignore[misc]
    source = TextAreaField(validators=[Length(max=MOST_CHARACTERS)])
