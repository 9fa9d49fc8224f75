"""How do tables render: table tr td. Widths become four classes, colours those of the palette."""

import re

from forum.markup.palette import PALETTE, palette_colour
from forum.markup.registry import (
    Call,
    Eat,
    Emit,
    Piece,
    Shape,
    bbcode,
    element,
    number_up_to,
    one_of,
    words_of,
)

# What Discuz takes as the full width of a post.
FULL_WIDTH_PX = 560
MAX_SPAN = 50

_WIDTHS = ("w-25", "w-50", "w-75", "w-100")
_BACKGROUNDS = tuple(f"bg-{name}" for name in PALETTE)
_WIDTH = re.compile(r"([0-9]{1,4})(%|px)?")
_SPANS = re.compile(r"([0-9]{1,2}),([0-9]{1,2})(?:,([0-9]{1,4}(?:%|px)?))?")


@bbcode(
    "table",
    emits=[Emit("table", {"class": words_of("bb-table", *_WIDTHS, *_BACKGROUNDS)}), Emit("tbody")],
    shape=Shape.TABLE,
    inside=Eat.SPACE,
)
def table(call: Call) -> Piece | None:
    """`[table=width,background]`, both optional."""
    width, _, colour = (call.argument or "").partition(",")
    classes = ["bb-table", _width_class(width), _background(colour)]
    if None in classes:
        return None
    start = element("table", {"class": " ".join(name for name in classes if name)})
    return Piece(start + "<tbody>", "</tbody></table>")


@bbcode(
    "tr", emits=[Emit("tr", {"class": one_of(*_BACKGROUNDS)})], shape=Shape.ROW, inside=Eat.SPACE
)
def row(call: Call) -> Piece | None:
    """`[tr=background]`."""
    colour = _background(call.argument or "")
    return None if colour is None else Piece(element("tr", {"class": colour}), "</tr>")


@bbcode(
    "td",
    emits=[
        Emit(
            "td",
            {
                "class": words_of("bb-td", *_WIDTHS),
                "colspan": number_up_to(MAX_SPAN),
                "rowspan": number_up_to(MAX_SPAN),
            },
        )
    ],
    shape=Shape.CELL,
)
def cell(call: Call) -> Piece | None:
    """`[td=columns,rows,width]` or `[td=width]`."""
    argument = (call.argument or "").replace(" ", "")
    found = _SPANS.fullmatch(argument)
    columns, rows, width = found.groups() if found else ("1", "1", argument)
    width_class = _width_class(width or "")
    if width_class is None:
        return None
    attributes = {
        "class": f"bb-td {width_class}".rstrip(),
        "colspan": _span(columns),
        "rowspan": _span(rows),
    }
    return Piece(element("td", attributes), "</td>")


def _span(typed: str) -> str:
    number = min(int(typed), MAX_SPAN)
    return str(number) if number > 1 else ""


def _width_class(typed: str) -> str | None:
    """The class of a width; empty for none; None if it is no width."""
    if not typed.strip():
        return ""
    found = _WIDTH.fullmatch(typed.strip())
    if found is None:
        return None
    number = int(found[1])
    percent = number if found[2] == "%" else number * 100 // FULL_WIDTH_PX
    return next((f"w-{step}" for step in (25, 50, 75) if percent <= step), "w-100")


def _background(typed: str) -> str | None:
    if not typed.strip():
        return ""
    name = palette_colour(typed)
    return f"bg-{name}" if name else name
