"""Every tag family. A new family is one file and one line here."""

from forum.markup.registry import REGISTRY, Emit, Tag
from forum.markup.tags import (  # noqa: F401  (each enters its tags)
    blocks,
    code,
    colours,
    fonts,
    formatting,
    images,
    links,
    lists,
    quotes,
    tables,
)

TAGS: dict[str, Tag] = REGISTRY.tags

# Line breaks come from the text, not from a tag.
TEXT_EMITS = (Emit("br"),)


def all_emits() -> tuple[Emit, ...]:
    """What the whole engine may emit: the union of the declarations."""
    return TEXT_EMITS + tuple(emit for tag in TAGS.values() for emit in tag.emits)
