"""Changing what one posted: the text, and with the opening post the thread's title, type and options.

What somebody else posted is changed by the action `post.edit` (commands/moderation/post_editing.py).
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from forum.commands.post_texts import PostText, post_text, thread_title, thread_type
from forum.commands.search_index import index_post
from forum.commands.tags import checked_tags, follow_tags, split_tags
from forum.commands.threads import PostRef, ThreadOptions, allowed_read_access
from forum.commands.word_checks import refuse
from forum.core.errors import Invalid, NotFound
from forum.core.uow import UnitOfWork
from forum.markup import stretches
from forum.models import Board, Post, PostRevision, PostState, Thread, ThreadState
from forum.policies.actor import Actor, Rank
from forum.policies.posts import may_edit_post
from forum.policies.threads import may_tag_threads
from forum.policies.verdict import Refusal, refused
from forum.queries.site import site_of
from forum.queries.tags import tag_rules_of
from forum.queries.words import word_filter_of
from forum.words import WordFilter


@dataclass(frozen=True)
class OpeningChange:
    """What the form of an opening post changes beside the text."""

    title: str
    type_id: int | None
    options: ThreadOptions


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
        else {}
    )
    if changes and thread.batch_id is not None:
        refused(
            Refusal.IN_HAND
        ).require()  # or an author could stop a merge by a letter of the title
    refuse_new_words(words, text, post)
    if text.source == post.source and not changes:
        return PostRef(post.id, thread.id, post.floor, post.state)
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
    if post.floor == 1:
        changes["has_images"] = post.has_images
    _change_thread(uow, thread, changes)
    if "tags" in changes:
        follow_tags(uow, [thread.id])

    if post.state is PostState.VISIBLE and thread.state is ThreadState.VISIBLE:
        index_post(
            uow, post_id=post.id, board_id=thread.board_id, author_id=post.author_id,
            title=thread.title if post.floor == 1 else None, source=post.source,
            created_at=post.created_at,
        )  # fmt: skip
    if post.floor == 1:
        _change_lists(uow, thread)
    return PostRef(post.id, thread.id, post.floor, post.state)


def _locked(uow: UnitOfWork, post_id: int) -> tuple[Thread, Post]:
    """The thread, locked, and the post as it is then."""
    thread_id = uow.session.scalar(select(Post.thread_id).where(Post.id == post_id))
    if thread_id is None:
        raise NotFound("not_found")
    thread = uow.session.get_one(Thread, thread_id, with_for_update=True, populate_existing=True)
    return thread, uow.session.get_one(Post, post_id, populate_existing=True)


def thread_changes(
    s: Session, actor: Actor, thread: Thread, opening: OpeningChange, words: WordFilter
) -> dict[str, Any]:
    """The columns that become different. Nothing is written yet."""
    site = site_of(s)
    title, held_by = thread_title(actor, opening.title, site.settings.posting, words)
    if thread.state is ThreadState.VISIBLE and title != thread.title:
        refuse(held_by, field="title")
    board = site.boards[thread.board_id]
    asked = opening.options
    wanted = {
        "title": title,
        "type_id": thread_type(actor, board, opening.type_id, current_id=thread.type_id),
        "tags": _tags(s, actor, thread, asked.tags, site.settings.posting.tags_per_thread),
        "is_newest_first": asked.is_newest_first,
        "notifies_author": asked.notifies_author,
        "read_access": (
            thread.read_access
            if asked.read_access == thread.read_access
            else allowed_read_access(actor, asked.read_access)
        ),
    }
    return {name: value for name, value in wanted.items() if value != getattr(thread, name)}


def _tags(s: Session, actor: Actor, thread: Thread, typed: str | None, most: int) -> str:
    """The column as it is to be. What readers do not see any more stays until others are typed."""
    shown = tag_rules_of(s).shown(thread.tags)
    if typed is None or split_tags(typed) == shown:
        return thread.tags
    may_tag_threads(actor).require()
    checked = checked_tags(s, actor, typed, most=most, known=shown)
    if thread.state is ThreadState.VISIBLE:
        refuse(checked.held_by, field="tags")
    return checked.column


def refuse_new_words(words: WordFilter, text: PostText, post: Post) -> None:
    """What is shown already cannot go to the queue: an edit brings in no words that would hold it.

    :raises Invalid: "words_refused".
    """
    if text.held_by and post.state is PostState.VISIBLE:
        known = {rule.find for rule in words.judge("".join(stretches(post.source).texts)).held}
        refuse(tuple(word for word in text.held_by if word not in known), field="source")


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


def _change_lists(uow: UnitOfWork, thread: Thread) -> None:
    """What shows the thread's title besides itself: its pointers, the board's last post."""
    uow.session.execute(
        update(Thread)
        .where(Thread.moved_to_id == thread.id)
        .values(title=thread.title)
        .execution_options(synchronize_session=False)
    )
    uow.session.execute(
        update(Board)
        .where(Board.id == thread.board_id, Board.last_thread_id == thread.id)
        .values(last_title=thread.title)
        .execution_options(synchronize_session=False)
    )
    pointing = select(Thread.board_id).where(Thread.moved_to_id == thread.id).distinct()
    for board_id in sorted({thread.board_id, *uow.session.scalars(pointing)}):
        uow.session.execute(
            update(Board)
            .where(Board.id == board_id)
            .values(version=Board.version + 1)
            .execution_options(synchronize_session=False)
        )
