"""Merging two threads into one, splitting floors off into a thread of their own."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from forum.commands.moderation.planning import Planner, name_of
from forum.commands.moderation.registry import action
from forum.commands.moderation.thread_tags import united
from forum.commands.word_checks import checked_without_queue
from forum.core.errors import Invalid
from forum.core.text import clean_line, width
from forum.models import Post, PostState, TargetKind, Thread, ThreadState
from forum.modlog.effects import Count
from forum.modlog.registry import Choice, Group, asked
from forum.policies.actor import Rank
from forum.policies.permissions import May
from forum.queries.tags import SEPARATOR, names_of
from forum.queries.words import word_filter_of

SHOWN = frozenset({ThreadState.VISIBLE})


@dataclass(frozen=True)
class _Floor:
    """A post as merging and splitting see it."""

    id: int
    thread_id: int
    floor: int
    author_id: int
    created_at: datetime
    is_visible: bool


def _floors(planner: Planner, thread_ids: Iterable[int]) -> list[_Floor]:
    """All posts of threads, oldest first; an opening post before what was written that second."""
    rows = planner.session.execute(
        select(
            Post.id, Post.thread_id, Post.floor, Post.author_id, Post.created_at, Post.state
        ).where(Post.thread_id.in_(list(thread_ids)))
    )
    floors = [
        _Floor(
            row.id, row.thread_id, row.floor, row.author_id, row.created_at,
            row.state is PostState.VISIBLE,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(floors, key=lambda one: (one.created_at, one.floor > 1, one.floor, one.id))


@dataclass(frozen=True)
class MergeOptions:
    other_id: int = asked("Thread to merge in (its number)", Choice.THREAD, is_required=True)


@action(
    "thread.merge", "Merge", "Undo the merge",
    targets=TargetKind.THREAD, permission=May.MERGE, group=Group.PLACE, options=MergeOptions,
    is_destructive=True, minds_rank=True, states=SHOWN, most_targets=1, is_long=True, icon="link",
)  # fmt: skip
def merge(planner: Planner, thread: Thread, options: MergeOptions) -> None:
    """合并: the other thread's posts come into this one, floors by time; the earliest post opens it
    and names it. The other thread's address leads here."""
    other = planner.companions[options.other_id]
    if other.id == thread.id:
        raise Invalid("merge_with_itself", field="other_id")
    if other.board_id != thread.board_id and planner.actor.rank < Rank.SUPER_MODERATOR:
        raise Invalid("merge_across_boards", field="other_id")
    posts = _floors(planner, [thread.id, other.id])
    for origin in (other.id, thread.id):
        planner.move_posts(
            origin,
            thread.id,
            [
                (one.id, one.floor, floor)
                for floor, one in enumerate(posts, 1)
                if one.thread_id == origin and (one.floor, origin) != (floor, thread.id)
            ],
        )
    first = posts[0]
    if first.thread_id == other.id:
        planner.change(
            thread,
            title=other.title,
            author_id=other.author_id,
            author_name=other.author_name,
            created_at=other.created_at,
            first_post_id=first.id,
        )
    # Who may not read one of them reads none of its posts in the other.
    planner.change(thread, read_access=max(thread.read_access, other.read_access))
    planner.change(thread, tags=_tags_of_both(planner, thread, other))
    planner.derive(thread, last_floor=len(posts))
    _derive_last_post(planner, thread, posts)
    planner.change(other, state=ThreadState.MERGED, moved_to_id=thread.id, sticky_level=0)
    # It is a digest thread no longer; the one that stays is what it was.
    planner.reverse_rule(f"thread:{other.id}", "thread.digested")
    if other.view_count:
        planner.effects.add(
            Count(thread.id, "threads", thread.id, {"view_count": other.view_count})
        )
    for pointer in planner.session.scalars(
        select(Thread)
        .where(Thread.moved_to_id == other.id, Thread.state == ThreadState.REDIRECT)
        .order_by(Thread.id)
    ):
        planner.change(pointer, moved_to_id=thread.id)
    planner.tell(thread.author_id, other.author_id)


def _tags_of_both(planner: Planner, thread: Thread, other: Thread) -> str:
    """Its own tags, then the other's as far as there is room; none of its own goes."""
    if not other.tags:
        return thread.tags
    both = united(names_of(thread.tags), names_of(other.tags))
    most = planner.site.settings.posting.tags_per_thread
    return SEPARATOR.join(both[: max(most, len(names_of(thread.tags)))])


@dataclass(frozen=True)
class SplitOptions:
    floors: str = asked("Floors (2,5,7-9)", Choice.FLOORS, is_required=True)
    title: str = asked("Title of the new thread", Choice.TEXT, is_required=True, max_length=400)


@action(
    "thread.split", "Split", "Undo the split",
    targets=TargetKind.THREAD, permission=May.SPLIT, group=Group.PLACE, options=SplitOptions,
    is_destructive=True, minds_rank=True, states=SHOWN, most_targets=1, is_long=True, icon="copy",
    fits=lambda _site, _actor, thread: thread.reply_count > 0,
)  # fmt: skip
def split(planner: Planner, thread: Thread, options: SplitOptions) -> None:
    """分割: the floors chosen become a thread of their own in the same board; both count from 1."""
    title = clean_line(options.title)
    if not title:
        raise Invalid("subject_empty", field="title")
    words = word_filter_of(planner.session)
    title = checked_without_queue(planner.actor, words, title, field="title")
    most = planner.site.settings.posting.subject_width
    if width(title) > most:
        raise Invalid("subject_too_long", field="title", most=most)
    wanted = floors_in(options.floors)
    posts = sorted(_floors(planner, [thread.id]), key=lambda one: one.floor)
    chosen = [one for one in posts if one.floor in wanted]
    staying = [one for one in posts if one.floor not in wanted]
    if not chosen:
        raise Invalid("floors_unknown", field="floors")
    if 1 in wanted or not staying:
        raise Invalid("split_opening", field="floors")
    first = chosen[0]
    if not first.is_visible:
        raise Invalid("split_hidden_first", field="floors", floor=first.floor)
    new_id = planner.create(
        Thread,
        board_id=thread.board_id,
        type_id=thread.type_id,
        author_id=first.author_id,
        author_name=name_of(planner.session, first.author_id),
        title=title,
        state=ThreadState.VISIBLE,
        first_post_id=first.id,
        is_newest_first=thread.is_newest_first,
        read_access=thread.read_access,
        last_floor=len(chosen),
        created_at=first.created_at,
        **_last_post_of(planner, chosen),
    )
    planner.move_posts(
        thread.id, new_id, [(one.id, one.floor, floor) for floor, one in enumerate(chosen, 1)]
    )
    planner.move_posts(
        thread.id,
        thread.id,
        [(one.id, one.floor, floor) for floor, one in enumerate(staying, 1) if one.floor != floor],
    )
    planner.derive(thread, last_floor=len(staying))
    _derive_last_post(planner, thread, staying)
    planner.tell(first.author_id)


def floors_in(text: str) -> frozenset[int]:
    """The floors of a list like 2,5,7-9; Chinese commas will do.

    :raises Invalid: "floors_unreadable".
    """
    found: set[int] = set()
    for part in re.split(r"[,，、\s]+", text.strip()):
        match = re.fullmatch(r"(\d{1,7})(?:[-–~](\d{1,7}))?", part)
        if match is None:
            raise Invalid("floors_unreadable", field="floors")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first or last - first > 200_000:
            raise Invalid("floors_unreadable", field="floors")
        found.update(range(first, last + 1))
    return frozenset(found)


def _last_post_of(planner: Planner, posts: Sequence[_Floor]) -> dict[str, Any]:
    """The last visible of posts that are in the order of their floors."""
    last = next((one for one in reversed(posts) if one.is_visible), posts[0])
    return {
        "last_post_at": last.created_at,
        "last_poster_id": last.author_id,
        "last_poster_name": name_of(planner.session, last.author_id),
    }


def _derive_last_post(planner: Planner, thread: Thread, posts: Sequence[_Floor]) -> None:
    planner.derive(thread, **_last_post_of(planner, posts))
