"""What is a thread, apart from its posts? Facts for policies, and the head of the page."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    Text,
    and_,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from forum.core.errors import NotFound
from forum.core.reading import unchanged
from forum.models import (
    BoardVisit,
    Favorite,
    FavoriteKind,
    ModLogEntry,
    Post,
    PostState,
    Thread,
    ThreadRead,
    ThreadState,
)
from forum.policies.actor import Actor
from forum.policies.threads import ThreadFacts, may_read_thread
from forum.policies.verdict import Refusal
from forum.queries.visited import VISITED_SHOWN


@dataclass(frozen=True)
class FoundThread:
    """The columns every page and policy about a thread asks for."""

    id: int
    board_id: int
    type_id: int | None
    author_id: int
    author_name: str
    title: str
    state: ThreadState
    sticky_level: int
    digest_level: int
    highlight_color: int
    highlight_background: int
    highlight_bold: bool
    highlight_italic: bool
    highlight_underline: bool
    stamp: str
    icon: str
    is_recommended: bool
    is_closed: bool
    is_newest_first: bool
    read_access: int
    moved_to_id: int | None
    first_post_id: int | None
    reply_count: int
    comment_count: int
    view_count: int
    favorite_count: int
    heat: int
    last_floor: int
    created_at: datetime
    last_post_at: datetime
    version: int
    last_log_id: int | None
    batch_id: int | None
    tags: str  # as written; what readers see of them: queries/tags.py

    @property
    def shown_reply_count(self) -> int:
        """回复 counts 点评 too."""
        return self.reply_count + self.comment_count

    @property
    def shown_view_count(self) -> int:
        """Discuz never shows fewer views than replies (viewthread.md section 2)."""
        return max(self.view_count, self.shown_reply_count)


@dataclass(frozen=True)
class LastAction:
    """本主题由 X 于 T 置顶: the last action on the thread that was not undone; in a list of threads the
    last of those whose marks it carries."""

    action: str
    actor_name: str
    at: datetime
    options: dict[str, Any] = field(hash=False)
    expires_at: datetime | None


# What of an entry of the log makes a LastAction.
LOGGED = (
    ModLogEntry.action.label("log_action"),
    ModLogEntry.actor_name.label("log_actor_name"),
    ModLogEntry.created_at.label("log_at"),
    ModLogEntry.options.label("log_options"),
    ModLogEntry.expires_at.label("log_expires_at"),
)


def last_action(row: Any) -> LastAction:
    """From a result row that holds LOGGED."""
    return LastAction(
        row.log_action, row.log_actor_name, row.log_at, row.log_options, row.log_expires_at
    )


@dataclass(frozen=True)
class ThreadHead:
    """The thread, and what one statement can tell about it besides its columns."""

    thread: FoundThread
    # The highest floor the actor may see. Floors are not given back, so this may be below
    # `last_floor`: trailing deleted floors make no empty pages.
    highest_floor: int
    last_action: LastAction | None
    read_floor: int | None  # how far the member has read; None = never opened, or a guest
    is_favorite: bool
    has_pinned: bool  # 置顶回复: replies repeated on top of page 1
    author_post_count: int  # of the author asked for; 0 without one
    has_own_waiting: bool  # a post of the member's own that waits for approval, seen by nobody else
    visited_board_ids: tuple[int, ...] = ()  # 浏览过的版块 of a member, the latest first


# One may not be shown, and one is the thread's own.
MOST_VISITED = VISITED_SHOWN + 2
COLUMNS = tuple(getattr(Thread, name) for name in FoundThread.__dataclass_fields__)
_FACTS = select(*COLUMNS).where(Thread.id == bindparam("thread_id"))


def find_thread(s: Session, thread_id: int) -> FoundThread:
    """A thread's facts, whatever its state; the caller asks a policy. One statement.

    :raises NotFound: no such thread.
    """
    row = s.execute(_FACTS, {"thread_id": thread_id}).one_or_none()
    if row is None:
        raise NotFound("thread_not_found")
    return FoundThread(*row)


def require_readable(actor: Actor, thread: ThreadFacts) -> None:
    """Go on only when the actor may open the thread.

    :raises NotFound: there is none for them, in Discuz's words for a deleted thread.
    :raises Forbidden: it asks for more reading access.
    """
    verdict = may_read_thread(actor, thread)
    if verdict.refusal is Refusal.NOT_VISIBLE:
        raise NotFound("thread_not_found")
    verdict.require()


def visible_posts(
    actor: Actor, board_id: SQLColumnExpression[int] | int, post: type[Post] = Post
) -> ColumnElement[bool]:
    """The SQL twin of policies.posts.may_read_post, within a thread one may read.

    :param board_id: the thread's board, a value or a column (a search over many boards).
    :param post: an alias of Post, where a statement has two.
    """
    shown: ColumnElement[bool] = post.state == PostState.VISIBLE
    if isinstance(board_id, int):
        if actor.moderates(board_id):
            return true()
    elif actor.moderated:
        shown = or_(shown, board_id.in_(actor.moderated))
    if actor.is_guest:
        return shown
    own_waiting = and_(
        post.author_id == actor.member_id,
        post.state.in_((PostState.PENDING, PostState.IGNORED)),
    )
    return or_(shown, own_waiting)


def thread_head(
    s: Session, actor: Actor, *, thread_id: int, author_id: int | None = None
) -> ThreadHead:
    """The head of a thread's page. At most one statement; rights are checked by the caller.

    :param author_id: count this member's visible posts too (只看该作者).
    :raises NotFound: no such thread.
    """
    asked = _head_statement(
        is_member=not actor.is_guest,
        moderates=bool(actor.moderated),
        by_author=author_id is not None,
    )
    values: dict[str, Any] = {"thread_id": thread_id}
    if not actor.is_guest:
        values["me"] = actor.member_id
    if actor.moderated:
        values["moderated"] = tuple(actor.moderated)
    if author_id is not None:
        values["author_id"] = author_id
    rows = unchanged(s, asked, values)
    if not rows:
        raise NotFound("thread_not_found")
    row: Any = rows[0]
    action = None
    if row.log_action is not None and row.log_undone_by_id is None:
        action = last_action(row)
    return ThreadHead(
        thread=FoundThread(*row[: len(COLUMNS)]),
        highest_floor=row.highest_floor or 1,
        last_action=action,
        read_floor=row.read_floor,
        is_favorite=bool(row.is_favorite),
        has_pinned=bool(row.has_pinned),
        author_post_count=row.author_post_count,
        has_own_waiting=bool(row.has_own_waiting),
        visited_board_ids=tuple(map(int, row.visited.split(","))) if row.visited else (),
    )


@lru_cache(maxsize=16)
def _head_statement(*, is_member: bool, moderates: bool, by_author: bool) -> Select[Any]:
    """The statement of a shape, built once: building costs ten times what asking does.

    Parameters: thread_id; me for a member; moderated for a moderator; author_id by author.
    """
    top = aliased(Post)
    highest = (
        select(top.floor)
        .where(top.thread_id == Thread.id, _visible(is_member, moderates, top))
        .order_by(top.floor.desc())
        .limit(1)
        .scalar_subquery()
    )
    pinned = aliased(Post)
    has_pinned = select(pinned.id).where(pinned.thread_id == Thread.id, pinned.is_sticky).exists()
    authored: ColumnElement[int] = literal(0)
    if by_author:
        authored = (
            select(func.count())
            .select_from(Post)
            .where(
                Post.thread_id == Thread.id,
                Post.author_id == bindparam("author_id"),
                _visible(is_member, moderates, Post),
            )
            .scalar_subquery()
        )
    read_floor: ColumnElement[Any] = null()
    favorite: ColumnElement[bool] = false()
    own_waiting: ColumnElement[bool] = false()
    visited: ColumnElement[Any] = null()
    if is_member:
        me: Any = bindparam("me")
        waiting = aliased(Post)
        own_waiting = (
            select(waiting.id)
            .where(waiting.thread_id == Thread.id, waiting.author_id == me, _is_waiting(waiting))
            .exists()
        )
        read_floor = (
            select(ThreadRead.floor)
            .where(ThreadRead.member_id == me, ThreadRead.thread_id == Thread.id)
            .scalar_subquery()
        )
        favorite = (
            select(Favorite.target_id)
            .where(
                Favorite.member_id == me,
                Favorite.kind == FavoriteKind.THREAD,
                Favorite.target_id == Thread.id,
            )
            .exists()
        )
        latest = (
            select(cast(BoardVisit.board_id, Text).label("board_id"))
            .where(BoardVisit.member_id == me)
            .order_by(BoardVisit.seen_at.desc(), BoardVisit.board_id)
            .limit(MOST_VISITED)
            .subquery()
        )
        # The comma as a column: as a value it would be written out anew for each execution.
        comma: Any = literal_column("','")
        visited = select(func.aggregate_strings(latest.c.board_id, comma)).scalar_subquery()
    return (
        select(
            *COLUMNS,
            highest.label("highest_floor"),
            authored.label("author_post_count"),
            read_floor.label("read_floor"),
            favorite.label("is_favorite"),
            has_pinned.label("has_pinned"),
            own_waiting.label("has_own_waiting"),
            visited.label("visited"),
            *LOGGED,
            ModLogEntry.undone_by_id.label("log_undone_by_id"),
        )
        .outerjoin(ModLogEntry, ModLogEntry.id == Thread.last_log_id)
        .where(Thread.id == bindparam("thread_id"))
    )


def _visible(is_member: bool, moderates: bool, post: type[Post]) -> ColumnElement[bool]:
    """`visible_posts` with parameters instead of an actor's values."""
    shown: ColumnElement[bool] = post.state == PostState.VISIBLE
    if moderates:
        shown = or_(shown, Thread.board_id.in_(bindparam("moderated", expanding=True)))
    if not is_member:
        return shown
    return or_(shown, and_(post.author_id == bindparam("me"), _is_waiting(post)))


def _is_waiting(post: type[Post]) -> ColumnElement[bool]:
    # Not by IN, whose list is written out anew for each execution.
    return or_(post.state == PostState.PENDING, post.state == PostState.IGNORED)
