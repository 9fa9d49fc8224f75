"""What is a BBCode tag, and which tags exist: one entry declares how a tag is read and what HTML it may emit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from html import escape

from forum.markup.addresses import Address
from forum.markup.options import RenderOptions

Check = Callable[[str], bool]


class Eat(Enum):
    """Which white space at a tag's edge belongs to the tag and not to the text."""

    NONE = auto()
    ONE_BREAK = auto()
    BREAKS = auto()
    SPACE = auto()


class Body(Enum):
    """Whether what stands inside a tag is markup again, or taken verbatim."""

    MARKUP = auto()
    VERBATIM = auto()
    VERBATIM_WITHOUT_ARGUMENT = auto()
    EMPTY = auto()


class Shape(Enum):
    """How a tag behaves when tags cross or stay open.

    SOFT: applies to the end of its container when never closed, and is opened again after a crossing
    (what browsers made of Discuz's output, so old posts look as they did).
    PAIR: needs its closing tag, else it is literal text. BOX: the same, and nothing leaks out of it.
    LIST, ITEM, TABLE, ROW, CELL: structure; white space between the parts is dropped, loose content gets its own part.
    """

    SOFT = auto()
    PAIR = auto()
    BOX = auto()
    LIST = auto()
    ITEM = auto()
    TABLE = auto()
    ROW = auto()
    CELL = auto()


@dataclass(frozen=True, slots=True)
class Emit:
    """One HTML element a tag may emit; every attribute with the check its value must pass."""

    element: str
    attributes: Mapping[str, Check] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a tag. `body` is set for verbatim tags only."""

    argument: str | None
    body: str
    options: RenderOptions


@dataclass(frozen=True, slots=True)
class Piece:
    """The HTML around the content (for verbatim and empty tags: all of it in `before`), and the facts to count."""

    before: str
    after: str = ""
    link: Address | None = None
    is_image: bool = False
    text: str = ""


Writer = Callable[[Call], Piece | None]


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    write: Writer
    emits: tuple[Emit, ...]
    shape: Shape
    body: Body
    is_link: bool
    outside: Eat
    inside: Eat


class DuplicateTag(ValueError):
    """Two entries claim the same tag name."""


class TagRegistry:
    """A dict of tags by name that refuses a second entry for a name."""

    def __init__(self) -> None:
        self.tags: dict[str, Tag] = {}

    def bbcode(
        self,
        name: str,
        *,
        emits: Iterable[Emit] = (),
        shape: Shape = Shape.SOFT,
        body: Body = Body.MARKUP,
        is_link: bool = False,
        outside: Eat = Eat.NONE,
        inside: Eat = Eat.NONE,
    ) -> Callable[[Writer], Writer]:
        """Enter the decorated function as the writer of `[name]`.

        The function returns None for arguments it does not accept: the tag then stays literal text.

        :raises DuplicateTag: the name is taken.
        """

        def enter(write: Writer) -> Writer:
            if name in self.tags:
                raise DuplicateTag(name)
            self.tags[name] = Tag(name, write, tuple(emits), shape, body, is_link, outside, inside)
            return write

        return enter


REGISTRY = TagRegistry()
bbcode = REGISTRY.bbcode


def element(name: str, attributes: Mapping[str, str] | None = None) -> str:
    """A start tag with its attributes escaped."""
    written = "".join(
        f' {key}="{escape(value)}"' for key, value in (attributes or {}).items() if value
    )
    return f"<{name}{written}>"


def wrap(
    name: str, attributes: Mapping[str, str] | None = None, *, link: Address | None = None
) -> Piece:
    return Piece(element(name, attributes), f"</{name}>", link=link)


def words_of(*allowed: str) -> Check:
    """A value made of these words only, each at most once and separated by single spaces (class lists)."""
    closed = frozenset(allowed)

    def check(value: str) -> bool:
        words = value.split(" ")
        return closed.issuperset(words) and len(set(words)) == len(words)

    return check


def one_of(*allowed: str) -> Check:
    return frozenset(allowed).__contains__


def number_up_to(highest: int) -> Check:
    def check(value: str) -> bool:
        return (
            value.isascii() and value.isdigit() and len(value) <= 6 and 1 <= int(value) <= highest
        )

    return check
