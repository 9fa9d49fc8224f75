"""The forms of the board tree."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from forum.admin.forms.parts import colour_field, number_or_none, options
from forum.commands.boards import BoardDraft
from forum.http.panel_forms import description_field, rules_field, stripped, whole_number
from forum.models import BoardKind
from forum.queries.admin.boards import BoardTexts
from forum.queries.site import BoardInfo, Site

NAME = (InputRequired(), Length(max=50))
INDENT = "\u3000"


def places(site: Site, *, without: int | None = None) -> list[tuple[str, str]]:
    """The boards something can stand below, indented as in the tree."""
    below = {one.id for one in site.descendants(without)} | {without} if without else set()
    return [
        (str(board.id), INDENT * len(site.ancestors(board.id)) + board.name)
        for board in site.boards.values()
        if board.id not in below and len(site.ancestors(board.id)) < 2
    ]


class NewBoardForm(FlaskForm):  # type: ignore[misc]
    name = StringField(_l("Board name"), NAME, [stripped])
    parent_id = SelectField(_l("Parent board"), coerce=number_or_none)

    def __init__(self, site: Site, **values: Any) -> None:
        super().__init__(**values)
        self.parent_id.choices = options(("", _l("None: a new category")), *places(site))

    @property
    def kind(self) -> BoardKind:
        return BoardKind.CATEGORY if self.parent_id.data is None else BoardKind.BOARD


class CategoryForm(FlaskForm):  # type: ignore[misc]
    """A category: it holds boards, no threads."""

    name = StringField(_l("Category name"), NAME, [stripped])
    color = colour_field()
    position = whole_number(_l("Display order"), -10_000, 10_000)
    columns = whole_number(
        _l("Boards in a row on the index"),
        0,
        6,
        description=_l("0 shows them as a list, one a line."),
    )
    is_hidden = BooleanField(
        _l("Hidden"), description=_l("Only administrators see it and what is below it.")
    )
    description = TextAreaField(_l("Description"), [Length(max=5000)])

    def draft(self) -> BoardDraft:
        return BoardDraft(
            name=self.name.data,
            description=self.description.data or "",
            color=self.color.data,
            position=self.position.data,
            columns=self.columns.data,
            is_hidden=self.is_hidden.data,
        )


class BoardForm(FlaskForm):  # type: ignore[misc]
    """A board or sub-board."""

    name = StringField(_l("Board name"), NAME, [stripped])
    color = colour_field()
    parent_id = SelectField(_l("Parent board"), coerce=number_or_none)
    position = whole_number(_l("Display order"), -10_000, 10_000)
    is_hidden = BooleanField(
        _l("Hidden"), description=_l("Only administrators see it and what is below it.")
    )
    description = description_field()
    rules = rules_field()
    moderators_edit_rules = BooleanField(
        _l("Moderators may change the rules"),
        description=_l("In the moderators' panel. The description they may change anyway."),
    )
    columns = whole_number(
        _l("Sub-boards in a row"), 0, 6, description=_l("0 shows them as a list, one a line.")
    )
    redirect_address = StringField(
        _l("Redirect to address"),
        [Length(max=500)],
        [stripped],
        description=_l("Whoever opens the board is sent there; it holds no threads then."),
    )
    default_order = SelectField(
        _l("Default order of threads"),
        choices=options(
            ("last_post", _l("Time of the last reply")),
            ("created", _l("Time of posting")),
            ("replies", _l("Number of replies")),
            ("views", _l("Number of views")),
            ("heat", _l("Heat")),
        ),
    )
    premoderation = SelectField(
        _l("Approval of posts"),
        coerce=int,
        choices=options(
            (0, _l("None")), (1, _l("New threads")), (2, _l("New threads and replies"))
        ),
    )
    autoclose_from = SelectField(
        _l("Threads close by themselves"),
        choices=options(
            ("", _l("Do not close")),
            ("created", _l("Days after posting")),
            ("last_post", _l("Days after the last reply")),
        ),
    )
    autoclose_days = whole_number(_l("Days until threads close"), 0, 36_500)
    inherits_moderators = BooleanField(
        _l("Moderators count for the sub-boards too"),
        description=_l("Moderators of a category always count for everything below it."),
    )

    def __init__(self, site: Site, board: BoardInfo, texts: BoardTexts) -> None:
        super().__init__(
            obj=board,
            description=texts.description,
            rules=texts.rules,
            autoclose_from=""
            if not board.autoclose_days
            else "created"
            if board.autoclose_days > 0
            else "last_post",
            autoclose_days=abs(board.autoclose_days),
        )
        on_top = [("", _l("None"))] if board.parent_id is None else []
        self.parent_id.choices = options(*on_top, *places(site, without=board.id))

    def draft(self) -> BoardDraft:
        days = {"": 0, "created": 1, "last_post": -1}[self.autoclose_from.data]
        return BoardDraft(
            name=self.name.data,
            parent_id=self.parent_id.data,
            description=self.description.data or "",
            rules=self.rules.data or "",
            moderators_edit_rules=self.moderators_edit_rules.data,
            color=self.color.data,
            position=self.position.data,
            columns=self.columns.data,
            is_hidden=self.is_hidden.data,
            redirect_address=self.redirect_address.data,
            premoderation=self.premoderation.data,
            inherits_moderators=self.inherits_moderators.data,
            autoclose_days=days * self.autoclose_days.data,
            default_order=self.default_order.data,
        )


class ModeratorForm(FlaskForm):  # type: ignore[misc]
    name = StringField(_l("Member's name"), [InputRequired(), Length(max=60)], [stripped])
    group_id = SelectField(
        _l("Group"),
        coerce=number_or_none,
        description=_l(
            "Members of staff and special groups always keep theirs. Whoever is dismissed from the last board goes back where the points belong."
        ),
    )

    def __init__(self, groups: list[tuple[str, str]]) -> None:
        super().__init__()
        self.group_id.choices = options(*groups, ("", _l("Keeps the own group")))
