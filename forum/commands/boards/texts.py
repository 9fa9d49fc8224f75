"""编辑版块: the texts of a board, which its moderators may write too."""

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import NotFound
from forum.core.text import clean_text
from forum.core.uow import UnitOfWork
from forum.markup import render
from forum.models import Board
from forum.policies.actor import Actor
from forum.policies.moderation import may_edit_board_rules, may_edit_board_texts


def edit_board_texts(
    uow: UnitOfWork, actor: Actor, *, board_id: int, description: str, rules: str | None = None
) -> None:
    """Write the description and the rules of a board, both BBCode.

    :param rules: None = they stay.
    :raises NotFound: no such board, or the actor may not see it.
    :raises Forbidden: it is not the actor's to edit, or its rules are not.
    """
    board = uow.session.get(Board, board_id, with_for_update=True)
    if board is None:
        raise NotFound("not_found")
    may_edit_board_texts(actor, board).require()
    if rules is not None:
        may_edit_board_rules(actor, board).require()

    before = _texts_of(board)
    write_texts(board, description=description, rules=board.rules if rules is None else rules)
    board.version += 1  # the row is locked

    log_change(
        uow,
        actor,
        action="board.edited",
        target=f"board:{board_id}",
        title=board.name,
        before=before,
        after=_texts_of(board),
    )
    uow.bump(CacheName.SITE)


def write_texts(board: Board, *, description: str, rules: str) -> None:
    """Put the texts of the site's own into a board, with the HTML made of them; "" for none."""
    board.description = clean_text(description).strip()
    board.rules = clean_text(rules).strip()
    board.description_html = render(board.description).html if board.description else ""
    board.rules_html = render(board.rules).html if board.rules else ""


def _texts_of(board: Board) -> dict[str, str]:
    return {"description": board.description, "rules": board.rules}
