"""What does the control panel show of a board? Its texts as typed, and what keeps it from going."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import Board, BoardModerator, Group, Member, Thread, ThreadState, ThreadType


@dataclass(frozen=True)
class Obstacles:
    """What a board still holds. Truthy = it cannot be deleted."""

    boards: tuple[tuple[int, str], ...]
    threads_by_state: dict[ThreadState, int]

    @property
    def threads(self) -> int:
        return sum(self.threads_by_state.values())

    def __bool__(self) -> bool:
        return bool(self.boards or self.threads)


def board_obstacles(s: Session, board_id: int) -> Obstacles:
    """The boards below and the threads in a board, recycled ones too. Two statements."""
    boards = s.execute(
        select(Board.id, Board.name)
        .where(Board.parent_id == board_id)
        .order_by(Board.position, Board.id)
    ).all()
    threads = s.execute(
        select(Thread.state, func.count())
        .where(Thread.board_id == board_id)
        .group_by(Thread.state)
        .order_by(Thread.state)
    ).all()
    return Obstacles(tuple((row.id, row.name) for row in boards), dict(threads))


@dataclass(frozen=True)
class BoardTexts:
    """The texts of a board as they were typed."""

    description: str
    rules: str


def board_texts(s: Session, board_id: int) -> BoardTexts:
    """What the snapshot holds only as HTML. One statement.

    :raises NotFound: no such board.
    """
    row = s.execute(
        select(Board.description, Board.rules).where(Board.id == board_id)
    ).one_or_none()
    if row is None:
        raise NotFound("not_found")
    return BoardTexts(*row)


@dataclass(frozen=True)
class ModeratorRow:
    """An appointed moderator."""

    member_id: int
    name: str
    group_title: str
    position: int
    appointed_at: datetime


def board_moderators(s: Session, board_id: int) -> tuple[ModeratorRow, ...]:
    """Who was appointed to a board, in order. One statement."""
    rows = s.execute(
        select(
            Member.id,
            Member.name,
            Group.title,
            BoardModerator.position,
            BoardModerator.appointed_at,
        )
        .join(Member, Member.id == BoardModerator.member_id)
        .join(Group, Group.id == Member.group_id)
        .where(BoardModerator.board_id == board_id)
        .order_by(BoardModerator.position, Member.id)
    )
    return tuple(ModeratorRow(*row) for row in rows)


@dataclass(frozen=True)
class TypeRow:
    """A thread type, retired ones too."""

    id: int
    name: str
    position: int
    for_moderators: bool
    is_retired: bool
    thread_count: int


def board_types(s: Session, board_id: int) -> tuple[TypeRow, ...]:
    """All thread types of a board with how many threads carry them. One statement."""
    used = (
        select(func.count())
        .select_from(Thread)
        .where(Thread.board_id == board_id, Thread.type_id == ThreadType.id)
        .correlate(ThreadType)
        .scalar_subquery()
    )
    rows = s.execute(
        select(
            ThreadType.id,
            ThreadType.name,
            ThreadType.position,
            ThreadType.for_moderators,
            ThreadType.is_retired,
            used,
        )
        .where(ThreadType.board_id == board_id)
        .order_by(ThreadType.is_retired, ThreadType.position, ThreadType.id)
    )
    return tuple(TypeRow(*row) for row in rows)


def board_counts(s: Session) -> dict[int, tuple[int, int]]:
    """Threads and posts by board. One statement."""
    return {
        row.id: (row.thread_count, row.post_count)
        for row in s.execute(select(Board.id, Board.thread_count, Board.post_count))
    }
