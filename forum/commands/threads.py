"""Starting a thread."""

from dataclasses import dataclass

from sqlalchemy import select

from forum.commands.locks import lock_members
from forum.commands.post_limits import check_pace, hold_of
from forum.commands.post_texts import post_text, thread_title, thread_type
from forum.commands.publishing import publish_opening
from forum.commands.tags import CheckedTags, checked_tags, follow_tags
from forum.core.errors import Invalid, NotFound
from forum.core.uow import UnitOfWork
from forum.models import Post, PostState, Thread, ThreadState
from forum.policies.actor import Actor
from forum.policies.boards import may_start_thread
from forum.policies.permissions import May
from forum.policies.threads import may_tag_threads
from forum.queries.site import site_of
from forum.queries.words import word_filter_of


@dataclass(frozen=True)
class PostRef:
    """Where a post is. `is_repeat`: it was there already, a double click sent it again."""

    post_id: int
    thread_id: int
    floor: int
    state: PostState
    is_repeat: bool = False


@dataclass(frozen=True)
class ThreadOptions:
    """What an author may choose beside the text."""

    is_newest_first: bool = False
    notifies_author: bool = True
    read_access: int = 0
    tags: str | None = None  # as typed; None = those there are


def start_thread(
    uow: UnitOfWork,
    actor: Actor,
    *,
    board_id: int,
    title: str,
    source: str,
    type_id: int | None = None,
    options: ThreadOptions = ThreadOptions(),
    submission_key: str | None = None,
) -> PostRef:
    """Start a thread with its opening post at floor 1.

    :param source: BBCode as typed.
    :param submission_key: the form's own; a second try with it answers with the first one's post.
    :returns: the opening post; pending where the board approves first.
    :raises NotFound: no such board, or the actor may not see it.
    :raises Forbidden: the actor may not start threads there.
    :raises Invalid: title, text, type, tags or reading access break a rule; TooSoon: too fast.
    """
    site = site_of(uow.session)
    limits = site.settings.posting
    board = site.boards.get(board_id)
    if board is None:
        raise NotFound("not_found")
    may_start_thread(actor, board).require()
    words = word_filter_of(uow.session)
    title, title_held_by = thread_title(actor, title, limits, words)
    type_id = thread_type(actor, board, type_id)
    read_access = allowed_read_access(actor, options.read_access)
    text = post_text(actor, source, limits, words)
    tags = _tags(uow, actor, options, most=limits.tags_per_thread)

    assert actor.member_id is not None  # guests are refused above
    author = lock_members(uow, [actor.member_id])[actor.member_id]
    if earlier := _earlier(uow, actor.member_id, board_id, title, text.source, submission_key):
        return earlier
    check_pace(uow, actor, author, limits, is_thread=True)
    hold = hold_of(
        uow, actor, author, board, text, is_thread=True,
        title_held_by=(*title_held_by, *tags.held_by),
    )  # fmt: skip

    thread = Thread(
        board_id=board_id, type_id=type_id, author_id=author.id, author_name=author.name, title=title,
        tags=tags.column,
        state=ThreadState.PENDING if hold else ThreadState.VISIBLE,
        is_newest_first=options.is_newest_first, notifies_author=options.notifies_author,
        read_access=read_access, has_images=text.rendered.image_count > 0, last_floor=1,
        created_at=uow.now, last_post_at=uow.now, last_poster_id=author.id,
        last_poster_name=author.name,
    )  # fmt: skip
    uow.session.add(thread)
    uow.session.flush()  # thread.id
    post = Post(
        thread_id=thread.id, floor=1, author_id=author.id, source=text.source,
        html=text.rendered.html, renderer_version=text.renderer_version,
        has_images=text.rendered.image_count > 0, submission_key=submission_key,
        state=PostState.PENDING if hold else PostState.VISIBLE, address=uow.address,
        created_at=uow.now,
    )  # fmt: skip
    uow.session.add(post)
    uow.session.flush()  # post.id
    thread.first_post_id = post.id
    author.last_post_at, author.last_address = uow.now, uow.address
    if tags.names:
        follow_tags(uow, [thread.id])

    if hold is None:
        publish_opening(uow, thread, post)
    else:
        hold.post_id = post.id
        uow.session.add(hold)
    return PostRef(post.id, thread.id, 1, post.state)


def allowed_read_access(actor: Actor, asked: int) -> int:
    """The reading access an author asks for.

    :raises Invalid: "read_access_too_high": more than the author has, or no right to set any.
    """
    most = actor.read_access if actor.permission(May.SET_READ_ACCESS) else 0
    if not 0 <= asked <= most:
        raise Invalid("read_access_too_high", field="read_access", most=most)
    return asked


def _tags(uow: UnitOfWork, actor: Actor, options: ThreadOptions, *, most: int) -> CheckedTags:
    if not (options.tags or "").strip():
        return CheckedTags(())
    may_tag_threads(actor).require()
    return checked_tags(uow.session, actor, options.tags or "", most=most)


def _earlier(
    uow: UnitOfWork, author_id: int, board_id: int, title: str, source: str, key: str | None
) -> PostRef | None:
    """The thread this submission made already: the same key, or the same words a moment ago."""
    window = site_of(uow.session).settings.posting.repeat_window
    columns = (Post.id, Post.thread_id, Post.floor, Post.state)
    if key:
        row = uow.session.execute(
            select(*columns).where(Post.author_id == author_id, Post.submission_key == key)
        ).one_or_none()
        if row is not None:
            return PostRef(*row, is_repeat=True)
    row = uow.session.execute(
        select(*columns)
        .join(Thread, Thread.first_post_id == Post.id)
        .where(
            Thread.author_id == author_id,
            Thread.board_id == board_id,
            Thread.state.in_((ThreadState.VISIBLE, ThreadState.PENDING)),
            Thread.created_at > uow.now - window,
            Thread.title == title,
            Post.source == source,
        )
        .order_by(Thread.id.desc())
        .limit(1)
    ).one_or_none()
    return PostRef(*row, is_repeat=True) if row is not None else None
