"""What do the print view and the reading mode show? Texts without panels and buttons."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import NotFound
from forum.models import Member, Post
from forum.policies.actor import Actor
from forum.policies.posts import may_see_text
from forum.queries.threads.facts import FoundThread, find_thread, require_readable, visible_posts


@dataclass(frozen=True)
class PlainPost:
    """A post as text. `html` None: blocked for this reader."""

    id: int
    floor: int
    author_name: str
    created_at: datetime
    html: Markup | None


@dataclass(frozen=True)
class PlainThread:
    """A thread to be printed or read in peace."""

    thread: FoundThread
    posts: tuple[PlainPost, ...]


def printed_thread(s: Session, actor: Actor, *, thread_id: int, most: int) -> PlainThread:
    """打印: the first `most` posts one may see, in ascending order, without pages. Two statements.

    :raises NotFound: no such thread, or it is secret.
    :raises Forbidden: the thread asks for more reading access.
    """
    thread = find_thread(s, thread_id)
    require_readable(actor, thread)
    rows = s.execute(
        select(
            Post.id, Post.floor, Member.name, Post.created_at, Post.html, Post.is_blocked,
            Post.author_id, Post.state,
        )
        .join(Member, Member.id == Post.author_id)
        .where(Post.thread_id == thread_id, visible_posts(actor, thread.board_id))
        .order_by(Post.floor)
        .limit(most)
    )  # fmt: skip
    return PlainThread(
        thread,
        tuple(
            PlainPost(
                row.id,
                row.floor,
                row.name,
                row.created_at,
                Markup(row.html) if may_see_text(actor, thread, row) else None,  # noqa: S704
            )
            for row in rows
        ),
    )


def opening_post(s: Session, actor: Actor, *, thread_id: int) -> PlainThread:
    """阅读模式: the opening post alone. Two statements.

    :raises NotFound: no such thread, it is secret, or its opening post is not to be seen.
    """
    plain = printed_thread(s, actor, thread_id=thread_id, most=1)
    if not plain.posts or plain.posts[0].floor != 1:
        raise NotFound("thread_not_found")
    return plain
