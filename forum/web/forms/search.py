"""The search form: a GET, so that a search has an address. Labels are in the template."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length

from forum.core.text import clean_line
from forum.queries.search import Order, SearchFor
from forum.search import parse_words

MOST_CHARACTERS = 80
DAYS = (0, 1, 2, 7, 30, 90, 180, 365)


class SearchForm(FlaskForm):  # type: ignore[misc]
    """Words, and what narrows them."""

    class Meta:
        csrf = False  # it changes nothing

    q = StringField(default="", validators=[Length(max=MOST_CHARACTERS)])
    kind = SelectField(choices=["titles", "posts"], default="titles")
    author = StringField(default="", validators=[Length(max=MOST_CHARACTERS)])
    board = SelectMultipleField(coerce=int, default=())
    days = SelectField(coerce=int, choices=[SelectChoice(days) for days in DAYS], default=0)
    side = SelectField(choices=["within", "before"], default="within")
    order = SelectField(choices=[order.value for order in Order], default=Order.NEWEST.value)

    def offer_boards(self, board_ids: Iterable[int]) -> None:
        """Let these boards be chosen."""
        self.board.choices = [SelectChoice(board_id) for board_id in board_ids]

    @property
    def is_advanced(self) -> bool:
        """Is anything narrowed?"""
        return bool(
            self.author.data or self.board.data or self.days.data or self.order.data != Order.NEWEST
        )

    def asked(self) -> SearchFor:
        """What the valid form asks for."""
        chosen: Sequence[int] = self.board.data or ()
        return SearchFor(
            words=parse_words(clean_line(self.q.data or "")),
            in_titles=self.kind.data == "titles",
            author=clean_line(self.author.data or ""),
            board_ids=frozenset(chosen),
            within=timedelta(days=self.days.data) if self.days.data else None,
            is_before=self.side.data == "before",
            order=Order(self.order.data),
        )
