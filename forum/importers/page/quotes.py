"""What did somebody quote, when the page sets the words apart from 发表于? The quoted post itself tells."""

from dataclasses import replace

from forum.importers.page.facts import Block, BlockKind, FloorFacts

_CUT_MARK = "..."


def fill_empty_quotes(floors: tuple[FloorFacts, ...]) -> tuple[FloorFacts, ...]:
    """Move the paragraph below a quote without words into it, if the quoted author's post on this page says it."""
    said: dict[str, list[str]] = {}
    for floor in floors:
        if floor.author.name:
            said.setdefault(floor.author.name, []).append(_words(floor.blocks))
    return tuple(_filled(floor, said) for floor in floors)


def _filled(floor: FloorFacts, said: dict[str, list[str]]) -> FloorFacts:
    if not any(b.kind is BlockKind.QUOTE and not b.lines for b in floor.blocks):
        return floor
    blocks: list[Block] = []
    for block in floor.blocks:
        above = blocks[-1] if blocks else None
        is_open = above is not None and above.kind is BlockKind.QUOTE and not above.lines
        if above is not None and is_open and block.kind is BlockKind.TEXT:
            words = _words((block,)).removesuffix(_CUT_MARK)
            if words and any(words in text for text in said.get(above.quoted_name or "", [])):
                blocks[-1] = replace(above, lines=block.lines)
                continue
        blocks.append(block)
    return replace(floor, blocks=tuple(blocks))


def _words(blocks: tuple[Block, ...]) -> str:
    return "".join(
        "".join("".join(b.lines).split()) for b in blocks if b.kind is not BlockKind.QUOTE
    )
