"""Is what was typed fit to be posted, and what does it become?

Rendered before the command's first statement: on SQLite that statement takes the only write lock.
"""

from dataclasses import dataclass

from forum.commands.search_index import searchable
from forum.commands.word_checks import checked_line, checked_source
from forum.core.errors import Invalid
from forum.core.text import clean_line, clean_text, width
from forum.markup import RENDERER_VERSION, Rendered, RenderOptions, message_bytes, render
from forum.policies.actor import Actor
from forum.policies.boards import types_offered
from forum.policies.permissions import LINKS_PLAIN, LINKS_REFUSED, May
from forum.queries.site import BoardInfo
from forum.settings import Posting
from forum.words import WordFilter

# What even those exempt from the limits may not pass: the renderer's own size.
LARGEST_BYTES = 60_000


@dataclass(frozen=True)
class PostText:
    """A message ready to be stored."""

    source: str
    rendered: Rendered
    searchable: str  # what of it the search index keeps
    renderer_version: int = RENDERER_VERSION
    held_by: tuple[str, ...] = ()  # words for which it waits

    @property
    def has_foreign_links(self) -> bool:
        return bool(self.rendered.link_hosts)


def post_text(actor: Actor, source: str, limits: Posting, words: WordFilter) -> PostText:
    """Clean, measure, filter and render a message. No statement.

    :raises Invalid: "message_too_short", "message_too_long" (bytes; quotes do not count for the
        minimum), "links_refused" or "words_refused", all of the field source.
    """
    source = clean_text(source).strip()
    is_exempt = bool(actor.permission(May.SKIP_POST_LIMITS))
    most = LARGEST_BYTES if is_exempt else min(limits.message_max_bytes, LARGEST_BYTES)
    _require_room(source, most)
    least = 1 if is_exempt else max(limits.message_min_bytes, 1)
    counted = message_bytes(source)
    if counted < least:
        raise Invalid("message_too_short", field="source", least=least, has=counted)
    checked = checked_source(actor, words, source, field="source")
    source = checked.text
    _require_room(source, most)  # what stands in for a word may be longer
    links = actor.permission(May.POST_LINKS)
    rendered = render(source, options=RenderOptions(allow_links=links != LINKS_PLAIN))
    text = PostText(source, rendered, searchable(source), held_by=checked.held_by)
    if links == LINKS_REFUSED and text.has_foreign_links:
        raise Invalid("links_refused", field="source")
    return text


def thread_title(
    actor: Actor, title: str, limits: Posting, words: WordFilter
) -> tuple[str, tuple[str, ...]]:
    """The title as one clean line, and the words for which it waits.

    :raises Invalid: "subject_empty", "subject_too_long" (width units, ASCII 1, others 2) or
        "words_refused".
    """
    title = clean_line(title)
    if not title:
        raise Invalid("subject_empty", field="title")
    _require_width(title, limits.subject_width)
    checked = checked_line(actor, words, title, field="title")
    _require_width(checked.text, limits.subject_width)
    return checked.text, checked.held_by


def _require_room(source: str, most: int) -> None:
    has = len(source.encode())
    if has > most:
        raise Invalid("message_too_long", field="source", most=most, has=has)


def _require_width(title: str, most: int) -> None:
    if width(title) > most:
        raise Invalid("subject_too_long", field="title", most=most)


def thread_type(
    actor: Actor, board: BoardInfo, type_id: int | None, *, current_id: int | None = None
) -> int | None:
    """The chosen thread type, if the board offers it to the actor.

    :param current_id: what an edited thread has already; it may stay.
    :raises Invalid: "type_required", "type_unknown".
    """
    if type_id is not None and type_id == current_id:
        return type_id
    offered = {kind.id for kind in types_offered(actor, board)}
    if type_id is None:
        if board.types_required and offered:
            raise Invalid("type_required", field="type_id")
        return None
    if type_id not in offered:
        raise Invalid("type_unknown", field="type_id")
    return type_id
