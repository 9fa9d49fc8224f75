"""编辑 of what somebody else wrote: the text, and with an opening post what its form says of the thread.

One's own posts are no moderation: commands/post_edits.py.
"""

from dataclasses import dataclass
from typing import Any

from forum.commands.edit_checks import OpeningChange, ThreadChanges, new_words, thread_changes
from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.commands.moderation.rewriting import has_plain_links
from forum.commands.moderation.targets import PostTarget
from forum.commands.post_texts import post_text
from forum.commands.threads import ThreadOptions
from forum.commands.word_checks import refuse
from forum.core.errors import Invalid
from forum.models import PostState, TargetKind, Thread, ThreadState
from forum.modlog.effects import Rewrite, fingerprint
from forum.modlog.registry import Choice, Group, asked
from forum.policies.actor import Rank
from forum.policies.permissions import LINKS_PLAIN, May
from forum.queries.readership import is_read_by_all_of, pointers_to
from forum.queries.words import word_filter_of


@dataclass(frozen=True)
class EditOptions:
    """What the post is to say.

    :param title: of the thread, for an opening post; "" leaves it.
    :param opening: all the form of an opening post changes, in place of `title`.
    :param version: of the post, as its form showed it; None = whatever it is now.
    """

    source: str = asked("Message", Choice.MESSAGE, "", is_required=True)
    title: str = asked("Title", Choice.TEXT, "", max_length=400)
    opening: OpeningChange | None = None
    version: int | None = None


@action(
    "post.edit", "Edit the post", "Undo the edit of the post",
    targets=TargetKind.POST, permission=May.EDIT_POSTS, group=Group.POST, options=EditOptions,
    minds_rank=True, states=frozenset(PostState), thread_states=frozenset(ThreadState),
    most_targets=1, icon="edit", unlogged=frozenset(EditOptions.__dataclass_fields__),
    own_button=True,
)  # fmt: skip
def edit(planner: Planner, target: PostTarget, options: EditOptions) -> None:
    """编辑: what was there before is kept as a revision; the log knows its number, not its text."""
    post, thread, actor = target.post, target.thread, planner.actor
    limits = planner.site.settings.posting
    words = word_filter_of(planner.session)
    if options.version is not None and options.version != post.version:
        raise Invalid("edited_meanwhile")
    text = post_text(actor, options.source, limits, words)
    opening = _opening_change(thread, options) if post.floor == 1 else None
    changes = (
        thread_changes(planner.session, actor, thread, opening, words)
        if opening is not None
        else ThreadChanges()
    )
    # Moderators are held nowhere, so what somebody else said does not go to the queue by their words.
    refuse(changes.held_by, field="title")
    refuse(new_words(words, text, post), field="source")
    if text.source == post.source and not changes.columns:
        raise Invalid("nothing_changes")

    planner.effects.add(
        Rewrite(
            planner.target_id, "posts", post.id, fingerprint(post.source), fingerprint(text.source),
            before_plain=has_plain_links(post.source, post.html),
            after_plain=actor.permission(May.POST_LINKS) == LINKS_PLAIN,
            text=text.source,
        )
    )  # fmt: skip
    if actor.rank < Rank.ADMINISTRATOR and planner.now - post.created_at > limits.edit_mark_after:
        planner.derive(post, edited_at=planner.now, edited_by_name=actor.name)
    if post.floor == 1:
        planner.derive(thread, has_images=text.rendered.image_count > 0)
    if changes.columns:
        _change_thread(planner, thread, changes.columns)
    planner.tell(post.author_id)


def _opening_change(thread: Thread, options: EditOptions) -> OpeningChange | None:
    if options.opening is not None or not options.title:
        return options.opening
    rest = ThreadOptions(
        is_newest_first=thread.is_newest_first,
        notifies_author=thread.notifies_author,
        read_access=thread.read_access,
        tags=None,
    )
    return OpeningChange(options.title, thread.type_id, rest)


def _change_thread(planner: Planner, thread: Thread, changes: dict[str, Any]) -> None:
    planner.change(thread, **changes)
    if "title" not in changes:
        return
    for pointer in planner.session.scalars(pointers_to(thread.id)):
        if is_read_by_all_of(planner.site, thread.board_id, pointer.board_id):
            planner.derive(pointer, title=changes["title"])
