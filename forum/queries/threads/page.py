"""What does the thread page show? All of it, in three to five statements whatever its size."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from forum.core.paging import Pager
from forum.models import Post, PostRating, PostState
from forum.policies.actor import Actor
from forum.policies.posts import (
    may_edit_post,
    may_pin_reply,
    may_report_post,
    may_see_address,
    may_see_text,
)
from forum.policies.verdict import Verdict
from forum.queries.site import BoardInfo, Site, TypeInfo
from forum.queries.tags import tag_rules_of
from forum.queries.threads.authors import (
    AuthorPanel,
    author_columns,
    author_panel,
    card_point_kinds,
    with_authors,
)
from forum.queries.threads.extras import Comment, RatingBlock, comments_on, ratings_of
from forum.queries.threads.facts import FoundThread, LastAction
from forum.queries.threads.moderation import ModerationBar, moderation_bar
from forum.queries.threads.opening import Mark, OpenedThread
from forum.queries.threads.order import floors_of_page


@dataclass(frozen=True)
class PostCard:
    """A floor."""

    id: int
    floor: int
    state: PostState
    author_id: int
    author: AuthorPanel
    html: Markup | None  # None: the text is blocked for this reader
    signature: Markup | None
    is_blocked: bool
    is_warned: bool
    is_sticky: bool
    is_on_top: bool  # out of its place, below the opening post of page 1
    created_at: datetime
    edited_at: datetime | None
    edited_by_name: str
    address: str | None  # for staff alone
    is_opening: bool
    is_by_thread_author: bool
    is_own: bool
    is_new: bool
    is_first_new: bool
    can_edit: Verdict
    can_quote: bool
    can_report: Verdict
    can_pin: bool = False  # as the thread's author; moderators have a bar
    comments: tuple[Comment, ...] = ()
    ratings: RatingBlock | None = None
    can_pick: bool = False  # by a moderator: there is something one may do to it


@dataclass(frozen=True)
class PageFrame:
    """What a floor shows of the page it stands on. Alike for most readers, so that floors can be kept."""

    thread_id: int
    list_page: int
    filter_author_id: int | None
    order: str | None
    other_order: str | None
    is_newest_first: bool
    is_guest: bool
    shows_reply: bool


@dataclass(frozen=True)
class ThreadPage:
    """The page. Buttons are verdicts: what a template shows, a policy has said."""

    thread: FoundThread
    # Hash as little as is needed: what follows from the thread and the site's version is left out.
    board: BoardInfo = field(hash=False)
    ancestors: tuple[BoardInfo, ...] = field(hash=False)  # category down to the board's parent
    type: TypeInfo | None = field(hash=False)
    posts: tuple[PostCard, ...]
    pager: Pager
    list_page: int
    filter_author_id: int | None
    is_newest_first: bool
    highest_floor: int
    last_action: LastAction | None
    is_favorite: bool
    reply: Verdict  # truthy, or why not
    can_start: bool
    moderation: ModerationBar | None = field(hash=False)
    is_guest: bool
    tags: tuple[str, ...] = ()  # below the opening post, where that is on the page and readable

    @property
    def frame(self) -> PageFrame:
        """The page as its floors need it."""
        return PageFrame(
            self.thread.id,
            self.list_page,
            self.filter_author_id,
            self.order,
            self.other_order,
            self.is_newest_first,
            self.is_guest,
            self.is_guest or bool(self.reply),
        )

    @property
    def order(self) -> str | None:
        """The order for addresses: None where it is the thread's own."""
        if self.is_newest_first == self.thread.is_newest_first:
            return None
        return "newest" if self.is_newest_first else "oldest"

    @property
    def other_order(self) -> str | None:
        """The order the link beside the opening post leads to."""
        if self.is_newest_first != self.thread.is_newest_first:
            return None
        return "oldest" if self.is_newest_first else "newest"

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The floors, for whoever sees the same posts."""
        return tuple(
            Mark(post.floor, post.author_id, post.created_at, post.is_on_top) for post in self.posts
        )

    @property
    def opening(self) -> PostCard | None:
        """The opening post, when it is on this page."""
        return self.posts[0] if self.posts and self.posts[0].is_opening else None


def thread_page(s: Session, actor: Actor, site: Site, opened: OpenedThread) -> ThreadPage:
    """The posts of a page of a thread. One statement, one more when a post on it has ratings, one for 点评."""
    thread = opened.thread
    rows = _posts(s, site, actor, opened)
    ids = [row.id for row in rows]
    comments = comments_on(s, ids) if thread.comment_count else {}
    ratings = ratings_of(s, site, ids) if any(row.has_ratings for row in rows) else {}
    pins = opened.filter_author_id is None and opened.pager.page == 1
    marks = [_mark(row, pins) for row in rows]
    new_from = opened.marks_of(actor, marks).new_from
    board = opened.board
    posts = tuple(
        _card(site, actor, thread, row, new_from, comments, ratings, pins) for row in rows
    )
    ranks = {post.author_id: post.author.rank for post in posts}
    moderation = moderation_bar(s, site, actor, thread, posts, ranks)
    if moderation is not None:
        posts = tuple(replace(post, can_pick=post.id in moderation.post_ids) for post in posts)
    return ThreadPage(
        thread=thread,
        board=board,
        ancestors=site.ancestors(board.id),
        type=next((kind for kind in board.types if kind.id == thread.type_id), None),
        posts=posts,
        pager=opened.pager,
        list_page=opened.list_page,
        filter_author_id=opened.filter_author_id,
        is_newest_first=opened.is_newest_first,
        highest_floor=opened.head.highest_floor,
        last_action=opened.head.last_action,
        is_favorite=opened.head.is_favorite,
        reply=opened.reply,
        can_start=board.id in actor.startable,
        moderation=moderation,
        is_guest=actor.is_guest,
        tags=_tags(s, thread, posts),
    )


def _tags(s: Session, thread: FoundThread, posts: Sequence[PostCard]) -> tuple[str, ...]:
    """No statement, but where the thread has tags and the staff has changed some lately."""
    is_shown = posts and posts[0].is_opening and posts[0].html is not None
    return tag_rules_of(s).shown(thread.tags) if thread.tags and is_shown else ()


def _mark(row: Any, pins_on_top: bool) -> Mark:
    return Mark(row.floor, row.author_id, row.created_at, _is_on_top(row, pins_on_top))


def _is_on_top(row: Any, pins_on_top: bool) -> bool:
    return bool(pins_on_top and row.is_sticky and row.floor > 1)


def _posts(
    s: Session,
    site: Site,
    actor: Actor,
    opened: OpenedThread,
) -> Sequence[Row[Any]]:
    """The rows of a page's posts with their authors. One statement."""
    head, thread, page = opened.head, opened.thread, opened.pager.page
    author_id, newest_first = opened.filter_author_id, opened.is_newest_first
    values: dict[str, Any] = {"thread_id": thread.id}
    audience = "moderator" if actor.moderates(thread.board_id) else "guest"
    if audience == "guest" and actor.member_id is not None:
        audience = "member"
        values["me"] = actor.member_id
    per_page = site.settings.reading.posts_per_page
    if author_id is None:
        values["first"], values["last"] = floors_of_page(
            page, per_page, highest=head.highest_floor, newest_first=newest_first
        )
    else:
        values.update(author_id=author_id, first=(page - 1) * per_page + 1, last=page * per_page)
    pinned_on_top = author_id is None and page == 1 and head.has_pinned
    asked = _posts_statement(
        card_point_kinds(site),
        audience=audience,
        by_author=author_id is not None,
        newest_first=newest_first,
        opening_on_top=author_id is None and newest_first and page == 1,
        pinned_on_top=pinned_on_top,
    )
    return s.execute(asked, values).all()


@lru_cache(maxsize=64)
def _posts_statement(
    point_kinds: tuple[int, ...],
    *,
    audience: str,
    by_author: bool,
    newest_first: bool,
    opening_on_top: bool,
    pinned_on_top: bool,
) -> Select[Any]:
    """The statement of a shape, built once. Floors (or, by author, places) from first to last."""
    visible: ColumnElement[bool] = Post.state == PostState.VISIBLE
    if audience == "moderator":
        visible = true()
    elif audience == "member":
        own = Post.author_id == bindparam("me")
        waiting = or_(Post.state == PostState.PENDING, Post.state == PostState.IGNORED)
        visible = or_(visible, and_(own, waiting))
    columns, joins = author_columns(point_kinds)
    posts: Any = select(
        Post.id, Post.floor, Post.state, Post.html, Post.is_blocked, Post.is_warned,
        Post.is_sticky, Post.created_at, Post.edited_at, Post.edited_by_name, Post.address,
        select(PostRating.id).where(PostRating.post_id == Post.id).exists().label("has_ratings"),
        *columns,
    )  # fmt: skip
    in_thread = Post.thread_id == bindparam("thread_id")
    statement = with_authors(posts, joins).where(in_thread, visible)
    first: Any = bindparam("first")
    last: Any = bindparam("last")
    if by_author:
        # Floors of one author are not dense, so they are numbered in the index first.
        place = func.row_number().over(order_by=_reading_order(newest_first)).label("place")
        numbered = (
            select(Post.floor, place)
            .where(in_thread, Post.author_id == bindparam("author_id"), visible)
            .subquery()
        )
        wanted = select(numbered.c.floor).where(numbered.c.place.between(first, last))
        statement = statement.where(Post.floor.in_(wanted))
    elif pinned_on_top:
        # By a union of floors: an OR over two indexes would walk the whole thread.
        shown = union_all(
            select(Post.floor).where(in_thread, Post.floor.between(first, last)),
            select(Post.floor).where(in_thread, Post.is_sticky),
            select(literal(1)),
        )
        statement = statement.where(Post.floor.in_(shown))
    elif opening_on_top:
        statement = statement.where(or_(Post.floor.between(first, last), Post.floor == 1))
    else:
        statement = statement.where(Post.floor.between(first, last))
    order = _reading_order(newest_first)
    if pinned_on_top:
        order = ((Post.floor == 1).desc(), Post.is_sticky.desc(), *order)
    return statement.order_by(*order)


def _reading_order(newest_first: bool) -> tuple[Any, ...]:
    # Newest first the opening post stays on top.
    return ((Post.floor == 1).desc(), Post.floor.desc()) if newest_first else (Post.floor,)


def _card(
    site: Site,
    actor: Actor,
    thread: FoundThread,
    row: Any,
    new_from: int | None,
    comments: dict[int, tuple[Comment, ...]],
    ratings: dict[int, RatingBlock],
    pins_on_top: bool,
) -> PostCard:
    author = author_panel(site, actor, row)
    sees_text = bool(may_see_text(actor, thread, row))
    sees_address = may_see_address(actor, thread, row, author_rank=author.rank)
    is_own = row.author_id == actor.member_id
    opens_own = thread.author_id == actor.member_id and not actor.moderates(thread.board_id)
    is_new = new_from is not None and row.floor >= new_from and not is_own
    return PostCard(
        id=row.id,
        floor=row.floor,
        state=row.state,
        author_id=row.author_id,
        author=author,
        html=Markup(row.html) if sees_text else None,  # noqa: S704  bleached when it was rendered
        signature=Markup(author.signature_html) if author.signature_html else None,  # noqa: S704
        is_blocked=row.is_blocked,
        is_warned=row.is_warned,
        is_sticky=row.is_sticky,
        is_on_top=_is_on_top(row, pins_on_top),
        created_at=row.created_at,
        edited_at=row.edited_at,
        edited_by_name=row.edited_by_name,
        address=row.address if sees_address else None,
        is_opening=row.floor == 1,
        is_by_thread_author=row.floor > 1 and row.author_id == thread.author_id,
        is_own=is_own,
        is_new=is_new,
        is_first_new=is_new and row.floor == new_from,
        can_edit=may_edit_post(actor, thread, row, author_rank=author.rank),
        can_quote=sees_text and row.floor > 1,
        can_report=may_report_post(actor, thread, row),
        can_pin=opens_own and bool(may_pin_reply(actor, thread, row)),
        comments=comments.get(row.id, ()),
        ratings=ratings.get(row.id),
    )
