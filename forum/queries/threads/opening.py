"""Which page of a thread is asked for, and what has its reader seen of it? Known before any post is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.core.paging import Pager, pager
from forum.policies.actor import Actor
from forum.policies.threads import may_reply
from forum.policies.verdict import Verdict
from forum.queries.site import BoardInfo, Site
from forum.queries.threads.facts import FoundThread, ThreadHead, require_readable, thread_head
from forum.queries.visited import visited_boards


class Mark(NamedTuple):
    """What of a floor decides how a reader sees it: theirs, new, or just a floor."""

    floor: int
    author_id: int
    created_at: datetime
    is_on_top: bool


class OwnMarks(NamedTuple):
    """A page's floors as one reader sees them."""

    new_from: int | None  # the lowest floor on the page a member has not seen
    own_floors: tuple[int, ...]


@dataclass(frozen=True)
class OpenedThread:
    """A page of a thread, but for its posts."""

    head: ThreadHead
    board: BoardInfo
    pager: Pager
    list_page: int
    filter_author_id: int | None
    is_newest_first: bool
    reply: Verdict  # truthy, or why not
    moderates: bool
    is_own: bool  # the reader began it

    @property
    def thread(self) -> FoundThread:
        return self.head.thread

    @property
    def is_shared(self) -> bool:
        """Do readers of the same rights see the same posts? Not moderators, nor who waits for approval."""
        return not self.moderates and not self.head.has_own_waiting

    @property
    def posts_key(self) -> tuple[object, ...]:
        """What the posts of the page follow from, with the thread's version."""
        thread = self.head.thread
        return (
            # SQLite gives the newest thread's number away again when it is cleared.
            thread.id, thread.created_at, thread.author_id, thread.version, self.pager.page, self.filter_author_id, self.is_newest_first,
            self.head.highest_floor,
        )  # fmt: skip

    @property
    def key(self) -> tuple[object, ...]:
        """What the page follows from, apart from its reader's rights and marks."""
        return (
            self.head.thread, self.posts_key, self.list_page, self.head.is_favorite, self.reply,
            str(self.reply.data), self.is_own,
        )  # fmt: skip

    def marks_of(self, actor: Actor, marks: Iterable[Mark]) -> OwnMarks:
        """How the actor sees the floors of the page. Guests' marks are the browser's."""
        if actor.is_guest:
            return OwnMarks(None, ())
        unseen = [mark.floor for mark in marks if self._is_unseen(actor, mark)]
        own = tuple(mark.floor for mark in marks if mark.author_id == actor.member_id)
        return OwnMarks(min(unseen, default=None), own)

    def visited(self, site: Site, actor: Actor) -> tuple[tuple[int, str], ...]:
        """浏览过的版块 of a member: the others, the latest first. No statement."""
        return visited_boards(site, actor, self.head.visited_board_ids, but=self.board.id)

    def _is_unseen(self, actor: Actor, mark: Mark) -> bool:
        if mark.author_id == actor.member_id:
            return False
        if self.head.read_floor is not None:
            return mark.floor > self.head.read_floor
        return actor.previous_visit_at is not None and mark.created_at > actor.previous_visit_at


def open_thread(
    s: Session,
    actor: Actor,
    site: Site,
    *,
    thread_id: int,
    page: int = 1,
    list_page: int = 1,
    author_id: int | None = None,
    order: str | None = None,
) -> OpenedThread:
    """A page of a thread, as far as its head tells. One statement.

    :param page: above the last, the last is shown, as in Discuz.
    :param list_page: of the board's list one came from; kept for 返回列表.
    :param author_id: 只看该作者: only this member's posts, which keep their floor numbers.
    :param order: "newest", "oldest", or None for the thread's own.
    :raises NotFound: no such thread, it is secret, or the author has no post in it.
    :raises Forbidden: the thread asks for more reading access.
    """
    head = thread_head(s, actor, thread_id=thread_id, author_id=author_id)
    thread = head.thread
    require_readable(actor, thread)
    if author_id is not None and not head.author_post_count:
        raise NotFound("no_posts_of_author")
    board = site.boards[thread.board_id]
    total = head.highest_floor if author_id is None else head.author_post_count
    return OpenedThread(
        head=head,
        board=board,
        pager=pager(page, total, site.settings.reading.posts_per_page),
        list_page=max(1, list_page),
        filter_author_id=author_id,
        is_newest_first=thread.is_newest_first if order is None else order == "newest",
        reply=may_reply(actor, thread, autoclose_days=board.autoclose_days),
        moderates=actor.moderates(thread.board_id),
        is_own=actor.member_id == thread.author_id,
    )
