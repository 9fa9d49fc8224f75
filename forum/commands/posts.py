"""Replying to a thread."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, false, insert, select, true, union_all, update
from sqlalchemy.orm import aliased

from forum.commands.locks import Poster, lock_posters
from forum.commands.post_limits import check_pace, hold_of, note_post
from forum.commands.post_texts import PostText, post_text
from forum.commands.publishing import LockedThread, NewReply, audience_of, publish_reply
from forum.commands.threads import PostRef
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.models import Post, PostState, Thread
from forum.policies.actor import Actor
from forum.policies.threads import may_reply
from forum.queries.site import site_of
from forum.queries.words import word_filter_of
from forum.settings import Posting

# Beyond this a later last post is no race: somebody's clock was wrong, or the page was imported.
_LONGEST_WAIT = timedelta(minutes=1)


def reply_to_thread(
    uow: UnitOfWork,
    actor: Actor,
    *,
    thread_id: int,
    source: str,
    submission_key: str | None = None,
) -> PostRef:
    """Add a post at the next floor of a thread.

    :param source: BBCode as typed.
    :param submission_key: the form's own; a second try with it answers with the first one's post.
    :returns: the new post; pending where the board approves first.
    :raises NotFound: no such thread, or the actor may not see it.
    :raises Forbidden: the thread is closed or the board is read-only for the actor.
    :raises Invalid: the text breaks a rule; TooSoon: too fast.
    """
    site = site_of(uow.session)
    limits = site.settings.posting
    text = post_text(actor, source, limits, word_filter_of(uow.session))

    thread = _take_floor(uow, thread_id)
    board = site.boards[thread.board_id]
    may_reply(actor, thread, autoclose_days=board.autoclose_days).require()
    assert actor.member_id is not None  # guests are refused above
    audience = audience_of(uow, thread, text.rendered.quoted_post_ids)
    author = lock_posters(uow, {actor.member_id, *audience.member_ids})[actor.member_id]
    past = _past(uow, author.id, thread_id, submission_key)
    if (earlier := _earlier(uow, past, text, limits)) is not None:
        _give_floor_back(uow, thread_id)
        return earlier
    check_pace(uow, actor, author, limits, is_thread=False)

    hold = hold_of(uow, actor, author, board, text, is_thread=False)
    made_at = _moment(uow, thread)
    state = PostState.PENDING if hold else PostState.VISIBLE
    post_id = _insert(uow, thread, author, text, made_at, state, submission_key)

    if hold is None:
        has_replied = past is not None and past.has_replied
        post = NewReply(
            post_id, thread.last_floor, author.id, made_at, text.searchable, not has_replied
        )
        publish_reply(uow, thread, post, author, actor, audience)
    else:
        note_post(uow, author)
        hold.post_id = post_id
        uow.session.add(hold)
    return PostRef(post_id, thread_id, thread.last_floor, state)


# Built once: see commands/locks.py.
_TAKE_FLOOR = (
    update(Thread)
    .where(Thread.id == bindparam("of_thread"))
    .values(last_floor=Thread.last_floor + 1, version=Thread.version + 1)
    .returning(*(getattr(Thread, name) for name in LockedThread._fields))
)
_INSERT = insert(Post)


class _Past(NamedTuple):
    """A post of the author's in the thread, or the one with this submission's key."""

    id: int
    thread_id: int
    floor: int
    state: PostState
    source: str
    created_at: datetime
    is_same_key: bool
    has_replied: bool  # visibly, here


def _past_statement() -> Any:
    columns = (Post.id, Post.thread_id, Post.floor, Post.state, Post.source, Post.created_at)
    author_id: Any = bindparam("author_id")
    thread_id: Any = bindparam("thread_id")
    other = aliased(Post)
    has_replied = exists().where(
        other.thread_id == thread_id,
        other.author_id == author_id,
        other.floor > 1,
        other.state == PostState.VISIBLE,
    )
    by_key = select(*columns, true().label("is_same_key"), has_replied.label("has_replied")).where(
        Post.author_id == author_id, Post.submission_key == bindparam("key")
    )
    last = (
        select(*columns, false().label("is_same_key"), has_replied.label("has_replied"))
        .where(Post.thread_id == thread_id, Post.author_id == author_id)
        .order_by(Post.floor.desc())
        .limit(1)
        .subquery()
    )
    return union_all(by_key, select(last))


_PAST = _past_statement()


def _take_floor(uow: UnitOfWork, thread_id: int) -> LockedThread:
    """Take the next floor, which locks the thread until the end; the row as it is then.

    Whoever may not reply is refused right after, and the floor goes back with everything else: the
    page asks before any lock (queries/posts.py reply_form), so that this happens seldom.
    """
    row = uow.run(_TAKE_FLOOR, {"of_thread": thread_id}).one_or_none()
    if row is None:
        raise NotFound("thread_not_found")
    return LockedThread(*row)


def _insert(
    uow: UnitOfWork, thread: LockedThread, author: Poster, text: PostText, made_at: datetime,
    state: PostState, key: str | None,
) -> int:  # fmt: skip
    made = uow.run(
        _INSERT,
        {
            "thread_id": thread.id, "floor": thread.last_floor, "author_id": author.id,
            "state": state, "source": text.source, "html": text.rendered.html,
            "renderer_version": text.renderer_version,
            "has_images": text.rendered.image_count > 0, "submission_key": key,
            "address": uow.address, "created_at": made_at,
        },
    )  # fmt: skip
    assert made.inserted_primary_key is not None
    return int(made.inserted_primary_key[0])


def _moment(uow: UnitOfWork, thread: LockedThread) -> datetime:
    """When the post was made: not before the floor below it.

    A request that waited for the thread began before the one that got there first.
    """
    ahead = thread.last_post_at - uow.now
    return thread.last_post_at if timedelta(0) < ahead < _LONGEST_WAIT else uow.now


def _give_floor_back(uow: UnitOfWork, thread_id: int) -> None:
    uow.session.execute(
        update(Thread)
        .where(Thread.id == thread_id)
        .values(last_floor=Thread.last_floor - 1)
        .execution_options(synchronize_session=False)
    )


def _past(uow: UnitOfWork, author_id: int, thread_id: int, key: str | None) -> _Past | None:
    """The post with this submission's key, else the author's last in the thread. One statement."""
    asked = {"thread_id": thread_id, "author_id": author_id, "key": key}
    found = [_Past(*row) for row in uow.run(_PAST, asked)]
    return max(found, key=lambda past: past.is_same_key, default=None)


def _earlier(
    uow: UnitOfWork, past: _Past | None, text: PostText, limits: Posting
) -> PostRef | None:
    """The post this submission made already: the same key, or the same words a moment ago."""
    if past is None:
        return None
    ref = PostRef(past.id, past.thread_id, past.floor, past.state, is_repeat=True)
    if past.is_same_key:
        return ref
    is_recent = past.created_at > uow.now - limits.repeat_window
    if not is_recent or past.source != text.source or past.floor == 1:
        return None
    return ref if past.state in (PostState.VISIBLE, PostState.PENDING) else None
