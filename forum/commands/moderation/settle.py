"""What follows from effects without being one: search rows, page versions, boards' last posts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.commands.accounts.sessions import end_sessions_of
from forum.commands.counters import refresh_last_post
from forum.commands.moderation.apply import Applied, apply_counts
from forum.commands.search_index import (
    follow_posts,
    move_thread,
    reindex_threads,
    remove_posts,
)
from forum.commands.tags import follow_tags
from forum.core.cache import CacheName
from forum.core.uow import UnitOfWork
from forum.models import Board, MemberState, Post, Report, TargetKind, Thread, ThreadState
from forum.modlog.effects import (
    Change,
    Count,
    Create,
    Derived,
    Effect,
    MovePosts,
    Purge,
    Remove,
    Rewrite,
)
from forum.queries.site import Site, site_of

# What a board's last post is read from.
_LAST_POST_FIELDS = {"state", "board_id", "title", "last_post_at", "last_poster_name"}


@dataclass
class Touched:
    """Which pages show something else now."""

    threads: set[int] = field(default_factory=set)
    boards: set[int] = field(default_factory=set)
    relisted: set[int] = field(default_factory=set)  # boards whose last post may be another
    reindexed: set[int] = field(default_factory=set)  # threads whose search rows change
    retagged: set[int] = field(default_factory=set)  # threads that have other tags
    moved: dict[int, int] = field(default_factory=dict)  # thread id -> board id
    posts: set[int] = field(default_factory=set)  # posts whose search rows change
    everywhere: bool = False  # a category's or the site's sticky block changes
    members: set[int] = field(default_factory=set)
    locked: set[int] = field(default_factory=set)  # members who are logged in nowhere any more


def posts_before(session: Session, effects: Sequence[Effect]) -> dict[int, int]:
    """The thread of each post effects speak of; to be asked before they are made."""
    ids = {
        one.id
        for one in effects
        if isinstance(one, (Change, Derived, Remove, Purge, Rewrite)) and one.table == "posts"
    }
    found: dict[int, int] = {}
    ordered = sorted(ids)
    for at in range(0, len(ordered), 500):
        rows = session.execute(
            select(Post.id, Post.thread_id).where(Post.id.in_(ordered[at : at + 500]))
        )
        found.update({row.id: row.thread_id for row in rows})
    return found


def forget_posts(uow: UnitOfWork, effects: Sequence[Effect]) -> None:
    """Take out of the search index what goes together with its thread."""
    gone = [
        one.id for one in effects if isinstance(one, (Remove, Purge)) and one.table == "threads"
    ]
    for part in _parts(gone):
        ids = uow.session.scalars(select(Post.id).where(Post.thread_id.in_(part))).all()
        remove_posts(uow, ids)


def settle(
    uow: UnitOfWork,
    applied: Applied,
    threads_of_posts: dict[int, int],
    boards_before: dict[int, int],
    told: Iterable[int] = (),
) -> None:
    """Bring along what follows, the boards last and in order.

    :param boards_before: the board of each thread touched, as it was before.
    :param told: threads that tell of the entry to come (本主题由 X 于 T 置顶), whatever it does to them.
    """
    s, site = uow.session, site_of(uow.session)
    touched = _touched(applied.effects, threads_of_posts)
    touched.threads.update(told)
    _add_boards(s, site, touched, boards_before)
    _raise_threads(s, touched.threads)
    for thread_id, board_id in sorted(touched.moved.items()):
        move_thread(uow, thread_id, board_id)
        _move_reports(s, thread_id, board_id)
    if alone := touched.reindexed - set(touched.moved):
        reindex_threads(uow, alone)
    if touched.retagged:
        follow_tags(uow, touched.retagged)
    if touched.posts:
        follow_posts(uow, touched.posts)
    if touched.members:  # guests' pages show groups, avatars, signatures
        uow.bump(CacheName.SITE)
    for member_id in sorted(touched.locked):
        end_sessions_of(uow, member_id)
    if any(getattr(one, "table", "") == "network_bans" for one in applied.effects):
        uow.bump(CacheName.NETWORKS)
    _settle_boards(uow, applied.board_counts, touched)


def settle_told(uow: UnitOfWork, kind: TargetKind, ids: Iterable[int]) -> None:
    """Where an entry comes after its effects, its threads tell of another action from now on."""
    if kind is not TargetKind.THREAD:
        return
    touched = Touched(threads=set(ids))
    _add_boards(uow.session, site_of(uow.session), touched, {})
    _raise_threads(uow.session, touched.threads)
    _settle_boards(uow, (), touched)


def _raise_threads(s: Session, thread_ids: Iterable[int]) -> None:
    for part in _parts(thread_ids):
        s.execute(
            update(Thread)
            .where(Thread.id.in_(part))
            .values(version=Thread.version + 1)
            .execution_options(synchronize_session=False)
        )


def _touched(effects: Sequence[Effect], threads_of_posts: dict[int, int]) -> Touched:
    found = Touched()
    for effect in effects:
        match effect:
            case Change(table="threads") | Derived(table="threads"):
                found.threads.add(effect.id)
                fields = set(effect.after)
                for values in (effect.before, effect.after):
                    if "board_id" in values:
                        found.boards.add(values["board_id"])
                        found.relisted.add(values["board_id"])
                    if values.get("sticky_level", 0) >= 2:
                        found.everywhere = True
                if "board_id" in fields:
                    found.moved[effect.id] = effect.after["board_id"]
                if fields & {"state", "title", "first_post_id"}:
                    found.reindexed.add(effect.id)
                if "tags" in fields:
                    found.retagged.add(effect.id)
                if fields & _LAST_POST_FIELDS:
                    found.relisted.add(-effect.id)  # its board, whichever that is
            case Change(table="posts"):
                found.threads.add(threads_of_posts[effect.id])
                if "state" in effect.after:
                    found.posts.add(effect.id)
            case Create(table="threads") | Remove(table="threads"):
                found.boards.add(effect.values["board_id"])
                if effect.values.get("state", ThreadState.VISIBLE) == ThreadState.VISIBLE:
                    found.relisted.add(effect.values["board_id"])
                if isinstance(effect, Create):
                    found.reindexed.add(effect.id)
                    if effect.values.get("tags"):
                        found.retagged.add(effect.id)
            case Create(table="posts"):
                found.threads.add(effect.values["thread_id"])
            case Purge(table="posts") | Remove(table="posts") | Rewrite():
                found.threads.add(threads_of_posts[effect.id])
                found.posts.add(effect.id)
            case MovePosts():
                for thread_id in (effect.from_thread, effect.to_thread):
                    found.threads.add(thread_id)
                    found.reindexed.add(thread_id)
            case Count(table="threads"):
                found.threads.add(effect.id)
            case Change(table="members"):
                found.members.add(effect.id)
                if effect.after.get("state") == MemberState.LOCKED:
                    found.locked.add(effect.id)
    return found


def _add_boards(s: Session, site: Site, touched: Touched, boards_before: dict[int, int]) -> None:
    """The boards of the threads, and of the sticky blocks they stand in."""
    listed = {-one for one in touched.relisted if one < 0}
    touched.relisted = {one for one in touched.relisted if one > 0}
    touched.boards |= {
        board for thread, board in boards_before.items() if thread in touched.threads
    }
    for part in _parts(touched.threads):
        for row in s.execute(
            select(Thread.id, Thread.board_id, Thread.sticky_level, Thread.state).where(
                Thread.id.in_(part)
            )
        ):
            touched.boards.add(row.board_id)
            if row.id in listed:
                touched.relisted |= {row.board_id, boards_before.get(row.id, row.board_id)}
            if row.sticky_level >= 2:
                touched.everywhere = True
    if touched.everywhere:
        touched.boards |= set(site.boards)


def _settle_boards(uow: UnitOfWork, counts: Sequence[Count], touched: Touched) -> None:
    s = uow.session
    ids = sorted(touched.boards | touched.relisted | {one.id for one in counts})
    if not ids:
        return
    # NO KEY: a thread moved here by somebody holds a key share of the row until it commits.
    s.execute(
        select(Board.id).where(Board.id.in_(ids)).order_by(Board.id).with_for_update(key_share=True)
    ).all()
    apply_counts(s, "boards", counts)
    for board_id in sorted(touched.relisted):
        refresh_last_post(uow, board_id)
    rest = set(ids) - touched.relisted
    if rest:
        s.execute(
            update(Board)
            .where(Board.id.in_(rest))
            .values(version=Board.version + 1)
            .execution_options(synchronize_session=False)
        )


def _move_reports(s: Session, thread_id: int, board_id: int) -> None:
    """Reports go to the moderators of the board the thread is in."""
    posts = select(Post.id).where(Post.thread_id == thread_id)
    s.execute(
        update(Report)
        .where(Report.post_id.in_(posts))
        .values(board_id=board_id)
        .execution_options(synchronize_session=False)
    )


def _parts(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), 500):
        yield ordered[at : at + 500]
