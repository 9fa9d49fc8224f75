"""How do colours render: color backcolor. Every colour becomes the nearest class of a closed palette."""

from forum.markup.palette import PALETTE, palette_colour
from forum.markup.registry import Call, Emit, Piece, bbcode, one_of, wrap


@bbcode("color", emits=[Emit("span", {"class": one_of(*(f"c-{name}" for name in PALETTE))})])
def text_colour(call: Call) -> Piece | None:
    return _coloured("c-", call.argument)


@bbcode("backcolor", emits=[Emit("span", {"class": one_of(*(f"bg-{name}" for name in PALETTE))})])
def background_colour(call: Call) -> Piece | None:
    return _coloured("bg-", call.argument)


def _coloured(prefix: str, typed: str | None) -> Piece | None:
    name = palette_colour(typed or "")
    if name is None:
        return None
    return wrap("span", {"class": prefix + name}) if name else Piece("")
