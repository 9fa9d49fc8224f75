"""What do threads and posts count for, and how do the counters change when effects are made?

Counters follow from where threads are and which posts are visible. They are worked out from the
effects each time, when doing and when undoing: a reply written between a move and its undo counts
where the thread goes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from forum.models import Post, PostComment, PostState, Thread, ThreadState
from forum.modlog.effects import Change, Count, Create, Effect, MovePosts, Purge, Remove

# Fields whose change moves counters.
_THREAD_FIELDS = {"state", "board_id", "digest_level", "author_id"}
CHUNK = 500


@dataclass
class Weight:
    """What one thread counts for. `posts`, `replies`: visible ones by author."""

    board_id: int
    author_id: int
    is_visible: bool
    is_digested: bool
    posts: Counter[int] = field(default_factory=Counter)
    replies: Counter[int] = field(default_factory=Counter)
    comments: int = 0

    def copy(self) -> "Weight":
        return Weight(
            self.board_id, self.author_id, self.is_visible, self.is_digested,
            Counter(self.posts), Counter(self.replies), self.comments,
        )  # fmt: skip


@dataclass(frozen=True)
class _PostFacts:
    thread_id: int
    author_id: int
    floor: int
    is_visible: bool
    comments: int = 0


Sums = dict[tuple[str, int], Counter[str]]


def touches_counters(effects: Iterable[Effect]) -> bool:
    """Do any counters follow from these effects?"""
    for effect in effects:
        match effect:
            case Change(table="threads"):
                if _THREAD_FIELDS & set(effect.after):
                    return True
            case Change(table="posts"):
                if "state" in effect.after:
                    return True
            case MovePosts():
                return True
            case Create() | Remove() | Purge():
                if effect.table in ("threads", "posts"):
                    return True
    return False


def counts_following(session: Session, effects: Sequence[Effect]) -> list[Count]:
    """How the counters of threads, members and boards change with these effects, not yet made.

    Five statements, some more for very many targets.
    """
    if not touches_counters(effects):
        return []
    posts = _touched_posts(session, effects)
    thread_ids = _touched_threads(effects) | {one.thread_id for one in posts.values()}
    before = _weights(session, thread_ids, _changed_threads(effects), posts, effects)
    after = {thread_id: weight.copy() for thread_id, weight in before.items()}
    for effect in effects:
        _make(effect, after, posts)
    sums = _added_up(after, 1)
    for key, counters in _added_up(before, -1).items():
        sums.setdefault(key, Counter()).update(counters)
    gone = {effect.id for effect in effects if isinstance(effect, (Remove, Purge))}
    return [
        Count(0, table, row_id, deltas)
        for (table, row_id), counters in sorted(sums.items())
        if (deltas := {name: n for name, n in sorted(counters.items()) if n})
        and not (table == "threads" and (row_id in gone or row_id not in after))
    ]


def _added_up(weights: Mapping[int, Weight], sign: int) -> Sums:
    sums: Sums = {}

    def add(table: str, row_id: int, name: str, number: int) -> None:
        sums.setdefault((table, row_id), Counter())[name] += sign * number

    for thread_id, weight in weights.items():
        add("threads", thread_id, "reply_count", weight.replies.total())
        add("threads", thread_id, "heat", sum(1 for number in weight.replies.values() if number))
        add("threads", thread_id, "comment_count", weight.comments)
        if not weight.is_visible:
            continue
        add("boards", weight.board_id, "thread_count", 1)
        add("boards", weight.board_id, "post_count", weight.posts.total())
        add("members", weight.author_id, "thread_count", 1)
        add("members", weight.author_id, "digest_count", int(weight.is_digested))
        for member_id, number in weight.posts.items():
            add("members", member_id, "post_count", number)
    return sums


def _make(effect: Effect, weights: dict[int, Weight], posts: dict[int, _PostFacts]) -> None:
    """Do to the weights what an effect will do to the tables."""
    match effect:
        case Change(table="threads"):
            _change_thread(weights[effect.id], effect.after)
        case Change(table="posts"):
            if "state" in effect.after:
                facts = posts[effect.id]
                now_visible = effect.after["state"] == PostState.VISIBLE
                _weigh_post(
                    weights[facts.thread_id], facts, int(now_visible) - int(facts.is_visible)
                )
                posts[effect.id] = _with(facts, is_visible=now_visible)
        case Create(table="threads"):
            weights[effect.id] = _new_weight(effect.values)
        case Create(table="posts"):
            facts = _facts_of(effect.values)
            posts[effect.id] = facts
            if facts.is_visible:
                _weigh_post(weights[facts.thread_id], facts, 1)
        case Remove(table="posts"):
            facts = posts[effect.id]
            if facts.is_visible and facts.thread_id in weights:
                _weigh_post(weights[facts.thread_id], facts, -1)
        case Remove(table="threads") | Purge(table="threads"):
            weights.pop(effect.id, None)
        case Purge(table="posts"):
            facts = posts[effect.id]
            weights[facts.thread_id].comments -= facts.comments
            if facts.is_visible:
                _weigh_post(weights[facts.thread_id], facts, -1)
        case MovePosts():
            for post_id, _, floor in effect.moves:
                facts = posts[post_id]
                moved = _with(facts, thread_id=effect.to_thread, floor=floor)
                if facts.is_visible:
                    _weigh_post(weights[facts.thread_id], facts, -1)
                    _weigh_post(weights[moved.thread_id], moved, 1)
                weights[facts.thread_id].comments -= facts.comments
                weights[moved.thread_id].comments += facts.comments
                posts[post_id] = moved


def _change_thread(weight: Weight, after: Mapping[str, Any]) -> None:
    if "state" in after:
        weight.is_visible = after["state"] == ThreadState.VISIBLE
    weight.board_id = after.get("board_id", weight.board_id)
    weight.author_id = after.get("author_id", weight.author_id)
    if "digest_level" in after:
        weight.is_digested = after["digest_level"] > 0


def _weigh_post(weight: Weight, facts: _PostFacts, number: int) -> None:
    weight.posts[facts.author_id] += number
    if facts.floor > 1:
        weight.replies[facts.author_id] += number


def _with(facts: _PostFacts, **changed: Any) -> _PostFacts:
    return _PostFacts(**{**vars(facts), **changed})


def _new_weight(values: Mapping[str, Any]) -> Weight:
    return Weight(
        board_id=values["board_id"],
        author_id=values["author_id"],
        is_visible=values.get("state", ThreadState.VISIBLE) == ThreadState.VISIBLE,
        is_digested=values.get("digest_level", 0) > 0,
    )


def _facts_of(values: Mapping[str, Any]) -> _PostFacts:
    return _PostFacts(
        thread_id=values["thread_id"],
        author_id=values["author_id"],
        floor=values["floor"],
        is_visible=values.get("state", PostState.VISIBLE) == PostState.VISIBLE,
    )


def _touched_threads(effects: Iterable[Effect]) -> set[int]:
    found: set[int] = set()
    for effect in effects:
        match effect:
            case Change(table="threads") | Remove(table="threads") | Purge(table="threads"):
                found.add(effect.id)
            case Create(table="posts"):
                found.add(effect.values["thread_id"])
            case MovePosts():
                found |= {effect.from_thread, effect.to_thread}
    return found


def _changed_threads(effects: Iterable[Effect]) -> set[int]:
    """Threads that count for something else as a whole."""
    found: set[int] = set()
    for effect in effects:
        match effect:
            case Change(table="threads"):
                if _THREAD_FIELDS & set(effect.after):
                    found.add(effect.id)
            case Remove(table="threads") | Purge(table="threads"):
                found.add(effect.id)
    return found


def _touched_posts(session: Session, effects: Iterable[Effect]) -> dict[int, _PostFacts]:
    ids: set[int] = set()
    for effect in effects:
        match effect:
            case Change(table="posts") | Remove(table="posts") | Purge(table="posts"):
                ids.add(effect.id)
            case MovePosts():
                ids.update(post_id for post_id, _, _ in effect.moves)
    found: dict[int, _PostFacts] = {}
    for part in _parts(ids):
        for row in session.execute(
            select(Post.id, Post.thread_id, Post.author_id, Post.floor, Post.state).where(
                Post.id.in_(part)
            )
        ):
            found[row.id] = _PostFacts(
                row.thread_id, row.author_id, row.floor, row.state is PostState.VISIBLE
            )
        for post_id, number in session.execute(
            select(PostComment.post_id, func.count())
            .where(PostComment.post_id.in_(part))
            .group_by(PostComment.post_id)
        ):
            found[post_id] = _with(found[post_id], comments=number)
    return found


def _weights(
    session: Session,
    thread_ids: Iterable[int],
    changed: set[int],
    posts: Mapping[int, _PostFacts],
    effects: Iterable[Effect],
) -> dict[int, Weight]:
    """What the threads count for; of those that are not `changed` as a whole, only what the authors
    of the touched posts wrote: the others' posts, which may be 20,000, make no difference."""
    found: dict[int, Weight] = {}
    for part in _parts(thread_ids):
        for row in session.execute(
            select(
                Thread.id, Thread.board_id, Thread.author_id, Thread.state, Thread.digest_level,
                Thread.comment_count,
            ).where(Thread.id.in_(part))
        ):  # fmt: skip
            found[row.id] = Weight(
                row.board_id,
                row.author_id,
                row.state is ThreadState.VISIBLE,
                row.digest_level > 0,
                comments=row.comment_count,
            )
    authors = sorted(
        {facts.author_id for facts in posts.values()}
        | {
            one.values["author_id"]
            for one in effects
            if isinstance(one, Create) and one.table == "posts"
        }
    )
    for part in _parts(set(found) & changed):
        _weigh_posts(session, found, Post.thread_id.in_(part))
    for part in _parts(set(found) - changed):
        for of_authors in _parts(authors):
            _weigh_posts(session, found, Post.thread_id.in_(part), Post.author_id.in_(of_authors))
    return found


def _weigh_posts(session: Session, found: dict[int, Weight], *which: ColumnElement[bool]) -> None:
    # Not asked for by state: from five threads on SQLite would walk every visible post of the forum.
    is_visible = Post.state == PostState.VISIBLE
    for thread_id, author_id, number, replies in session.execute(
        select(
            Post.thread_id,
            Post.author_id,
            func.count().filter(is_visible),
            func.count().filter(is_visible, Post.floor > 1),
        )
        .where(*which)
        .group_by(Post.thread_id, Post.author_id)
    ):
        if not number:
            continue
        weight = found[thread_id]
        weight.posts[author_id] = number
        if replies:
            weight.replies[author_id] = replies


def _parts(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), CHUNK):
        yield ordered[at : at + CHUNK]
