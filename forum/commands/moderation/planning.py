"""How does an action say what it would do? A plan collects effects and writes nothing.

The same plan is the preview and, once applied, the change: what is shown is what is done.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from forum.commands.moderation.in_hand import NOTHING_HELD, Held
from forum.commands.moderation.rows import values_of
from forum.core.db import Base
from forum.models import Post, PostState, Thread, ThreadState
from forum.modlog.effects import (
    Change,
    Create,
    Derived,
    EffectList,
    MovePosts,
    Pay,
    Purge,
    Remove,
    ReverseTransfers,
    json_value,
)
from forum.points.reversals import standing_for, standing_for_posts
from forum.policies.actor import Actor
from forum.queries.site import Site


@dataclass
class Planner:
    """What an action's `plan` gets: a session to read, and words for what would happen.

    :param is_real: rows are locked and ids taken; a preview does neither.
    """

    session: Session
    now: datetime
    site: Site
    actor: Actor
    is_real: bool
    reason: str = ""
    effects: EffectList = field(default_factory=EffectList)
    target_id: int = 0
    told: dict[int, tuple[int, ...]] = field(default_factory=dict)  # target id -> whom to tell
    companions: dict[int, Thread] = field(default_factory=dict)  # other threads the options name
    until: datetime | None = None
    held: Held = NOTHING_HELD  # what large actions have changed
    _taken: dict[str, int] = field(default_factory=dict)
    _memory: dict[Any, Any] = field(default_factory=dict)
    _removed: set[tuple[str, int]] = field(default_factory=set)

    def change(self, row: Base, **after: Any) -> None:
        """Set fields of a row; those that hold the value already are left out."""
        before = {name: json_value(getattr(row, name)) for name in after}
        new = {name: json_value(value) for name, value in after.items()}
        changed = [name for name in after if before[name] != new[name]]
        self.effects.add(
            Change(
                self.target_id,
                row.__tablename__,
                row.id,  # type: ignore[attr-defined]
                {name: before[name] for name in changed},
                {name: new[name] for name in changed},
            )
        )

    def derive(self, row: Base, **after: Any) -> None:
        """Set fields that follow from others."""
        self.effects.add(
            Derived(
                self.target_id,
                row.__tablename__,
                row.id,  # type: ignore[attr-defined]
                {name: json_value(getattr(row, name)) for name in after},
                {name: json_value(value) for name, value in after.items()},
            )
        )

    def create(self, model: type[Base], *, row_id: int | None = None, **values: Any) -> int:
        """Make a row; its id comes back (below zero in a preview)."""
        row_id = row_id or self.next_id(model)
        coded = {name: json_value(value) for name, value in values.items()}
        self.effects.add(Create(self.target_id, model.__tablename__, row_id, coded))
        return row_id

    def remove(self, row: Base) -> None:
        """Delete a row that can be made again; once, though a pointer and its thread both name it."""
        key = (row.__tablename__, row.id)  # type: ignore[attr-defined]
        if key in self._removed:
            return
        self._removed.add(key)
        values = values_of(row)
        self.effects.add(Remove(self.target_id, row.__tablename__, values.pop("id"), values))

    def purge(self, thread: Thread, posts: int) -> None:
        """Delete a thread and its posts for good."""
        self.effects.add(
            Purge(self.target_id, "threads", thread.id, posts, board_id=thread.board_id)
        )

    def move_posts(
        self, from_thread: int, to_thread: int, moves: Iterable[tuple[int, int, int]]
    ) -> None:
        """Put posts into another thread, or at other floors: (post id, floor before, after)."""
        self.effects.add(MovePosts(self.target_id, from_thread, to_thread, tuple(moves)))

    def take_back_points(self, posts: Any) -> None:
        """Reverse what the posts selected were paid (a select of their ids)."""
        self.reverse(standing_for_posts(self.session, posts))

    def reverse(self, transfer_ids: Sequence[int]) -> None:
        """Reverse these transfers."""
        self.effects.add(ReverseTransfers(self.target_id, tuple(sorted(transfer_ids))))

    def reverse_rule(self, subject: str, rule: str, times: int | None = None) -> None:
        """Reverse what a rule paid for a subject: all of it, or the last `times` of each kind."""
        standing = standing_for(self.session, subject, rule)
        if times is not None:
            by_kind: dict[int, list[int]] = {}
            for transfer_id, kind_id in standing:
                by_kind.setdefault(kind_id, []).append(transfer_id)
            self.reverse([one for ids in by_kind.values() for one in ids[-times:] if times])
            return
        self.reverse([transfer_id for transfer_id, _ in standing])

    def pay(
        self,
        rule: str,
        *,
        member_id: int,
        subject: str,
        once_key: str,
        times: int = 1,
        board_id: int | None = None,
    ) -> None:
        """Pay a rule to a member."""
        self.effects.add(Pay(self.target_id, rule, member_id, subject, once_key, times, board_id))

    def tell(self, *member_ids: int) -> None:
        """Whom the target belongs to, or what goes into it: told when the moderator asks for it."""
        self.told[self.target_id] = tuple(dict.fromkeys(member_ids))

    def remembered(self, key: Any, find: Callable[[], Any]) -> Any:
        """What was found once for all targets of this plan."""
        if key not in self._memory:
            self._memory[key] = find()
        return self._memory[key]

    def next_id(self, model: type[Base]) -> int:
        """An id for a row to be made."""
        name = model.__tablename__
        if not self.is_real:
            self._taken[name] = self._taken.get(name, 0) - 1
            return self._taken[name]
        if self.session.get_bind().dialect.name == "postgresql":
            taken = self.session.scalar(
                text("SELECT nextval(pg_get_serial_sequence(:name, 'id'))"), {"name": name}
            )
            assert taken is not None
            return int(taken)
        if name not in self._taken:  # SQLite has one writer: nobody else takes ids meanwhile
            newest: int | None = self.session.scalar(select(func.max(model.id)))  # type: ignore[attr-defined]
            self._taken[name] = newest or 0
        self._taken[name] += 1
        return self._taken[name]


def derive_last_post(
    planner: Planner, thread: Thread, *, hidden: Iterable[int] = (), shown: Sequence[Post] = ()
) -> None:
    """The thread's last post, when posts are hidden or shown that decide it.

    A thread that was raised or sunk keeps the time it was given.
    """
    hidden_ids = set(hidden)
    visible = [Post.thread_id == thread.id, Post.state == PostState.VISIBLE]
    columns = (Post.id, Post.floor, Post.author_id, Post.created_at)
    newest = planner.session.execute(
        select(*columns).where(*visible).order_by(Post.floor.desc()).limit(1)
    ).one_or_none()
    if newest is None or newest.created_at != thread.last_post_at:
        return
    left = (
        planner.session.execute(
            select(*columns)
            .where(*visible, Post.id.not_in(hidden_ids))
            .order_by(Post.floor.desc())
            .limit(1)
        ).one_or_none()
        if newest.id in hidden_ids
        else newest
    )
    candidates = [one for one in (left, *shown) if one is not None]
    if not candidates:
        return
    last = max(candidates, key=lambda one: one.floor)
    if last.id == newest.id:
        return
    planner.derive(
        thread,
        last_post_at=last.created_at,
        last_poster_id=last.author_id,
        last_poster_name=name_of(planner.session, last.author_id),
    )


def name_of(session: Session, member_id: int) -> str:
    """A member's name. One statement."""
    from_members = text("SELECT name FROM members WHERE id = :id")
    return session.scalar(from_members, {"id": member_id}) or ""


def is_listed(thread: Thread) -> bool:
    """Does the thread stand in its board's list?"""
    return thread.state in (ThreadState.VISIBLE, ThreadState.REDIRECT)
