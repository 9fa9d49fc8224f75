"""How do lists render: list and its items."""

from forum.markup.registry import Call, Eat, Emit, Piece, Shape, bbcode, element, one_of, wrap

_BULLETS = Emit("ul", {"class": one_of("bb-list")})
_NUMBERS = Emit("ol", {"class": one_of("bb-list"), "type": one_of("1", "a", "A")})


@bbcode("list", emits=[_BULLETS, _NUMBERS], shape=Shape.LIST, inside=Eat.SPACE)
def listing(call: Call) -> Piece | None:
    if call.argument is None:
        return wrap("ul", {"class": "bb-list"})
    if call.argument in ("1", "a", "A"):
        return Piece(element("ol", {"class": "bb-list", "type": call.argument}), "</ol>")
    return None


@bbcode("*", emits=[Emit("li")], shape=Shape.ITEM, inside=Eat.BREAKS)
def item(call: Call) -> Piece | None:
    return wrap("li") if call.argument is None else None
