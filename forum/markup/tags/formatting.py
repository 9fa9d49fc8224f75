"""How do plain inline tags render: b i u s sup sub."""

from forum.markup.registry import Call, Emit, Piece, Shape, bbcode, one_of, wrap


@bbcode("b", emits=[Emit("strong")])
def bold(call: Call) -> Piece | None:
    return wrap("strong") if call.argument is None else None


@bbcode("i", emits=[Emit("i", {"class": one_of("edit-mark")})])
def italic(call: Call) -> Piece | None:
    """`[i=s]` is the grey line Discuz puts in front of an edited post."""
    if call.argument is None:
        return wrap("i")
    return wrap("i", {"class": "edit-mark"}) if call.argument.strip().lower() == "s" else None


@bbcode("u", emits=[Emit("u")])
def underline(call: Call) -> Piece | None:
    return wrap("u") if call.argument is None else None


@bbcode("s", emits=[Emit("s")])
def strike(call: Call) -> Piece | None:
    return wrap("s") if call.argument is None else None


@bbcode("sup", emits=[Emit("sup")], shape=Shape.PAIR)
def superscript(call: Call) -> Piece | None:
    return wrap("sup") if call.argument is None else None


@bbcode("sub", emits=[Emit("sub")], shape=Shape.PAIR)
def subscript(call: Call) -> Piece | None:
    return wrap("sub") if call.argument is None else None
