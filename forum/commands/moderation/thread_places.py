"""Where a thread stands: its type, raised or sunk in the list, copied to another board, repaired."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from forum.commands.moderation.planning import Planner, name_of
from forum.commands.moderation.registry import action
from forum.commands.moderation.rewriting import has_plain_links
from forum.commands.moderation.targets import require_type
from forum.markup import RENDERER_VERSION, RenderOptions, render
from forum.markup.quoting import with_origin
from forum.models import Post, PostState, TargetKind, Thread, ThreadState
from forum.modlog.registry import Choice, Group, NoOptions, asked
from forum.policies.moderation import may_bring_threads_to
from forum.policies.permissions import May

SHOWN = frozenset({ThreadState.VISIBLE})
SUNK_BY = timedelta(days=730)


@dataclass(frozen=True)
class TypeOptions:
    type_id: int | None = asked("Thread type", Choice.TYPE, None)


@action(
    "thread.type", "Change the type", "Undo the change of type",
    targets=TargetKind.THREAD, permission=May.CHANGE_TYPE, group=Group.PLACE, options=TypeOptions,
    is_bulk=True, takes_expiry=True, states=SHOWN, icon="list", ends_as=TypeOptions(),
    fits=lambda site, _actor, thread: bool(site.boards[thread.board_id].types),
)  # fmt: skip
def change_type(planner: Planner, thread: Thread, options: TypeOptions) -> None:
    """分类."""
    require_type(planner.actor, planner.site, thread.board_id, options.type_id)
    planner.change(thread, type_id=options.type_id)
    planner.tell(thread.author_id)


@action(
    "thread.raise", "Raise", "Undo raising",
    targets=TargetKind.THREAD, permission=May.BUMP, group=Group.PLACE, family="thread.order",
    is_bulk=True, states=SHOWN, icon="up",
)  # fmt: skip
def raise_thread(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """提升: to the top of the list, as if somebody had replied now."""
    planner.derive(thread, last_post_at=planner.now)
    planner.tell(thread.author_id)


@action(
    "thread.sink", "Sink", "Undo sinking",
    targets=TargetKind.THREAD, permission=May.BUMP, group=Group.PLACE, family="thread.order",
    is_bulk=True, minds_rank=True, states=SHOWN, icon="down",
)  # fmt: skip
def sink(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """下沉: two years down the list; the next reply brings it up again."""
    planner.derive(thread, last_post_at=thread.last_post_at - SUNK_BY)
    planner.tell(thread.author_id)


@dataclass(frozen=True)
class CopyOptions:
    board_id: int = asked("Target board", Choice.BOARD, is_required=True)
    type_id: int | None = asked("Thread type there", Choice.TYPE, None)


@action(
    "thread.copy", "Copy", "Undo the copy",
    targets=TargetKind.THREAD, permission=May.COPY, group=Group.PLACE, options=CopyOptions,
    is_bulk=True, states=SHOWN, icon="copy", most_targets=100,
    fits=lambda site, actor, _thread: any(
        may_bring_threads_to(actor, board) for board in site.boards.values()
    ),
)  # fmt: skip
def copy(planner: Planner, thread: Thread, options: CopyOptions) -> None:
    """复制: a new thread with the opening post alone, which says where it comes from (来源); the author
    is paid as for a new one."""
    require_type(planner.actor, planner.site, options.board_id, options.type_id)
    opening = planner.session.scalars(
        select(Post).where(Post.thread_id == thread.id, Post.floor == 1)
    ).one_or_none()
    if opening is None:
        return
    source = with_origin(opening.source, thread.id)
    is_plain = has_plain_links(opening.source, opening.html)
    rendered = render(source, options=RenderOptions(allow_links=not is_plain))
    post_id = planner.next_id(Post)
    thread_id = planner.create(
        Thread,
        board_id=options.board_id,
        type_id=options.type_id,
        author_id=thread.author_id,
        author_name=thread.author_name,
        title=thread.title,
        tags=thread.tags,
        state=ThreadState.VISIBLE,
        first_post_id=post_id,
        has_images=thread.has_images,
        read_access=thread.read_access,
        last_floor=1,
        created_at=planner.now,
        last_post_at=planner.now,
        last_poster_id=thread.author_id,
        last_poster_name=name_of(planner.session, thread.author_id),
    )
    planner.create(
        Post,
        row_id=post_id,
        thread_id=thread_id,
        floor=1,
        author_id=opening.author_id,
        source=source,
        html=rendered.html,
        renderer_version=RENDERER_VERSION,
        has_images=opening.has_images,
        is_blocked=opening.is_blocked,  # or its text would be read after all
        address=opening.address,
        created_at=planner.now,
    )
    planner.pay(
        "thread.posted",
        member_id=thread.author_id,
        subject=f"post:{post_id}",
        once_key=f"thread.posted:{post_id}:{planner.now.timestamp():.0f}",
        board_id=options.board_id,
    )
    planner.tell(thread.author_id)


@action(
    "thread.repair", "Repair counters", "Undo the repair",
    targets=TargetKind.THREAD, permission=May.REPAIR, group=Group.PLACE, is_bulk=True,
    states=frozenset({ThreadState.VISIBLE, ThreadState.RECYCLED}), icon="settings",
)  # fmt: skip
def repair(planner: Planner, thread: Thread, _options: NoOptions) -> None:
    """修复: replies, who took part, last floor and last post as the rows say."""
    visible_reply = (Post.floor > 1) & (Post.state == PostState.VISIBLE)
    row = planner.session.execute(
        select(
            func.count().filter(visible_reply).label("replies"),
            func.count(Post.author_id.distinct()).filter(visible_reply).label("heat"),
            func.coalesce(func.max(Post.floor), 0).label("floor"),
            func.min(Post.id).filter(Post.floor == 1).label("first_id"),
        ).where(Post.thread_id == thread.id)
    ).one()
    planner.derive(
        thread,
        reply_count=row.replies,
        heat=row.heat,
        last_floor=max(thread.last_floor, row.floor),
        first_post_id=row.first_id,
    )
    last = planner.session.execute(
        select(Post.author_id, Post.created_at)
        .where(Post.thread_id == thread.id, Post.state == PostState.VISIBLE)
        .order_by(Post.floor.desc())
        .limit(1)
    ).one_or_none()
    if last is not None:
        planner.derive(
            thread,
            last_post_at=last.created_at,
            last_poster_id=last.author_id,
            last_poster_name=name_of(planner.session, last.author_id),
        )
