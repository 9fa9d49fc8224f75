"""Read models of writing: what the forms of threads, replies and edits start from, quotes, revisions."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.core.text import clean_text
from forum.markup import RenderOptions, quote_source, render
from forum.models import Member, Post, PostRevision, PostState, Thread
from forum.policies.actor import Actor
from forum.policies.boards import may_start_thread, types_offered
from forum.policies.permissions import LINKS_PLAIN, May
from forum.policies.posts import (
    may_delete_own_post,
    may_edit_post,
    may_pin_reply,
    may_report_post,
    may_see_revisions,
    may_see_text,
)
from forum.policies.threads import may_reply, may_tag_threads
from forum.policies.verdict import Verdict
from forum.queries.actors import RANK_COLUMNS, rank_to_mind
from forum.queries.site import BoardInfo, Site, TypeInfo
from forum.queries.tags import tag_rules_of
from forum.queries.threads.facts import FoundThread, find_thread
from forum.queries.threads.order import page_of_floor

# A longer text is no post of ours; rendering it would only cost.
MOST_PREVIEWED = 60_000
MOST_REVISIONS = 30


@dataclass(frozen=True)
class ThreadForm:
    """What the form of a new thread, or of an opening post, offers."""

    board: BoardInfo
    ancestors: tuple[BoardInfo, ...]
    types: tuple[TypeInfo, ...]
    read_levels: tuple[tuple[int, str], ...]  # (reading access, the lowest group that has it)
    takes_tags: bool


@dataclass(frozen=True)
class FoundPost:
    """A post's facts and text."""

    id: int
    thread_id: int
    floor: int
    author_id: int
    author_name: str
    state: PostState
    source: str
    is_blocked: bool
    version: int
    created_at: datetime
    is_sticky: bool

    @property
    def is_opening(self) -> bool:
        return self.floor == 1


@dataclass(frozen=True)
class ReplyForm:
    """What the full reply page starts from. `quoted` is None where nothing (readable) is quoted."""

    thread: FoundThread
    board: BoardInfo
    ancestors: tuple[BoardInfo, ...]
    quoted: FoundPost | None


@dataclass(frozen=True)
class EditForm:
    """What the edit page starts from. `options` is None for replies."""

    post: FoundPost
    thread: FoundThread
    notifies_author: bool
    opening: ThreadForm | None
    board: BoardInfo
    ancestors: tuple[BoardInfo, ...]
    may_delete: Verdict  # as its author
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class DiffLine:
    """A line of a change: kept, added or removed."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One edit: who, when, and what became different."""

    editor_id: int | None
    editor_name: str
    at: datetime
    title_before: str | None
    title_after: str | None
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True)
class RevisionsPage:
    """A post's history, newest change first."""

    post: FoundPost
    thread: FoundThread
    board: BoardInfo
    changes: tuple[Change, ...]


def new_thread_form(actor: Actor, site: Site, *, board_id: int) -> ThreadForm:
    """The form for a board. No statement.

    :raises NotFound: no such board for the actor.
    :raises Forbidden: no threads may be started.
    """
    board = site.boards.get(board_id)
    if board is None:
        raise NotFound("not_found")
    may_start_thread(actor, board).require()
    return _thread_form(actor, site, board)


def _thread_form(actor: Actor, site: Site, board: BoardInfo) -> ThreadForm:
    levels: dict[int, str] = {}
    if actor.permission(May.SET_READ_ACCESS):
        for group in site.groups.values():
            if 0 < group.read_access <= actor.read_access:
                levels.setdefault(group.read_access, group.title)
    return ThreadForm(
        board=board,
        ancestors=site.ancestors(board.id),
        types=types_offered(actor, board),
        read_levels=tuple(sorted(levels.items())),
        takes_tags=site.settings.posting.tags_per_thread > 0 and bool(may_tag_threads(actor)),
    )


def reply_form(
    s: Session, actor: Actor, site: Site, *, thread_id: int, quote_id: int | None = None
) -> ReplyForm:
    """The full reply page of a thread. One statement, one more for a quote.

    :raises NotFound: no such thread for the actor.
    :raises Forbidden: the thread takes no replies from the actor.
    """
    thread = find_thread(s, thread_id)
    board = site.boards[thread.board_id]
    may_reply(actor, thread, autoclose_days=board.autoclose_days).require()
    quoted = None
    if quote_id is not None:
        quoted = _find_post(s, quote_id)
        if quoted.thread_id != thread_id or not may_see_text(actor, thread, quoted):
            quoted = None
    return ReplyForm(thread, board, site.ancestors(board.id), quoted)


def page_of_reply(site: Site, thread: FoundThread, floor: int) -> int:
    """The page a reply stands on that was just made: nothing is above its floor. No statement."""
    return page_of_floor(
        floor,
        site.settings.reading.posts_per_page,
        highest=floor,
        newest_first=thread.is_newest_first,
    )


def quotable_post(s: Session, actor: Actor, *, post_id: int) -> FoundPost:
    """A post the actor may quote. Two statements.

    :raises NotFound: no such post for the actor.
    :raises Forbidden: it was blocked.
    """
    post = _find_post(s, post_id)
    may_see_text(actor, find_thread(s, post.thread_id), post).require()
    return post


def quote_of(post: FoundPost, *, at_text: str) -> str:
    """The linked quote that stands in the editor. `at_text`: the time as the page shows it."""
    return quote_source(post.source, author=post.author_name, at_text=at_text, post_id=post.id)


def edit_form(s: Session, actor: Actor, site: Site, *, post_id: int) -> EditForm:
    """The edit page of a post. Three statements.

    :raises NotFound: no such post for the actor.
    :raises Forbidden: the actor may not edit it.
    """
    post = _find_post(s, post_id)
    thread = find_thread(s, post.thread_id)
    row = s.execute(
        select(*RANK_COLUMNS, Thread.notifies_author)
        .join(Thread, Thread.id == post.thread_id)
        .where(Member.id == post.author_id)
    ).one()
    rank = rank_to_mind(
        site, group_id=row.group_id, former_group_id=row.former_group_id,
        is_founder=row.is_founder, member_id=post.author_id,
    )  # fmt: skip
    may_edit_post(actor, thread, post, author_rank=rank).require()
    board = site.boards[thread.board_id]
    opening = _thread_form(actor, site, board) if post.is_opening else None
    return EditForm(
        post, thread, row.notifies_author, opening, board, site.ancestors(board.id),
        may_delete_own_post(actor, thread, post), tag_rules_of(s).shown(thread.tags),
    )  # fmt: skip


def reportable_post(s: Session, actor: Actor, *, post_id: int) -> tuple[FoundPost, FoundThread]:
    """A post the actor may report. Two statements.

    :raises NotFound: no such post for the actor.
    :raises Forbidden: guests, and one's own post.
    """
    post = _find_post(s, post_id)
    thread = find_thread(s, post.thread_id)
    may_report_post(actor, thread, post).require()
    return post, thread


def pinnable_reply(s: Session, actor: Actor, *, post_id: int) -> tuple[FoundPost, FoundThread]:
    """A reply the actor may pin on top of the own thread, or take down. Two statements.

    :raises NotFound: no such post for the actor.
    :raises Forbidden: it is in somebody else's thread, or no reply.
    """
    post = _find_post(s, post_id)
    thread = find_thread(s, post.thread_id)
    may_pin_reply(actor, thread, post).require()
    return post, thread


def revisions_page(s: Session, actor: Actor, site: Site, *, post_id: int) -> RevisionsPage:
    """What a post said before. Three statements.

    :raises NotFound: no such post for the actor.
    :raises Forbidden: only the author and the moderators may.
    """
    post = _find_post(s, post_id)
    thread = find_thread(s, post.thread_id)
    may_see_revisions(actor, thread, post).require()
    rows = s.execute(
        select(
            PostRevision.source, PostRevision.title, PostRevision.created_at,
            PostRevision.editor_id, Member.name,
        )
        .outerjoin(Member, Member.id == PostRevision.editor_id)
        .where(PostRevision.post_id == post_id)
        .order_by(PostRevision.id.desc())
        .limit(MOST_REVISIONS)
    ).all()  # fmt: skip
    changes = []
    after, title_after = post.source, thread.title if post.is_opening else None
    for row in rows:
        changes.append(
            Change(
                editor_id=row.editor_id,
                editor_name=row.name or "",
                at=row.created_at,
                title_before=row.title if row.title != title_after else None,
                title_after=title_after if row.title != title_after else None,
                lines=_difference(row.source.split("\n"), after.split("\n")),
            )
        )
        after, title_after = row.source, row.title
    return RevisionsPage(post, thread, site.boards[thread.board_id], tuple(changes))


def _difference(before: Sequence[str], after: Sequence[str]) -> tuple[DiffLine, ...]:
    """Line by line, as programmers see it. Often repeated lines are not matched (linear-ish time)."""
    lines: list[DiffLine] = []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            lines.extend(DiffLine("kept", text) for text in before[i1:i2])
            continue
        lines.extend(DiffLine("removed", text) for text in before[i1:i2])
        lines.extend(DiffLine("added", text) for text in after[j1:j2])
    return tuple(lines)


def preview(actor: Actor, source: str) -> Markup:
    """A message as it would look. No statement."""
    links = actor.permission(May.POST_LINKS)
    text = clean_text(source[:MOST_PREVIEWED]).strip()
    rendered = render(text, options=RenderOptions(allow_links=links != LINKS_PLAIN))
    return Markup(rendered.html)  # noqa: S704  bleached when it was rendered


def _find_post(s: Session, post_id: int) -> FoundPost:
    row = s.execute(
        select(
            Post.id, Post.thread_id, Post.floor, Post.author_id, Member.name, Post.state,
            Post.source, Post.is_blocked, Post.version, Post.created_at, Post.is_sticky,
        )
        .join(Member, Member.id == Post.author_id)
        .where(Post.id == post_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("not_found")
    return FoundPost(*tuple(row))
