"""Which thread types (主题分类) does a board offer? Added, renamed, ordered and retired together."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import Conflict, Invalid, NotFound
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import Board, BoardKind, ThreadType
from forum.policies.actor import Actor
from forum.policies.admin import may_change_site


@dataclass(frozen=True)
class TypeDraft:
    """A type as it shall be; `id` None = a new one."""

    id: int | None
    name: str
    position: int = 0
    for_moderators: bool = False
    is_retired: bool = False


def set_thread_types(
    uow: UnitOfWork,
    actor: Actor,
    *,
    board_id: int,
    types: Sequence[TypeDraft],
    are_required: bool,
    are_listed: bool,
) -> None:
    """Change a board's types. Threads keep a retired type; nothing new can get it.

    :param are_required: every thread needs one.
    :param are_listed: the board's page offers them as filters.
    :raises Invalid: a type without a name; types required where none is offered.
    :raises Conflict: a type is not (or no longer) this board's.
    """
    may_change_site(actor).require()
    s = uow.session
    board = s.get(Board, board_id, with_for_update=True)
    if board is None or board.kind is BoardKind.CATEGORY:
        raise NotFound("not_found")
    rows = {
        row.id: row
        for row in s.scalars(
            select(ThreadType).where(ThreadType.board_id == board_id).order_by(ThreadType.id)
        )
    }
    if any(draft.id is not None and draft.id not in rows for draft in types):
        raise Conflict("conflict")
    if any(not clean_line(draft.name) for draft in types):
        raise Invalid("type_name_empty")
    if are_required and all(draft.is_retired for draft in types):
        raise Invalid("type_required_without_types")

    before = _summary(board, list(rows.values()))
    for draft in types:
        row = rows.get(draft.id) if draft.id is not None else None
        if row is None:
            row = ThreadType(board_id=board_id)
            s.add(row)
        row.name = clean_line(draft.name)
        row.position = draft.position
        row.for_moderators = draft.for_moderators
        row.is_retired = draft.is_retired
    board.types_required, board.types_listed = are_required, are_listed
    board.version += 1  # the row is locked
    s.flush()  # ids of new types

    after = s.scalars(
        select(ThreadType).where(ThreadType.board_id == board_id).order_by(ThreadType.id)
    ).all()
    log_change(
        uow,
        actor,
        action="board.types",
        target=f"board:{board_id}",
        title=board.name,
        before=before,
        after=_summary(board, after),
    )
    uow.bump(CacheName.SITE)


def _summary(board: Board, types: Sequence[ThreadType]) -> dict[str, object]:
    return {
        "types_required": board.types_required,
        "types_listed": board.types_listed,
        **{
            f"type:{row.id}": {
                "name": row.name,
                "position": row.position,
                "for_moderators": row.for_moderators,
                "is_retired": row.is_retired,
            }
            for row in types
        },
    }
