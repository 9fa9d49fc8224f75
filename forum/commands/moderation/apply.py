"""How are effects made? Each kind in one place, set-wise, in the order in which rows are locked:
threads and posts, members, the ledger; boards are left to `settle.py`, which comes last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from forum.commands.locks import lock_members
from forum.commands.moderation.rewriting import rewrite_posts
from forum.commands.moderation.rows import current_values, decoded, table_of
from forum.commands.points import pay_rule, recompute_totals
from forum.core.errors import Conflict
from forum.core.uow import UnitOfWork
from forum.models import PointTransfer, Post, PostState, Thread
from forum.modlog.effects import (
    Change,
    Count,
    Create,
    Derived,
    Effect,
    MovePosts,
    Pay,
    Purge,
    Remove,
    ReverseTransfers,
    Rewrite,
)
from forum.points.reversals import members_of, newest_links, reverse_transfers

CHUNK = 500
# Above every floor a thread can have: where posts wait while their numbers are exchanged.
ASIDE = 1_000_000_000


@dataclass
class Applied:
    """The effects as made, and the boards' counters that are still to be changed."""

    effects: list[Effect] = field(default_factory=list)
    board_counts: list[Count] = field(default_factory=list)


def apply_effects(
    uow: UnitOfWork,
    effects: Sequence[Effect],
    *,
    actor_id: int | None,
    also_lock: Iterable[int] = (),
) -> Applied:
    """Make effects. The threads they touch are locked by the caller.

    :param also_lock: members who will be told; their rows are locked in the same go.
    """
    s = uow.session
    lock_members(uow, _members_of(s, effects) | set(also_lock))
    s.flush()  # whatever the caller changed
    s.expire_all()  # what follows is written past the session's objects
    for effect in effects:
        if isinstance(effect, Create):
            table = table_of(effect.table)
            s.execute(insert(table).values(id=effect.id, **decoded(table, effect.values)))
    rewritten = rewrite_posts(uow, effects, actor_id=actor_id)
    for name in ("threads", "posts"):
        _change(s, name, effects)
        _count(s, name, effects)
    _move_posts(s, [one for one in effects if isinstance(one, MovePosts)])
    _derive(s, effects)
    for name in ("posts", "threads"):
        _remove(s, name, effects)
    _change(s, "members", effects)
    _count(s, "members", effects)
    for name in _other_tables(effects):
        _change(s, name, effects)
        _remove(s, name, effects)
    s.expire_all()
    made = Applied()
    paid: set[int] = set()
    for effect in effects:
        match effect:
            case ReverseTransfers():
                # Taken back and given again meanwhile: what stands in its place is taken back.
                ids = newest_links(s, effect.ids)
                back = reverse_transfers(s, uow.now, ids, actor_id=actor_id)
                paid |= back.member_ids
                made.effects.append(replace(effect, made=back.ids))
            case Rewrite():
                made.effects.append(rewritten[effect])
            case Pay():
                made.effects.append(_pay(uow, effect, actor_id))
            case Count(table="boards"):
                made.board_counts.append(effect)
                made.effects.append(effect)
            case _:
                made.effects.append(effect)
    counted = {
        one.id
        for one in effects
        if (isinstance(one, Count) and one.table == "members")
        or (isinstance(one, Change) and one.table == "members" and "group_id" in one.after)
    }
    recompute_totals(uow, paid | counted)
    s.flush()  # the totals, which expiring would forget
    s.expire_all()
    return made


def _members_of(s: Session, effects: Iterable[Effect]) -> set[int]:
    found: set[int] = set()
    transfers: list[int] = []
    for effect in effects:
        match effect:
            case Change(table="members") | Count(table="members") | Derived(table="members"):
                found.add(effect.id)
            case Pay():
                found.add(effect.member_id)
            case ReverseTransfers():
                transfers.extend(effect.ids)
    return found | members_of(s, transfers)


def _other_tables(effects: Iterable[Effect]) -> list[str]:
    known = {"threads", "posts", "members", "boards"}
    return sorted(
        {name for one in effects if (name := getattr(one, "table", None)) and name not in known}
    )


def _change(s: Session, name: str, effects: Sequence[Effect]) -> None:
    """Set what is to be set: one statement for rows that get the same values."""
    table = table_of(name)
    wanted: dict[str, tuple[dict[str, Any], list[int]]] = {}
    for effect in effects:
        if isinstance(effect, Change) and effect.table == name:
            key = repr(sorted(effect.after.items()))
            wanted.setdefault(key, (dict(effect.after), []))[1].append(effect.id)
    for values, ids in wanted.values():
        for part in _parts(ids):
            s.execute(update(table).where(table.c.id.in_(part)).values(**decoded(table, values)))


def _count(s: Session, name: str, effects: Sequence[Effect]) -> None:
    apply_counts(s, name, [one for one in effects if isinstance(one, Count) and one.table == name])


def apply_counts(s: Session, name: str, counts: Sequence[Count]) -> None:
    """Add to counters in SQL, lowest id first."""
    table = table_of(name)
    sums: dict[int, dict[str, int]] = {}
    for effect in counts:
        row = sums.setdefault(effect.id, {})
        for column, number in effect.deltas.items():
            row[column] = row.get(column, 0) + number
    by_columns: dict[tuple[str, ...], list[dict[str, int]]] = {}
    for row_id in sorted(sums):
        columns = tuple(sorted(sums[row_id]))
        parameters = {f"add_{column}": sums[row_id][column] for column in columns}
        by_columns.setdefault(columns, []).append({"row_id": row_id, **parameters})
    for columns, parameters_of_rows in by_columns.items():
        statement = (
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values({column: table.c[column] + bindparam(f"add_{column}") for column in columns})
        )
        s.connection().execute(statement, parameters_of_rows)


def _move_posts(s: Session, moves: Sequence[MovePosts]) -> None:
    """Two rounds, because a floor may be taken by a post that is to move as well.

    :raises Conflict: a post is not where the plan saw it.
    """
    posts = table_of("posts")
    for effect in moves:
        waiting = (
            update(posts)
            .where(
                posts.c.id == bindparam("post_id"),
                posts.c.thread_id == effect.from_thread,
                posts.c.floor == bindparam("before"),
            )
            .values(thread_id=effect.to_thread, floor=bindparam("aside"))
        )
        for at in range(0, len(effect.moves), CHUNK):
            part = effect.moves[at : at + CHUNK]
            done = s.connection().execute(
                waiting,
                [
                    {"post_id": post_id, "before": before, "aside": ASIDE + after}
                    for post_id, before, after in part
                ],
            )
            if done.rowcount not in (-1, len(part)):
                raise Conflict("conflict")
    for thread_id in sorted({effect.to_thread for effect in moves}):
        s.execute(
            update(posts)
            .where(posts.c.thread_id == thread_id, posts.c.floor > ASIDE)
            .values(floor=posts.c.floor - ASIDE)
        )


def _derive(s: Session, effects: Sequence[Effect]) -> None:
    """Set what follows from others when it is as it was seen; else work it out from the rows."""
    derived = [one for one in effects if isinstance(one, Derived)]
    for effect in derived:
        table = table_of(effect.table)
        now = current_values(s, effect.table, [effect.id], set(effect.after)).get(effect.id)
        if now is None:
            continue
        if all(now[name] == value for name, value in effect.before.items()):
            s.execute(
                update(table).where(table.c.id == effect.id).values(**decoded(table, effect.after))
            )
        elif effect.table == "threads" and "last_floor" in effect.after:
            work_out_last_floor(s, effect.id)
        elif effect.table == "threads" and "last_post_at" in effect.after:
            work_out_last_post(s, effect.id)


def work_out_last_post(s: Session, thread_id: int) -> None:
    """Set a thread's last post from its rows."""
    last = s.execute(
        select(Post.created_at, Post.author_id)
        .where(Post.thread_id == thread_id, Post.state == PostState.VISIBLE)
        .order_by(Post.floor.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return
    members = table_of("members")
    name = select(members.c.name).where(members.c.id == last.author_id).scalar_subquery()
    s.execute(
        update(Thread)
        .where(Thread.id == thread_id)
        .values(last_post_at=last.created_at, last_poster_id=last.author_id, last_poster_name=name)
        .execution_options(synchronize_session=False)
    )


def work_out_last_floor(s: Session, thread_id: int) -> None:
    """Set a thread's last floor from its rows."""
    highest = select(func.max(Post.floor)).where(Post.thread_id == thread_id).scalar_subquery()
    s.execute(
        update(Thread)
        .where(Thread.id == thread_id)
        .values(last_floor=func.coalesce(highest, 0))
        .execution_options(synchronize_session=False)
    )


def _remove(s: Session, name: str, effects: Sequence[Effect]) -> None:
    table = table_of(name)
    ids = [one.id for one in effects if isinstance(one, (Remove, Purge)) and one.table == name]
    for part in _parts(ids):
        s.execute(delete(table).where(table.c.id.in_(part)))


def _pay(uow: UnitOfWork, effect: Pay, actor_id: int | None) -> Pay:
    pay_rule(
        uow,
        effect.rule,
        member_id=effect.member_id,
        subject=effect.subject,
        once_key=effect.once_key,
        board_id=effect.board_id,
        times=effect.times,
        actor_id=actor_id,
    )
    made = uow.session.scalars(
        select(PointTransfer.id)
        .where(
            PointTransfer.subject == effect.subject,
            PointTransfer.rule == effect.rule,
            PointTransfer.once_key.startswith(f"{effect.once_key}#", autoescape=True),
        )
        .order_by(PointTransfer.id)
    )
    return replace(effect, made=tuple(made))


def _parts(ids: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), CHUNK):
        yield ordered[at : at + CHUNK]
