"""What follows when a post is shown at once: counts, points, notices, the search row.

The caller has locked the thread, and then the author and the audience in one go. What follows an
approval is an action of moderation (commands/moderation/post_queue.py), so that it can be undone.
"""

from dataclasses import dataclass

from sqlalchemy import bindparam, exists, select, update

from forum.commands.counters import (
    add_new_post_to_board,
    add_to_member,
)
from forum.commands.notices import notify
from forum.commands.points import pay_rule
from forum.commands.search_index import index_post
from forum.core.uow import UnitOfWork
from forum.models import Post, PostState, Thread
from forum.policies.actor import Actor
from forum.policies.threads import may_read_thread
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of

# One post may quote many; telling more than these would be a way to ring every bell.
MOST_QUOTED = 5


@dataclass(frozen=True)
class Audience:
    """Whom a reply concerns: the thread's author, and the authors of the posts it quotes."""

    thread_author_id: int | None
    quoted: tuple[tuple[int, int], ...]  # (author id, quoted post id)

    @property
    def member_ids(self) -> frozenset[int]:
        found = {author_id for author_id, _ in self.quoted}
        return frozenset(found | {self.thread_author_id or 0}) - {0}


def audience_of(uow: UnitOfWork, thread: Thread, quoted_post_ids: tuple[int, ...]) -> Audience:
    """Whom to tell of a reply. Only posts of the thread itself count as quoted. One statement."""
    quoted: list[tuple[int, int]] = []
    if quoted_post_ids:
        rows = uow.session.execute(
            select(Post.author_id, Post.id)
            .where(
                Post.id.in_(quoted_post_ids[:MOST_QUOTED]),
                Post.thread_id == thread.id,
                Post.state == PostState.VISIBLE,
            )
            .order_by(Post.id)
        )
        quoted = [(author_id, post_id) for author_id, post_id in rows]
    return Audience(thread.author_id if thread.notifies_author else None, tuple(quoted))


def publish_opening(uow: UnitOfWork, thread: Thread, post: Post) -> None:
    """A thread is visible from now on: count, pay, index."""
    add_to_member(uow, post.author_id, threads=1, posts=1)
    _pay(uow, "thread.posted", thread, post)
    index_post(
        uow, post_id=post.id, board_id=thread.board_id, author_id=post.author_id,
        title=thread.title, source=post.source, created_at=post.created_at,
    )  # fmt: skip
    add_new_post_to_board(uow, thread, post, poster_name=thread.author_name)


def publish_reply(
    uow: UnitOfWork,
    thread: Thread,
    post: Post,
    author: Actor,
    audience: Audience,
) -> None:
    """A reply is visible from now on: count, pay, tell, index."""
    joins = _is_first_of_author(uow, post)
    add_to_member(uow, post.author_id, posts=1)
    _pay(uow, "post.replied", thread, post)
    tell_audience(uow, thread, post, author, audience)
    index_post(
        uow, post_id=post.id, board_id=thread.board_id, author_id=post.author_id,
        title=None, source=post.source, created_at=post.created_at,
    )  # fmt: skip

    uow.session.connection().execute(
        _REPLIED,
        {
            "of_thread": thread.id,
            "joins": int(joins),
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
_HAS_REPLIED = select(
    exists().where(
        Post.thread_id == bindparam("thread_id"),
        Post.author_id == bindparam("author_id"),
        Post.floor > 1,
        Post.state == PostState.VISIBLE,
        Post.id != bindparam("post_id"),
    )
)


def _pay(uow: UnitOfWork, rule: str, thread: Thread, post: Post) -> None:
    pay_rule(
        uow, rule, member_id=post.author_id, subject=f"post:{post.id}", once_key=f"{rule}:{post.id}",
        board_id=thread.board_id, actor_id=post.author_id,
    )  # fmt: skip


def _is_first_of_author(uow: UnitOfWork, post: Post) -> bool:
    """Is it the author's first visible reply in the thread? One statement."""
    asked = {"thread_id": post.thread_id, "author_id": post.author_id, "post_id": post.id}
    return not uow.session.scalar(_HAS_REPLIED, asked)


def tell_audience(
    uow: UnitOfWork, thread: Thread, post: Post, author: Actor, audience: Audience
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
