"""Read models of the queue: what waits for approval in the boards one moderates; what waits at all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, FromClause, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from forum.models import (
    HoldReason,
    Member,
    Post,
    PostHold,
    PostState,
    Thread,
    ThreadState,
)
from forum.modlog.registry import ACTIONS
from forum.policies.actor import Actor, Rank
from forum.policies.messages import may_see_reported_messages
from forum.policies.moderation import (
    may_announce,
    may_ban_networks,
    may_edit_boards,
    may_moderate_post,
    may_see_punished,
)
from forum.policies.queue import may_edit_words, may_handle_reports, may_work_queue
from forum.policies.verdict import Verdict
from forum.queries.actors import ranks_of
from forum.queries.appeals import open_appeals
from forum.queries.message_reports import open_message_reports
from forum.queries.reports import open_reports
from forum.queries.site import site_of
from forum.queries.thread_rows import COLUMNS, ThreadRow, thread_row

PAGE = 20
# What a moderator may decide, and the action of the registry that does it.
DECISIONS = {
    "approve": "post.approve",
    "ignore": "post.ignore",
    "delete": "post.delete_pending",
}
STATES = (PostState.PENDING, PostState.IGNORED)
KINDS = ("thread", "reply")


@dataclass(frozen=True)
class QueueFilter:
    """Which of the waiting posts; None = all."""

    state: PostState = PostState.PENDING
    board_id: int | None = None
    kind: str | None = None  # of KINDS

    def query(self, **changes: Any) -> dict[str, Any]:
        """For addresses with the same filter, or another."""
        found = {
            "state": None if self.state is PostState.PENDING else self.state.value,
            "board": self.board_id,
            "kind": self.kind,
        }
        return {name: value for name, value in {**found, **changes}.items() if value is not None}


@dataclass(frozen=True)
class QueueItem:
    """A post that waits. `reason` None: it came waiting from an import.

    `decisions`: those of DECISIONS the actor may take; `refused`: the others, all for one reason.
    """

    post_id: int
    floor: int
    thread: ThreadRow
    tags: str  # of the thread, as written
    author_id: int
    author_name: str
    author_post_count: int
    author_since: datetime
    created_at: datetime
    html: Markup
    reason: HoldReason | None
    words: tuple[str, ...]
    decisions: tuple[str, ...]
    refused: tuple[str, ...]
    why_not: Verdict | None

    @property
    def is_thread(self) -> bool:
        return self.floor == 1


@dataclass(frozen=True)
class QueuePage:
    """A page of the queue, oldest first; `next_after` begins the next one."""

    items: tuple[QueueItem, ...]
    filter: QueueFilter
    total: int
    oldest_at: datetime | None
    next_after: int | None

    @property
    def decisions(self) -> tuple[str, ...]:
        """Those that can be taken on one of the posts at least."""
        return tuple(key for key in DECISIONS if any(key in one.decisions for one in self.items))


def queue_page(
    s: Session, actor: Actor, *, filter: QueueFilter = QueueFilter(), after: int | None = None
) -> QueuePage:
    """What waits in the boards the actor moderates, whoever wrote it. At most three statements.

    :param after: only posts with a higher id.
    :raises Forbidden: the actor may not work in the queue.
    """
    may_work_queue(actor).require()
    waiting = _waiting(actor, filter)
    rows = s.execute(
        select(
            *COLUMNS, Thread.tags, Post.id.label("post_id"), Post.floor,
            Post.author_id.label("post_author_id"), Member.name.label("post_author_name"),
            Member.post_count, Member.created_at.label("author_since"),
            Post.created_at.label("posted_at"), Post.html, PostHold.reason, PostHold.words,
        )
        .join(Thread, Thread.id == Post.thread_id)
        .join(Member, Member.id == Post.author_id)
        .outerjoin(PostHold, PostHold.post_id == Post.id)
        .where(waiting, *((Post.id > after,) if after is not None else ()))
        .order_by(Post.id)
        .limit(PAGE + 1)
    ).all()  # fmt: skip
    total, oldest_at = s.execute(
        select(func.count(), func.min(Post.created_at))
        .join(Thread, Thread.id == Post.thread_id)
        .where(waiting)
    ).one()
    ranks = ranks_of(s, site_of(s), {row.post_author_id for row in rows[:PAGE]}) if rows else {}
    items = tuple(_item(actor, filter.state, row, ranks) for row in rows[:PAGE])
    return QueuePage(
        items, filter, total, oldest_at, items[-1].post_id if len(rows) > PAGE else None
    )


def _item(actor: Actor, state: PostState, row: Any, ranks: dict[int, Rank]) -> QueueItem:
    thread, author_id = thread_row(row), row.post_author_id
    verdicts = {
        decision: may_moderate_post(
            actor, ACTIONS[key], thread, author_id=author_id, state=state,
            author_rank=ranks.get(author_id, Rank.MEMBER),
        )
        for decision, key in DECISIONS.items()
        if state in ACTIONS[key].states
    }  # fmt: skip
    return QueueItem(
        row.post_id, row.floor, thread, row.tags, author_id, row.post_author_name, row.post_count,
        row.author_since, row.posted_at,
        Markup(row.html),  # noqa: S704  rendered and bleached when it was written
        row.reason, tuple(row.words or ()),
        tuple(decision for decision, verdict in verdicts.items() if verdict),
        tuple(decision for decision, verdict in verdicts.items() if not verdict),
        next((verdict for verdict in verdicts.values() if not verdict), None),
    )  # fmt: skip


def _waiting(actor: Actor, filter: QueueFilter) -> ColumnElement[bool]:
    """An opening post waits with its thread, a reply in one that is shown."""
    opening = and_(Post.floor == 1, Thread.state == ThreadState(filter.state.value))
    reply = and_(Post.floor > 1, Thread.state == ThreadState.VISIBLE)
    boards = actor.moderated
    if filter.board_id is not None:
        boards = boards & {filter.board_id}
    kind = {"thread": opening, "reply": reply}.get(filter.kind or "", or_(opening, reply))
    return and_(Post.state == filter.state, Thread.board_id.in_(boards), kind)


@dataclass(frozen=True)
class Waiting:
    """How much waits in a queue, and since when the oldest of it."""

    number: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class QueueCounts:
    """What waits for a moderator, None where the actor has no right to see it; and what else of the
    panel is open to them."""

    posts: Waiting | None
    reports: Waiting | None
    messages: Waiting | None  # reported ones
    appeals: Waiting
    may_edit_words: bool
    may_see_punished: bool
    may_ban_networks: bool
    may_announce: bool
    may_edit_boards: bool


def queue_counts(s: Session, actor: Actor) -> QueueCounts:
    """What the menu of the panel says, and its overview. One statement."""
    waiting = (
        select(func.count().label("number"), func.min(Post.created_at).label("oldest_at"))
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(_waiting(actor, QueueFilter()))
    )
    asked: dict[str, Select[int, datetime]] = {"appeals": open_appeals(actor)}
    if may_work_queue(actor):
        asked["posts"] = waiting
    if may_handle_reports(actor):
        asked["reports"] = open_reports(actor)
    if may_see_reported_messages(actor):
        asked["messages"] = open_message_reports(actor)
    parts = {name: question.subquery(name) for name, question in asked.items()}
    all_parts: FromClause = parts["appeals"]
    for name in list(parts)[1:]:
        all_parts = all_parts.join(parts[name], true())  # each is one row
    row = s.execute(
        select(*(column for part in parts.values() for column in part.c)).select_from(all_parts)
    ).one()
    found = {name: Waiting(*row[at * 2 : at * 2 + 2]) for at, name in enumerate(parts)}
    return QueueCounts(
        found.get("posts"), found.get("reports"), found.get("messages"), found["appeals"],
        may_edit_words=bool(may_edit_words(actor)),
        may_see_punished=bool(may_see_punished(actor)),
        may_ban_networks=bool(may_ban_networks(actor)),
        may_announce=bool(may_announce(actor)),
        may_edit_boards=bool(may_edit_boards(actor)),
    )  # fmt: skip
