"""How do paragraphs stand: align p float indent hr free."""

import re

from forum.markup.registry import (
    Body,
    Call,
    Emit,
    Piece,
    Shape,
    bbcode,
    element,
    one_of,
    words_of,
    wrap,
)

_ALIGNS = ("left", "center", "right", "justify")
_ALIGN_CLASSES = tuple(f"align-{name}" for name in _ALIGNS)
_PARAGRAPH = re.compile(
    r"(?:[0-9]{1,2}|null)(?:px)?,([0-9]{1,2}|null)(?:em)?,(left|center|right|justify)"
)


@bbcode("align", emits=[Emit("div", {"class": one_of(*_ALIGN_CLASSES)})])
def align(call: Call) -> Piece | None:
    side = (call.argument or "").strip().lower()
    return wrap("div", {"class": f"align-{side}"}) if side in _ALIGNS else None


@bbcode("p", emits=[Emit("div", {"class": words_of("para-indent", *_ALIGN_CLASSES)})])
def paragraph(call: Call) -> Piece | None:
    """`[p=line height, indent, align]`: the indent is one step, line heights are ours."""
    found = _PARAGRAPH.fullmatch((call.argument or "").replace(" ", "").lower())
    if found is None:
        return None
    indent, side = found.groups()
    is_indented = indent not in ("null", "0", "00")
    return wrap("div", {"class": f"para-indent align-{side}" if is_indented else f"align-{side}"})


@bbcode("float", emits=[Emit("div", {"class": one_of("float-left", "float-right")})])
def floating(call: Call) -> Piece | None:
    side = (call.argument or "").strip().lower()
    return wrap("div", {"class": f"float-{side}"}) if side in ("left", "right") else None


@bbcode("indent", emits=[Emit("div", {"class": one_of("indent")})])
def indent(call: Call) -> Piece | None:
    return wrap("div", {"class": "indent"}) if call.argument is None else None


@bbcode("hr", emits=[Emit("hr", {"class": one_of("bb-hr")})], body=Body.EMPTY)
def rule(call: Call) -> Piece | None:
    return Piece(element("hr", {"class": "bb-hr"})) if call.argument is None else None


@bbcode("free", shape=Shape.PAIR)
def free_part(call: Call) -> Piece | None:
    """The part of a paid thread that everybody reads; in the text itself it changes nothing."""
    return Piece("") if call.argument is None else None
