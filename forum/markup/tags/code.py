"""How does program text render: code. Everything inside is shown as typed."""

from forum.markup.escaping import masked_text
from forum.markup.registry import Body, Call, Eat, Emit, Piece, Shape, bbcode, element, one_of


@bbcode(
    "code",
    emits=[Emit("pre", {"class": one_of("bb-code")}), Emit("code")],
    shape=Shape.BOX,
    body=Body.VERBATIM,
    outside=Eat.ONE_BREAK,
)
def code(call: Call) -> Piece | None:
    if call.argument is not None:
        return None
    body = call.body.strip("\n")
    start = element("pre", {"class": "bb-code"})
    return Piece(f"{start}<code>{masked_text(body)}</code></pre>", text=body)
