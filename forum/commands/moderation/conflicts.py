"""What stands in the way of taking an action back? The state must still hold what it wrote."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from forum.commands.moderation.rows import current_values
from forum.models import (
    ModLogEntry,
    ModLogTarget,
    Post,
    PostRevision,
    TargetKind,
    Thread,
    ThreadState,
    ThreadType,
)
from forum.modlog.effects import (
    Change,
    Create,
    Effect,
    MovePosts,
    Purge,
    Remove,
    Rewrite,
    fingerprint,
)
from forum.queries.site import Site

# What put a thread here took back what its digest was paid, and gives it again.
HOLDS_A_DIGEST = frozenset({ThreadState.RECYCLED, ThreadState.MERGED})


# Logged on the thread, on its opening post or on its author.
_PUTS_INTO_THE_BIN = (
    or_(
        ModLogEntry.action.in_(("thread.delete", "post.delete_pending", "member.clean"))
        & ModLogEntry.is_reversal.is_(False),
        (ModLogEntry.action == "thread.restore") & ModLogEntry.is_reversal,
    ),
)


@dataclass(frozen=True)
class Conflict:
    """Something is not as the action left it.

    :param kind: changed, rewritten, gone, exists, built_on, moved, board_gone, in_bin, final.
    :param later_entry_id: the newest later entry about the row, or else the target, that stands: undo that
        first.
    """

    target_id: int
    kind: str
    table: str
    id: int
    column: str = ""
    expected: Any = None
    found: Any = None
    later_entry_id: int | None = None


def conflicts_in(
    s: Session, site: Site, kind: TargetKind, entry_id: int, effects: Sequence[Effect]
) -> list[Conflict]:
    """Compare the effects of an entry with what the tables hold. A few statements per table."""
    found = [
        *_changed(s, site, effects),
        *_in_binned_threads(s, entry_id, effects),
        *_rows_in_the_way(s, effects),
        *_posts_elsewhere(s, effects),
        *_posts_rewritten(s, effects),
        *(
            Conflict(one.target, "final", one.table, one.id)
            for one in effects
            if isinstance(one, Purge)
        ),
    ]
    asked = [one for one in found if one.later_entry_id is None]
    later = _later_entries(s, entry_id, {row for one in asked for row in _told_by(one, kind)})
    return [
        replace(one, later_entry_id=next(filter(None, map(later.get, _told_by(one, kind))), None))
        if one.later_entry_id is None
        else one
        for one in found
    ]


_KINDS = {
    "threads": TargetKind.THREAD, "posts": TargetKind.POST, "members": TargetKind.MEMBER,
}  # fmt: skip


def _told_by(one: Conflict, kind: TargetKind) -> list[tuple[TargetKind, int]]:
    """Whose entries say what happened: those of the row itself before those of the target. What is
    in the way of a clean-up was mostly done to one of its threads."""
    target = (kind, one.target_id)
    return [(_KINDS[one.table], one.id), target] if one.table in _KINDS else [target]


def _changed(s: Session, site: Site, effects: Sequence[Effect]) -> Iterable[Conflict]:
    by_table: dict[str, list[Change]] = {}
    for effect in effects:
        if isinstance(effect, Change):
            by_table.setdefault(effect.table, []).append(effect)
    for name, changes in by_table.items():
        columns = {column for one in changes for column in one.after}
        columns |= {"state"} if "digest_level" in columns else set()
        now = current_values(s, name, sorted({one.id for one in changes}), columns)
        for one in changes:
            row = now.get(one.id)
            if row is None:
                yield Conflict(one.target, "gone", name, one.id)
                continue
            for column, expected in one.after.items():
                if row[column] != expected:
                    yield Conflict(
                        one.target, "changed", name, one.id, column, expected, row[column]
                    )
            if "digest_level" in one.after and row["state"] in HOLDS_A_DIGEST:
                # Undone now, the deletion or the merge would give it back once more.
                yield Conflict(
                    one.target, "changed", name, one.id, "state",
                    ThreadState.VISIBLE.value, row["state"],
                )  # fmt: skip
            board_id = one.before.get("board_id")
            if board_id is not None and (
                board_id not in site.boards or not site.boards[board_id].holds_threads
            ):
                yield Conflict(one.target, "board_gone", name, one.id, "board_id", board_id)
            type_id = one.before.get("type_id")
            if type_id is not None and s.get(ThreadType, type_id) is None:
                yield Conflict(one.target, "board_gone", name, one.id, "type_id", type_id)


def _in_binned_threads(s: Session, entry_id: int, effects: Sequence[Effect]) -> Iterable[Conflict]:
    """Posts that would be shown or hidden in a thread that was put into the bin since.

    Its deletion took the points of those it found, and gives them again, no others.
    """
    changes = [one for one in effects if isinstance(one, Change) and "state" in one.after]
    posts = {one.id: one for one in changes if one.table == "posts"}
    coming_back = {
        one.id
        for one in changes
        if one.table == "threads" and one.after["state"] == ThreadState.RECYCLED
    }
    ids = sorted(posts)
    found: list[tuple[int, list[tuple[TargetKind, int]]]] = []
    for at in range(0, len(ids), 500):
        rows = s.execute(
            select(Post.id, Post.thread_id, Thread.first_post_id, Thread.author_id)
            .join(Thread, Thread.id == Post.thread_id)
            .where(Post.id.in_(ids[at : at + 500]), Thread.state == ThreadState.RECYCLED)
            .order_by(Post.id)
        )
        for row in rows:
            if row.thread_id not in coming_back:
                things = [
                    (TargetKind.THREAD, row.thread_id), (TargetKind.POST, row.first_post_id),
                    (TargetKind.MEMBER, row.author_id),
                ]  # fmt: skip
                found.append((row.id, things))
    asked = {thing for _, things in found for thing in things}
    binned_by = _later_entries(s, entry_id, asked, *_PUTS_INTO_THE_BIN)
    for post_id, things in found:
        # None is later where the entry put the thread there itself, in another step.
        if later := [binned_by[thing] for thing in things if thing in binned_by]:
            yield Conflict(
                posts[post_id].target, "in_bin", "posts", post_id, "state",
                later_entry_id=max(later),
            )  # fmt: skip


def _rows_in_the_way(s: Session, effects: Sequence[Effect]) -> Iterable[Conflict]:
    made_posts = {one.id for one in effects if isinstance(one, Create) and one.table == "posts"} | {
        post_id for one in effects if isinstance(one, MovePosts) for post_id, _, _ in one.moves
    }
    coming_back = {(one.table, one.id) for one in effects if isinstance(one, Remove)}
    sources = {one.to_thread for one in effects if isinstance(one, MovePosts)}
    for effect in effects:
        if isinstance(effect, Create):
            if effect.id not in current_values(s, effect.table, [effect.id], set()):
                yield Conflict(effect.target, "gone", effect.table, effect.id)
            elif effect.table == "threads" and _built_on(s, effect.id, made_posts, sources):
                yield Conflict(effect.target, "built_on", effect.table, effect.id)
        elif isinstance(effect, Remove):
            if effect.id in current_values(s, effect.table, [effect.id], set()):
                yield Conflict(effect.target, "exists", effect.table, effect.id)
            for column, other in (("moved_to_id", "threads"), ("thread_id", "threads")):
                there = effect.values.get(column)
                if there is None or (other, there) in coming_back:
                    continue
                if there not in current_values(s, other, [there], set()):
                    yield Conflict(effect.target, "gone", other, there)


def _built_on(s: Session, thread_id: int, made_posts: set[int], sources: set[int]) -> bool:
    """Has the thread posts the action did not bring, or does a pointer lead to it?

    Replies to a thread that was split off go along when its posts go back (late_posts.py).
    """
    if thread_id not in sources:
        posts = set(s.scalars(select(Post.id).where(Post.thread_id == thread_id)))
        if posts - made_posts:
            return True
    pointers = select(func.count()).select_from(Thread).where(Thread.moved_to_id == thread_id)
    return bool(s.scalar(pointers))


def _posts_elsewhere(s: Session, effects: Sequence[Effect]) -> Iterable[Conflict]:
    moves = [one for one in effects if isinstance(one, MovePosts)]
    ids = sorted({post_id for one in moves for post_id, _, _ in one.moves})
    if not ids:
        return
    now: dict[int, tuple[int, int]] = {}
    for at in range(0, len(ids), 500):
        rows = s.execute(
            select(Post.id, Post.thread_id, Post.floor).where(Post.id.in_(ids[at : at + 500]))
        )
        now.update({row.id: (row.thread_id, row.floor) for row in rows})
    for effect in moves:
        for post_id, _, after in effect.moves:
            if now.get(post_id) != (effect.to_thread, after):
                yield Conflict(effect.target, "moved", "posts", post_id)


def _posts_rewritten(s: Session, effects: Sequence[Effect]) -> Iterable[Conflict]:
    for effect in effects:
        if not isinstance(effect, Rewrite):
            continue
        source = s.scalar(select(Post.source).where(Post.id == effect.id))
        kept = select(PostRevision.id).where(PostRevision.id.in_(effect.made))
        if source is None or s.scalar(kept) is None:
            yield Conflict(effect.target, "gone", "posts", effect.id)
        elif effect.changes_text and fingerprint(source) != effect.after:
            yield Conflict(effect.target, "rewritten", "posts", effect.id)


def _later_entries(
    s: Session, entry_id: int, things: set[tuple[TargetKind, int]], *which: ColumnElement[bool]
) -> dict[tuple[TargetKind, int], int]:
    found: dict[tuple[TargetKind, int], int] = {}
    for kind in {kind for kind, _ in things}:
        ids = sorted(number for one, number in things if one is kind)
        for at in range(0, len(ids), 500):
            rows = s.execute(
                select(ModLogTarget.target_id, func.max(ModLogTarget.entry_id))
                .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
                .where(
                    *which,
                    ModLogTarget.kind == kind,
                    ModLogTarget.target_id.in_(ids[at : at + 500]),
                    ModLogTarget.entry_id > entry_id,
                    ModLogTarget.undone_by_id.is_(None),
                )
                .group_by(ModLogTarget.target_id)
            )
            found.update({(kind, row[0]): row[1] for row in rows})
    return found
