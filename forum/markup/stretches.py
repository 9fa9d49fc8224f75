"""What of a source is text, and what are tags? For who reads words, not markup."""

from dataclasses import dataclass

from forum.markup.scanner import Kind, scan
from forum.markup.tags import TAGS


@dataclass(frozen=True)
class Stretches:
    """A source in its order: `pieces[0]` is text, then tags and text take turns. Joined they are the
    source. `arguments` are what stands behind the = of tags."""

    pieces: tuple[str, ...]
    arguments: tuple[str, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The text pieces, in order; one more than there are tags between them."""
        return self.pieces[::2]

    def with_texts(self, texts: list[str]) -> str:
        """The source with other texts between the same tags."""
        pieces = list(self.pieces)
        pieces[::2] = texts
        return "".join(pieces)


def stretches(source: str) -> Stretches:
    """Cut a source at everything that looks like a tag, whether or not it will be one."""
    pieces = [""]
    arguments: list[str] = []
    for token in scan(source, TAGS):
        if token.kind is Kind.TEXT:
            pieces[-1] += token.raw
            continue
        pieces += [token.raw, ""]
        if token.argument:
            arguments.append(token.argument)
    return Stretches(tuple(pieces), tuple(arguments))
