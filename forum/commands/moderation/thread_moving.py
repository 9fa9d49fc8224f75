"""Moving threads to another board, with or without a pointer left behind."""

from dataclasses import dataclass

from sqlalchemy import select

from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.commands.moderation.targets import require_type
from forum.commands.moderation.thread_marks import mark
from forum.core.errors import Invalid
from forum.models import TargetKind, Thread, ThreadState
from forum.modlog.registry import Choice, Group, asked
from forum.policies.actor import Rank
from forum.policies.moderation import may_bring_threads_to
from forum.policies.permissions import May

SHOWN = frozenset({ThreadState.VISIBLE})


@dataclass(frozen=True)
class MoveOptions:
    board_id: int = asked("Target board", Choice.BOARD, is_required=True)
    type_id: int | None = asked("Thread type there", Choice.TYPE, None)
    leaves_redirect: bool = asked("Leave a redirect", Choice.FLAG, False)


@action(
    "thread.move", "Move", "Undo moving",
    targets=TargetKind.THREAD, permission=May.MOVE, group=Group.PLACE, options=MoveOptions,
    is_bulk=True, is_destructive=True, minds_rank=True, takes_expiry=True, states=SHOWN,
    icon="external", mark_columns=("moved_to_id",),
    fits=lambda site, actor, thread: any(
        board.id != thread.board_id and may_bring_threads_to(actor, board)
        for board in site.boards.values()
    ),
)  # fmt: skip
def move(planner: Planner, thread: Thread, options: MoveOptions) -> None:
    """移动, 保留转向: a board moderator's move ends the stickiness, as in Discuz!."""
    if options.board_id == thread.board_id:
        raise Invalid("already_there", field="board_id")
    require_type(planner.actor, planner.site, options.board_id, options.type_id)
    sticky_level = thread.sticky_level if planner.actor.rank >= Rank.SUPER_MODERATOR else 0
    from_board_id = thread.board_id
    mark(
        planner, thread,
        board_id=options.board_id, type_id=options.type_id, sticky_level=sticky_level,
    )  # fmt: skip
    for pointer in planner.session.scalars(
        select(Thread)
        .where(
            Thread.moved_to_id == thread.id,
            Thread.state == ThreadState.REDIRECT,
            Thread.board_id == options.board_id,
        )
        .order_by(Thread.id)
    ):
        planner.remove(pointer)  # it would lead from the board to itself
    if options.leaves_redirect:
        planner.create(
            Thread,
            board_id=from_board_id,
            type_id=thread.type_id,
            author_id=thread.author_id,
            author_name=thread.author_name,
            title=thread.title,
            state=ThreadState.REDIRECT,
            moved_to_id=thread.id,
            created_at=thread.created_at,
            last_post_at=thread.last_post_at,
            last_poster_id=thread.last_poster_id,
            last_poster_name=thread.last_poster_name,
        )
    planner.tell(thread.author_id)
