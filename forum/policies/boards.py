"""May the actor see a board, post in it, moderate it?"""

from typing import Protocol, TypeVar

from forum.policies.accounts import may_write
from forum.policies.actor import Actor
from forum.policies.permissions import May
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused


class BoardFacts(Protocol):
    """What these questions need to know of a board."""

    @property
    def id(self) -> int: ...
    @property
    def holds_threads(self) -> bool: ...


class TargetFacts(BoardFacts, Protocol):
    """What is asked of a board that threads are brought to."""

    @property
    def premoderation(self) -> int: ...


class TypeFacts(Protocol):
    """What is asked of a thread type."""

    @property
    def for_moderators(self) -> bool: ...


Type_co = TypeVar("Type_co", bound=TypeFacts, covariant=True)


class TypedBoard(Protocol[Type_co]):
    """What is asked of a board that has types."""

    @property
    def id(self) -> int: ...
    @property
    def types(self) -> tuple[Type_co, ...]: ...


def types_offered(actor: Actor, board: TypedBoard[Type_co]) -> tuple[Type_co, ...]:
    """The thread types the actor may give in a board."""
    moderates = actor.moderates(board.id)
    return tuple(kind for kind in board.types if moderates or not kind.for_moderators)


def may_read_board(actor: Actor, board: BoardFacts) -> Verdict:
    """See the board and the list of its threads."""
    if board.id not in actor.readable:
        return refused(Refusal.NOT_VISIBLE)
    return ALLOWED


def may_start_thread(actor: Actor, board: BoardFacts) -> Verdict:
    """Start a thread: the board's list, else the group's right."""
    if board.id not in actor.readable:
        return refused(Refusal.NOT_VISIBLE)
    if not board.holds_threads:
        return refused(Refusal.NOT_POSTABLE)
    if board.id in actor.startable:
        return ALLOWED
    return no_right_there(actor, bool(actor.permission(May.START_THREADS)))


def no_right_there(actor: Actor, group_may: bool) -> Verdict:
    """The most helpful refusal for somebody whose group leaves them out."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    muted = may_write(actor)
    if not muted:
        return muted
    if group_may:
        return refused(Refusal.BOARD, group=actor.group_title)
    if actor.next_group is not None and actor.next_group[1] > actor.total:
        title, needed = actor.next_group
        return refused(Refusal.NEED_POINTS, total=actor.total, needed=needed, group=title)
    return refused(Refusal.GROUP, group=actor.group_title)
