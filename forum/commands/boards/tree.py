"""Creating, editing, moving, ordering and deleting boards."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import delete, func, select, update

from forum.commands.admin_log import log_change
from forum.commands.boards.moderators import dismiss_all
from forum.commands.boards.texts import write_texts
from forum.commands.settings import is_web_address
from forum.core.cache import CacheName
from forum.core.errors import Conflict, Invalid, NotFound
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import Board, BoardKind, Favorite, FavoriteKind, PointRuleSetting
from forum.policies.actor import Actor
from forum.policies.admin import may_change_site
from forum.queries.admin.boards import board_obstacles
from forum.queries.site import Site, fresh_site

# Category, board, sub-board: the index shows no deeper.
DEEPEST = 2


@dataclass(frozen=True)
class BoardDraft:
    """What an administrator sets of a board. Texts are BBCode."""

    name: str
    parent_id: int | None = None
    description: str = ""
    rules: str = ""
    color: int | None = None  # 1-16, a class of the design (ink-N)
    position: int = 0
    columns: int = 0
    is_hidden: bool = False
    redirect_address: str = ""
    premoderation: int = 0
    moderators_edit_rules: bool = False
    inherits_moderators: bool = False
    autoclose_days: int = 0
    default_order: str = "last_post"


def draft_of(board: Board) -> BoardDraft:
    """The board as it is, in the shape it is edited in."""
    return BoardDraft(**{item.name: getattr(board, item.name) for item in fields(BoardDraft)})


def create_board(
    uow: UnitOfWork, actor: Actor, *, kind: BoardKind, name: str, parent_id: int | None = None
) -> int:
    """Add a category, or a board below something, after its siblings.

    :returns: the new board's id.
    :raises Invalid: no name; the parent does not exist or is too deep down.
    """
    may_change_site(actor).require()
    name = _checked_name(name)
    site = fresh_site(uow.session)
    _check_place(site, kind=kind, board_id=None, parent_id=parent_id)

    siblings = Board.parent_id.is_(None) if parent_id is None else Board.parent_id == parent_id
    last = uow.session.scalar(select(func.max(Board.position)).where(siblings))
    board = Board(
        kind=kind,
        name=name,
        parent_id=parent_id,
        position=0 if last is None else last + 1,
        created_at=uow.now,
    )
    uow.session.add(board)
    uow.session.flush()  # board.id

    log_change(
        uow,
        actor,
        action="board.created",
        target=f"board:{board.id}",
        title=name,
        after={"kind": kind, "name": name, "parent_id": parent_id},
    )
    uow.bump(CacheName.SITE)
    return board.id


def edit_board(uow: UnitOfWork, actor: Actor, *, board_id: int, draft: BoardDraft) -> None:
    """Change a board, also move it below another parent.

    :raises NotFound: no such board.
    :raises Invalid: the name is empty, or the parent would not hold it.
    """
    may_change_site(actor).require()
    board = uow.session.get(Board, board_id, with_for_update=True)
    if board is None:
        raise NotFound("not_found")
    if board.kind is BoardKind.CATEGORY:
        draft = _category_draft(draft)
    before = draft_of(board)
    values = {item.name: getattr(draft, item.name) for item in fields(BoardDraft)}
    values["name"] = _checked_name(draft.name)
    if draft.redirect_address and not is_web_address(draft.redirect_address):
        raise Invalid("address_not_web", field="redirect_address")
    if draft.parent_id != board.parent_id:
        _check_place(
            fresh_site(uow.session), kind=board.kind, board_id=board_id, parent_id=draft.parent_id
        )

    for name, value in values.items():
        setattr(board, name, value)
    write_texts(board, description=draft.description, rules=draft.rules)
    board.version += 1  # the row is locked

    log_change(
        uow,
        actor,
        action="board.edited",
        target=f"board:{board_id}",
        title=before.name,
        before=before,
        after=draft_of(board),
    )
    uow.bump(CacheName.SITE)


def order_boards(uow: UnitOfWork, actor: Actor, *, positions: Mapping[int, int]) -> None:
    """Give boards their places among their siblings, the lowest number first.

    Boards that are gone meanwhile are left out.
    """
    may_change_site(actor).require()
    rows = {
        row.id: row.position
        for row in uow.session.execute(
            select(Board.id, Board.position).where(Board.id.in_(positions))
        )
    }
    moved = {key: place for key, place in positions.items() if key in rows and rows[key] != place}
    for board_id, place in sorted(moved.items()):
        uow.session.execute(update(Board).where(Board.id == board_id).values(position=place))

    log_change(
        uow,
        actor,
        action="board.ordered",
        target="boards",
        before={f"board:{key}": rows[key] for key in moved},
        after={f"board:{key}": place for key, place in moved.items()},
    )
    uow.bump(CacheName.SITE)


def delete_board(uow: UnitOfWork, actor: Actor, *, board_id: int) -> None:
    """Remove an empty board for good; its moderators are dismissed.

    :raises Conflict: "board_not_empty": boards below it, or threads (also recycled ones) in it.
    """
    may_change_site(actor).require()
    s = uow.session
    board = s.get(Board, board_id, with_for_update=True)
    if board is None:
        raise NotFound("not_found")
    obstacles = board_obstacles(s, board_id)
    if obstacles:
        raise Conflict("board_not_empty", boards=len(obstacles.boards), threads=obstacles.threads)

    before = draft_of(board)
    dismiss_all(uow, actor, board_id=board_id)
    s.execute(
        delete(Favorite).where(Favorite.kind == FavoriteKind.BOARD, Favorite.target_id == board_id)
    )
    s.execute(delete(PointRuleSetting).where(PointRuleSetting.board_id == board_id))
    s.execute(delete(Board).where(Board.id == board_id))

    log_change(
        uow,
        actor,
        action="board.deleted",
        target=f"board:{board_id}",
        title=before.name,
        before=before,
    )
    uow.bump(CacheName.SITE)


def _checked_name(name: str) -> str:
    name = clean_line(name)
    if not name:
        raise Invalid("board_name_empty", field="name")
    return name


def _category_draft(draft: BoardDraft) -> BoardDraft:
    """What of a draft a category can have: it holds no threads."""
    return BoardDraft(
        name=draft.name,
        description=draft.description,
        color=draft.color,
        position=draft.position,
        columns=draft.columns,
        is_hidden=draft.is_hidden,
    )


def _check_place(
    site: Site, *, kind: BoardKind, board_id: int | None, parent_id: int | None
) -> None:
    """Categories stand on top, boards below a category or a board, nothing below itself."""
    if kind is BoardKind.CATEGORY:
        if parent_id is not None:
            raise Invalid("category_has_parent", field="parent_id")
        return
    parent = site.boards.get(parent_id) if parent_id is not None else None
    if parent is None:
        raise Invalid("board_needs_parent", field="parent_id")
    below = site.descendants(board_id) if board_id is not None else ()
    if parent.id == board_id or any(one.id == parent.id for one in below):
        raise Invalid("board_below_itself", field="parent_id")
    height = max((_depth(site, one.id) for one in below), default=0)
    if board_id is not None and below:
        height -= _depth(site, board_id)
    if _depth(site, parent.id) + 1 + height > DEEPEST:
        raise Invalid("board_too_deep", field="parent_id")


def _depth(site: Site, board_id: int) -> int:
    return len(site.ancestors(board_id))
