"""编辑版块: which boards' texts are a moderator's to write, and what they say."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.policies.actor import Actor
from forum.policies.moderation import (
    may_edit_board_rules,
    may_edit_board_texts,
    may_edit_boards,
)
from forum.queries.admin.boards import board_texts
from forum.queries.site import BoardInfo, Site


@dataclass(frozen=True)
class EditableBoard:
    """A board in the panel's list of those whose texts one writes."""

    id: int
    name: str
    has_description: bool
    has_rules: bool
    can_edit_rules: bool


def editable_boards(site: Site, actor: Actor) -> tuple[EditableBoard, ...]:
    """The boards whose texts the actor may write, in their order. No statement.

    :raises Forbidden: the actor writes none.
    """
    may_edit_boards(actor).require()
    return tuple(
        EditableBoard(
            board.id,
            board.name,
            bool(board.description_html),
            bool(board.rules_html),
            bool(may_edit_board_rules(actor, board)),
        )
        for board in site.boards.values()
        if may_edit_board_texts(actor, board)
    )


@dataclass(frozen=True)
class BoardTextsPage:
    """The texts of a board as they were typed."""

    board: BoardInfo
    description: str
    rules: str
    can_edit_rules: bool


def board_texts_page(s: Session, site: Site, actor: Actor, board_id: int) -> BoardTextsPage:
    """What the form of a board's texts begins with. One statement.

    :raises NotFound: no such board, or the actor may not see it.
    :raises Forbidden: it is not the actor's to edit.
    """
    board = site.boards.get(board_id)
    if board is None:
        raise NotFound("not_found")
    may_edit_board_texts(actor, board).require()
    texts = board_texts(s, board_id)
    can_edit_rules = bool(may_edit_board_rules(actor, board))
    return BoardTextsPage(board, texts.description, texts.rules, can_edit_rules)
