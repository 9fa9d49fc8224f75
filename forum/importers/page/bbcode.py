"""How does a saved post stand in our markup? Blocks to BBCode in which nothing of the saved text is a tag."""

import re
from collections.abc import Mapping

from forum.importers.page.facts import Block, BlockKind, FloorFacts

# Whatever looks like a tag, known to the renderer of today or not: a later one may know it.
_LOOKS_LIKE_TAG = re.compile(r"\[(?=/?(?:\*|[A-Za-z]{1,12}+)(?:=[^\[\]\n]{0,2048}+)?\])")
_NOTHING = "[b][/b]"  # an empty tag shows nothing and keeps the bracket from what follows it
MOST_BREAKS = (
    200  # each costs a tag, and a text may hold 2,000; beyond these the bracket itself changes
)
_CODE_END = re.compile(r"\[(?=/code\])", re.IGNORECASE)
_WIDE_BRACKET = "［"


def literal(text: str) -> str:
    """Text that shows exactly as it is, without being read as markup."""
    if len(_LOOKS_LIKE_TAG.findall(text)) > MOST_BREAKS:
        return _LOOKS_LIKE_TAG.sub(_WIDE_BRACKET, text)
    return _LOOKS_LIKE_TAG.sub("[" + _NOTHING, text)


def floor_source(floor: FloorFacts, quoted_post_ids: Mapping[int, int] | None = None) -> str:
    """The post's BBCode: its blocks with their blank lines, a poll's options as a list.

    :param quoted_post_ids: by the block's index, the post a quote is of; such quotes are linked.
    """
    linked = quoted_post_ids or {}
    parts: list[str] = []
    for index, block in enumerate(floor.blocks):
        parts.append("\n" * (block.gap + 1) if index else "")
        parts.append(_block_source(block, linked.get(index)))
    if floor.poll is not None:
        options = "\n".join(
            f"[*]{literal(option.text)}"
            + (f" ({option.votes})" if option.votes is not None else "")
            for option in floor.poll.options
        )
        parts.append(("\n\n" if floor.blocks else "") + f"[list=1]\n{options}\n[/list]")
    return "".join(parts)


def _block_source(block: Block, post_id: int | None) -> str:
    text = "\n".join(block.lines)
    if block.kind is BlockKind.CODE:
        return f"[code]{_CODE_END.sub(_WIDE_BRACKET, text)}[/code]"
    if block.kind is BlockKind.TEXT:
        return literal(text)
    when = block.quoted_when.text if block.quoted_when is not None else ""
    head = f"{block.quoted_name or ''} 发表于 {when}".replace("[", _WIDE_BRACKET).replace("]", "］")
    if post_id is not None:
        head = f"[url=/post-{post_id}.html]{head}[/url]"
    return f"[quote]{head}\n{literal(text)}[/quote]" if text else f"[quote]{head}[/quote]"


def lines_source(lines: tuple[str, ...]) -> str:
    """Plain lines, a signature for one, as BBCode."""
    return literal("\n".join(lines))
