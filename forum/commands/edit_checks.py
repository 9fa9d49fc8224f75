"""What does an edit change, and what comes in with it? For authors and for moderators alike."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from forum.commands.post_texts import PostText, thread_title, thread_type
from forum.commands.tags import checked_tags, split_tags
from forum.commands.threads import ThreadOptions, allowed_read_access
from forum.commands.word_checks import refuse
from forum.markup import foreign_links, stretches
from forum.models import Post, PostState, Thread, ThreadState
from forum.policies.actor import Actor
from forum.policies.threads import may_tag_threads
from forum.queries.site import site_of
from forum.queries.tags import tag_rules_of
from forum.words import WordFilter


@dataclass(frozen=True)
class OpeningChange:
    """What the form of an opening post changes beside the text."""

    title: str
    type_id: int | None
    options: ThreadOptions


@dataclass(frozen=True)
class ThreadChanges:
    """The columns that become different. `held_by`: words for which the new title would wait."""

    columns: dict[str, Any] = field(default_factory=dict)
    held_by: tuple[str, ...] = ()


def thread_changes(
    s: Session, actor: Actor, thread: Thread, opening: OpeningChange, words: WordFilter
) -> ThreadChanges:
    """What becomes different. Nothing is written yet."""
    site = site_of(s)
    title, held_by = thread_title(actor, opening.title, site.settings.posting, words)
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
    columns = {name: value for name, value in wanted.items() if value != getattr(thread, name)}
    is_shown = thread.state is ThreadState.VISIBLE
    return ThreadChanges(columns, held_by if is_shown and "title" in columns else ())


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


def new_words(words: WordFilter, text: PostText, post: Post) -> tuple[str, ...]:
    """The words that would hold a post and that it does not say yet, if it is shown."""
    if not text.held_by or post.state is not PostState.VISIBLE:
        return ()
    known = {rule.find for rule in words.judge("".join(stretches(post.source).texts)).held}
    return tuple(word for word in text.held_by if word not in known)


def has_new_links(text: PostText, post: Post) -> bool:
    """Does a text link to other sites where the post does not yet?"""
    return bool(foreign_links(text.rendered.html) - foreign_links(post.html))
