"""BBCode in, safe HTML out: the one door to the markup engine."""

from forum.markup.addresses import foreign_links
from forum.markup.options import Rendered, RenderOptions
from forum.markup.plain import message_bytes, plain_text
from forum.markup.quoting import quote_source
from forum.markup.sanitizer import sanitize
from forum.markup.stretches import Stretches, stretches
from forum.markup.writer import RENDERER_VERSION, render

__all__ = [
    "RENDERER_VERSION",
    "RenderOptions",
    "Rendered",
    "Stretches",
    "foreign_links",
    "message_bytes",
    "plain_text",
    "quote_source",
    "render",
    "sanitize",
    "stretches",
]
