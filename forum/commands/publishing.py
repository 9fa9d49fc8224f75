"""What follows when a post is shown at once: counts, points, notices, the search row.

The caller has locked the thread, and then the author and the audience in one go. What follows an
approval is an action of moderation (commands/moderation/post_queue.py), so that it can be undone.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import bindparam, select, update

from forum.commands.counters import (
    add_new_post_to_board,
    add_to_member,
)
from forum.commands.locks import Poster
from forum.commands.notices import notify
from forum.commands.points import count_reply, pay_rule, post_payment
from forum.commands.search_index import index_new_post, index_post
from forum.core.uow import UnitOfWork
from forum.models import Post, PostState, Thread, ThreadState
from forum.policies.actor import Actor
from forum.policies.threads import ThreadFacts, may_read_thread
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of

# One post may quote many; telling more than these would be a way to ring every bell.
MOST_QUOTED = 5


class ToldThread(ThreadFacts, Protocol):
    """What must be known of a thread to tell of a reply in it."""

    @property
    def id(self) -> int: ...
    @property
    def notifies_author(self) -> bool: ...


class ToldPost(Protocol):
    """What must be known of a reply to tell of it."""

    @property
    def id(self) -> int: ...
    @property
    def author_id(self) -> int: ...


class LockedThread(NamedTuple):
    """A thread whose next floor was just taken."""

    id: int
    board_id: int
    author_id: int
    title: str
    state: ThreadState
    is_closed: bool
    read_access: int
    batch_id: int | None
    notifies_author: bool
    last_floor: int
    created_at: datetime
    last_post_at: datetime


class NewReply(NamedTuple):
    """A reply that was just made. `joins`: the author's first visible one in the thread."""

    id: int
    floor: int
    author_id: int
    created_at: datetime
    searchable: str
    joins: bool


@dataclass(frozen=True)
class Audience:
    """Whom a reply concerns: the thread's author, and the authors of the posts it quotes."""

    thread_author_id: int | None
    quoted: tuple[tuple[int, int], ...]  # (author id, quoted post id)

    @property
    def member_ids(self) -> frozenset[int]:
        found = {author_id for author_id, _ in self.quoted}
        return frozenset(found | {self.thread_author_id or 0}) - {0}


def audience_of(uow: UnitOfWork, thread: ToldThread, quoted_post_ids: tuple[int, ...]) -> Audience:
    """Whom to tell of a reply. Only posts of the thread itself count as quoted. One statement."""
    quoted: list[tuple[int, int]] = []
    if quoted_post_ids:
        asked = {"post_ids": quoted_post_ids[:MOST_QUOTED], "thread_id": thread.id}
        quoted = [(author_id, post_id) for author_id, post_id in uow.run(_QUOTED, asked)]
    return Audience(thread.author_id if thread.notifies_author else None, tuple(quoted))


def publish_opening(uow: UnitOfWork, thread: Thread, post: Post) -> None:
    """A thread is visible from now on: count, pay, index."""
    add_to_member(uow, post.author_id, threads=1, posts=1)
    pay_rule(
        uow, "thread.posted", member_id=post.author_id, subject=f"post:{post.id}",
        once_key=f"thread.posted:{post.id}", board_id=thread.board_id, actor_id=post.author_id,
    )  # fmt: skip
    index_post(
        uow, post_id=post.id, board_id=thread.board_id, author_id=post.author_id,
        title=thread.title, source=post.source, created_at=post.created_at,
    )  # fmt: skip
    add_new_post_to_board(uow, thread, post, poster_name=thread.author_name)


def publish_reply(
    uow: UnitOfWork,
    thread: LockedThread,
    post: NewReply,
    poster: Poster,
    author: Actor,
    audience: Audience,
) -> None:
    """A reply is visible from now on: pay, count, tell, index. Eight to eleven statements.

    :param poster: the author's row, locked by this unit.
    """
    post_payment(
        uow, "post.replied", member_id=post.author_id, subject=f"post:{post.id}",
        once_key=f"post.replied:{post.id}", board_id=thread.board_id, actor_id=post.author_id,
    )  # fmt: skip
    count_reply(uow, poster)
    tell_audience(uow, thread, post, author, audience)
    index_new_post(
        uow, post_id=post.id, board_id=thread.board_id, author_id=post.author_id,
        title=None, body=post.searchable, created_at=post.created_at,
    )  # fmt: skip

    uow.run(
        _REPLIED,
        {
            "of_thread": thread.id,
            "joins": int(post.joins),
            "last_post_at": post.created_at,
            "last_poster_id": post.author_id,
            "last_poster_name": author.name,
        },
    )
    add_new_post_to_board(uow, thread, post, poster_name=author.name)


# Built once: see commands/locks.py.
_REPLIED = (
    update(Thread)
    .where(Thread.id == bindparam("of_thread"))
    .values(
        reply_count=Thread.reply_count + 1,
        heat=Thread.heat + bindparam("joins"),
        version=Thread.version + 1,
        last_post_at=bindparam("last_post_at"),
        last_poster_id=bindparam("last_poster_id"),
        last_poster_name=bindparam("last_poster_name"),
    )
)
_QUOTED = (
    select(Post.author_id, Post.id)
    .where(
        Post.id.in_(bindparam("post_ids", expanding=True)),
        Post.thread_id == bindparam("thread_id"),
        Post.state == PostState.VISIBLE,
    )
    .order_by(Post.id)
)


def tell_audience(
    uow: UnitOfWork, thread: ToldThread, post: ToldPost, author: Actor, audience: Audience
) -> None:
    """Each once, by the nearer reason: whose words were quoted, then whose thread it is."""
    told: dict[int, tuple[str, str]] = {}
    if audience.thread_author_id is not None:
        told[audience.thread_author_id] = ("replied", f"replied:{thread.id}")
    for member_id, quoted_id in audience.quoted:
        told[member_id] = ("quoted", f"quoted:{quoted_id}")
    site = site_of(uow.session)
    for member_id, (kind, merge_key) in sorted(told.items()):
        if member_id == post.author_id:
            continue
        if not may_read_thread(actor_for_member(uow.session, site, member_id, uow.now), thread):
            continue
        notify(
            uow,
            kind,
            member_ids=[member_id],
            actor=author,
            thread_id=thread.id,
            post_id=post.id,
            merge_key=merge_key,
        )
