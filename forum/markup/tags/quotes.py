"""How does a quotation render: quote."""

from forum.markup.registry import Call, Eat, Emit, Piece, Shape, bbcode, one_of, wrap


@bbcode(
    "quote",
    emits=[Emit("blockquote", {"class": one_of("bb-quote")})],
    shape=Shape.BOX,
    outside=Eat.ONE_BREAK,
    inside=Eat.BREAKS,
)
def quote(call: Call) -> Piece | None:
    return wrap("blockquote", {"class": "bb-quote"}) if call.argument is None else None
