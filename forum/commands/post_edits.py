"""Changing what one posted: the text, and with the opening post the thread's title, type and options.

What somebody else posted is changed by the action `post.edit` (commands/moderation/post_editing.py).
"""

from typing import Any

from sqlalchemy import select, update

from forum.commands.edit_checks import (
    OpeningChange,
    ThreadChanges,
    has_new_links,
    new_words,
    thread_changes,
)
from forum.commands.moderation.in_hand import require_free
from forum.commands.moderation.own_posts import hold_own_post
from forum.commands.post_texts import PostText, post_text
from forum.commands.search_index import index_post
from forum.commands.tags import follow_tags
from forum.commands.threads import PostRef
from forum.commands.word_checks import refuse
from forum.core.errors import Invalid, NotFound
from forum.core.uow import UnitOfWork
from forum.models import Board, Post, PostHold, PostRevision, PostState, Thread, ThreadState
from forum.policies.actor import Actor, Rank
from forum.policies.posts import may_edit_post
from forum.policies.queue import hold_reason_of_edit
from forum.policies.verdict import Refusal, refused
from forum.queries.readership import is_read_by_all_of, pointers_to
from forum.queries.site import site_of
from forum.queries.words import word_filter_of
from forum.words import WordFilter


def edit_post(
    uow: UnitOfWork,
    actor: Actor,
    *,
    post_id: int,
    source: str,
    opening: OpeningChange | None = None,
    version: int | None = None,
) -> PostRef:
    """Change a post of one's own; what it said before is kept as a revision.

    :param opening: for an opening post; None leaves the thread as it is.
    :param version: the version the form showed; None = whatever it is now.
    :raises NotFound: no such post, or the actor may not see it.
    :raises Forbidden: the actor may not edit it, or it is somebody else's.
    :returns: the post; pending where what came in would have held it.
    :raises Invalid: a rule is broken, or "edited_meanwhile": somebody else was faster.
    """
    limits = site_of(uow.session).settings.posting
    words = word_filter_of(uow.session)
    text = post_text(actor, source, limits, words)
    thread, post = _locked(uow, post_id)
    may_edit_post(actor, thread, post).require()
    if post.author_id != actor.member_id:
        refused(Refusal.NOT_YOURS).require()
    if version is not None and version != post.version:
        raise Invalid("edited_meanwhile")

    former_title = thread.title if post.floor == 1 else None
    changes = (
        thread_changes(uow.session, actor, thread, opening, words)
        if opening and post.floor == 1
        else ThreadChanges()
    )
    if text.source == post.source and not changes.columns:
        return PostRef(post.id, thread.id, post.floor, post.state)
    hold = _hold_of(uow, actor, thread, post, text, changes, words)
    if hold is not None or changes.columns:
        require_free([thread])  # or an author could stop a merge by a letter of the title
    uow.session.add(
        PostRevision(
            post_id=post.id,
            title=former_title,
            source=post.source,
            editor_id=actor.member_id,
            created_at=uow.now,
        )
    )
    _rewrite(post, text)
    if actor.rank < Rank.ADMINISTRATOR and uow.now - post.created_at > limits.edit_mark_after:
        post.edited_at, post.edited_by_name = uow.now, actor.name
    columns = changes.columns
    if post.floor == 1:
        columns = {**columns, "has_images": post.has_images}
    _change_thread(uow, thread, columns)
    if "tags" in columns:
        follow_tags(uow, [thread.id])

    ref = PostRef(post.id, thread.id, post.floor, PostState.PENDING if hold else post.state)
    if post.floor == 1 and hold is None:
        _change_pointers(uow, thread)
    if hold is not None:
        hold_own_post(uow, actor, hold)  # settles the boards, too
        return ref
    if post.state is PostState.VISIBLE and thread.state is ThreadState.VISIBLE:
        index_post(
            uow, post_id=post.id, board_id=thread.board_id, author_id=post.author_id,
            title=thread.title if post.floor == 1 else None, source=post.source,
            created_at=post.created_at,
        )  # fmt: skip
    if post.floor == 1:
        _change_boards(uow, thread)
    return ref


def _hold_of(
    uow: UnitOfWork,
    actor: Actor,
    thread: Thread,
    post: Post,
    text: PostText,
    changes: ThreadChanges,
    words: WordFilter,
) -> PostHold | None:
    """Why a post that is shown goes to the queue again: words or links came in that would have held
    it. What others have answered stays; nobody hides their replies by an edit.

    :raises Invalid: "words_refused" or "links_after_replies", where they have.
    """
    if post.state is not PostState.VISIBLE or thread.state is not ThreadState.VISIBLE:
        return None
    held_by = tuple(dict.fromkeys((*changes.held_by, *new_words(words, text, post))))
    reason = hold_reason_of_edit(
        actor,
        thread.board_id,
        has_new_links=has_new_links(text, post),
        has_new_words=bool(held_by),
    )
    if reason is None:
        return None
    if post.floor == 1 and thread.reply_count:
        refuse(held_by, field="title" if changes.held_by else "source")
        raise Invalid("links_after_replies", field="source")
    return PostHold(post_id=post.id, reason=reason, words=list(held_by), created_at=uow.now)


def _locked(uow: UnitOfWork, post_id: int) -> tuple[Thread, Post]:
    """The thread, locked, and the post as it is then."""
    thread_id = uow.session.scalar(select(Post.thread_id).where(Post.id == post_id))
    if thread_id is None:
        raise NotFound("not_found")
    thread = uow.session.get_one(Thread, thread_id, with_for_update=True, populate_existing=True)
    return thread, uow.session.get_one(Post, post_id, populate_existing=True)


def _rewrite(post: Post, text: PostText) -> None:
    post.source = text.source
    post.html = text.rendered.html
    post.renderer_version = text.renderer_version
    post.has_images = text.rendered.image_count > 0
    post.version += 1  # the thread is locked


def _change_thread(uow: UnitOfWork, thread: Thread, changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        setattr(thread, name, value)
    thread.version += 1  # the row is locked


def _change_pointers(uow: UnitOfWork, thread: Thread) -> None:
    site = site_of(uow.session)
    for pointer in uow.session.scalars(pointers_to(thread.id)):
        if is_read_by_all_of(site, thread.board_id, pointer.board_id):
            pointer.title = thread.title


def _change_boards(uow: UnitOfWork, thread: Thread) -> None:
    """What shows the thread's title besides itself and its pointers: the board's last post, lists."""
    uow.session.execute(
        update(Board)
        .where(Board.id == thread.board_id, Board.last_thread_id == thread.id)
        .values(last_title=thread.title)
        .execution_options(synchronize_session=False)
    )
    pointing = {pointer.board_id for pointer in uow.session.scalars(pointers_to(thread.id))}
    for board_id in sorted({thread.board_id, *pointing}):
        uow.session.execute(
            update(Board)
            .where(Board.id == board_id)
            .values(version=Board.version + 1)
            .execution_options(synchronize_session=False)
        )
