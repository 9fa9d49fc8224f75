"""Replying to a thread."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from forum.commands.locks import lock_members
from forum.commands.post_limits import check_pace, hold_of
from forum.commands.post_texts import PostText, post_text
from forum.commands.publishing import audience_of, publish_reply
from forum.commands.threads import PostRef
from forum.core.errors import NotFound
from forum.core.uow import UnitOfWork
from forum.models import Post, PostState, Thread
from forum.policies.actor import Actor
from forum.policies.threads import may_reply
from forum.queries.site import site_of
from forum.queries.words import word_filter_of

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
    thread = uow.session.get(Thread, thread_id)
    if thread is None:
        raise NotFound("thread_not_found")
    board = site.boards[thread.board_id]
    may_reply(actor, thread, autoclose_days=board.autoclose_days).require()

    thread = _take_floor(uow, thread_id)
    board = site.boards[thread.board_id]
    may_reply(actor, thread, autoclose_days=board.autoclose_days).require()
    assert actor.member_id is not None  # guests are refused above
    audience = audience_of(uow, thread, text.rendered.quoted_post_ids)
    author = lock_members(uow, {actor.member_id, *audience.member_ids})[actor.member_id]
    if (earlier := _earlier(uow, author.id, thread_id, text, submission_key)) is not None:
        _give_floor_back(uow, thread_id)
        return earlier
    check_pace(uow, actor, author, limits, is_thread=False)

    hold = hold_of(uow, actor, author, board, text, is_thread=False)
    post = Post(
        thread_id=thread_id, floor=thread.last_floor, author_id=author.id, source=text.source,
        html=text.rendered.html, renderer_version=text.renderer_version,
        has_images=text.rendered.image_count > 0, submission_key=submission_key,
        state=PostState.PENDING if hold else PostState.VISIBLE, address=uow.address,
        created_at=_moment(uow, thread),
    )  # fmt: skip
    uow.session.add(post)
    uow.session.flush()  # post.id
    author.last_post_at, author.last_address = uow.now, uow.address

    if hold is None:
        publish_reply(uow, thread, post, actor, audience)
    else:
        hold.post_id = post.id
        uow.session.add(hold)
    return PostRef(post.id, thread_id, post.floor, post.state)


# Built once: see commands/locks.py.
_TAKE_FLOOR = (
    update(Thread)
    .where(Thread.id == bindparam("of_thread"))
    .values(last_floor=Thread.last_floor + 1, version=Thread.version + 1)
    .returning(Thread)
    .execution_options(synchronize_session=False, populate_existing=True)
)
_REF = (Post.id, Post.thread_id, Post.floor, Post.state)
_BY_KEY = select(*_REF).where(
    Post.author_id == bindparam("author_id"), Post.submission_key == bindparam("key")
)
_LAST_OF_AUTHOR = (
    select(*_REF, Post.source, Post.created_at)
    .where(Post.thread_id == bindparam("thread_id"), Post.author_id == bindparam("author_id"))
    .order_by(Post.floor.desc())
    .limit(1)
)


def _take_floor(uow: UnitOfWork, thread_id: int) -> Thread:
    """Take the next floor, which locks the thread until the end; the row as it is then."""
    thread = uow.session.scalars(_TAKE_FLOOR, {"of_thread": thread_id}).one_or_none()
    if thread is None:
        raise NotFound("thread_not_found")
    return thread


def _moment(uow: UnitOfWork, thread: Thread) -> datetime:
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


def _earlier(
    uow: UnitOfWork, author_id: int, thread_id: int, text: PostText, key: str | None
) -> PostRef | None:
    """The post this submission made already: the same key, or the same words a moment ago."""
    window = site_of(uow.session).settings.posting.repeat_window
    if key:
        row = uow.session.execute(_BY_KEY, {"author_id": author_id, "key": key}).one_or_none()
        if row is not None:
            return PostRef(*row, is_repeat=True)
    asked = {"thread_id": thread_id, "author_id": author_id}
    last = uow.session.execute(_LAST_OF_AUTHOR, asked).one_or_none()
    if last is None or last.source != text.source or last.created_at <= uow.now - window:
        return None
    if last.floor == 1 or last.state not in (PostState.VISIBLE, PostState.PENDING):
        return None
    return PostRef(last.id, last.thread_id, last.floor, last.state, is_repeat=True)
