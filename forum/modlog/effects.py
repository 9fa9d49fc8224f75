"""What does a moderator's action do? Effects: facts that can be shown, made, logged and turned round.

Values in effects are JSON already (`json_value`), so that an effect planned, one logged and one read
back are equal. `target` is the id of the target an effect belongs to: a partial undo takes whole
targets.
"""

import enum
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

Values = Mapping[str, Any]


class NotInvertible(Exception):
    """The effect is final."""


@dataclass(frozen=True)
class Change:
    """Fields of a row are set. Undoing conflicts when one no longer holds what was set."""

    target: int
    table: str
    id: int
    before: Values
    after: Values


@dataclass(frozen=True)
class Derived:
    """Fields that follow from others (a thread's last post). Never a conflict: undoing sets what
    was there when nobody touched them since, and works them out anew otherwise."""

    target: int
    table: str
    id: int
    before: Values
    after: Values


@dataclass(frozen=True)
class Count:
    """Counters grow or shrink."""

    target: int
    table: str
    id: int
    deltas: Mapping[str, int]


@dataclass(frozen=True)
class Create:
    """A row is made. Undoing conflicts when somebody built on it."""

    target: int
    table: str
    id: int
    values: Values


@dataclass(frozen=True)
class Remove:
    """A row goes. Undoing makes it again under its id."""

    target: int
    table: str
    id: int
    values: Values


@dataclass(frozen=True)
class MovePosts:
    """Posts go from one thread to another (or to other floors): (post id, floor before, floor after).

    Undoing conflicts when a post is elsewhere by now.
    """

    target: int
    from_thread: int
    to_thread: int
    moves: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class ReverseTransfers:
    """Point transfers are taken back by transfers the other way; `made` are those, once applied."""

    target: int
    ids: tuple[int, ...]
    made: tuple[int, ...] = ()


@dataclass(frozen=True)
class Pay:
    """A rule pays a member; `made` are the transfers, once applied."""

    target: int
    rule: str
    member_id: int
    subject: str
    once_key: str
    times: int = 1
    board_id: int | None = None
    made: tuple[int, ...] = ()


@dataclass(frozen=True)
class Purge:
    """A row and everything below it goes for good. `rows` says how many posts that are.

    :param board_id: where a thread was.
    """

    target: int
    table: str
    id: int
    rows: int = 0
    board_id: int | None = None


@dataclass(frozen=True)
class Rewrite:
    """A post says something else. Undoing conflicts when it no longer says what was set.

    :param before, after: fingerprints; the log keeps no texts, they go with the post.
    :param before_plain, after_plain: the text is shown without links.
    :param ids: the revision that holds the text to set; none = `text`, which is not logged.
    :param made: the revision that keeps what was there, once applied.
    """

    target: int
    table: str
    id: int
    before: str
    after: str
    before_plain: bool = False
    after_plain: bool = False
    ids: tuple[int, ...] = ()
    made: tuple[int, ...] = ()
    text: str = field(default="", repr=False)

    @property
    def changes_text(self) -> bool:
        """Or only what stands beside it, a title."""
        return self.before != self.after


Effect = (
    Change
    | Derived
    | Count
    | Create
    | Remove
    | MovePosts
    | ReverseTransfers
    | Pay
    | Purge
    | Rewrite
)

_KINDS: dict[str, type[Any]] = {
    "change": Change, "derived": Derived, "count": Count, "create": Create, "remove": Remove,
    "move_posts": MovePosts, "reverse_transfers": ReverseTransfers, "pay": Pay, "purge": Purge,
    "rewrite": Rewrite,
}  # fmt: skip
_NAMES = {kind: name for name, kind in _KINDS.items()}


def inverse(effect: Effect) -> Effect:
    """The effect that takes another back.

    :raises NotInvertible: nothing does.
    """
    match effect:
        case Change() | Derived():
            return replace(effect, before=effect.after, after=effect.before)
        case Count():
            return replace(effect, deltas={name: -n for name, n in effect.deltas.items()})
        case Create():
            return Remove(effect.target, effect.table, effect.id, effect.values)
        case Remove():
            return Create(effect.target, effect.table, effect.id, effect.values)
        case MovePosts():
            return MovePosts(
                effect.target,
                effect.to_thread,
                effect.from_thread,
                tuple((post_id, after, before) for post_id, before, after in effect.moves),
            )
        case ReverseTransfers() | Pay():
            return ReverseTransfers(effect.target, effect.made)
        case Rewrite():
            return Rewrite(
                effect.target, effect.table, effect.id, effect.after, effect.before,
                effect.after_plain, effect.before_plain, ids=effect.made,
            )  # fmt: skip
        case Purge():
            raise NotInvertible(effect.table)


def inverses(effects: Sequence[Effect]) -> list[Effect]:
    """The effects that take all of these back, last first.

    :raises NotInvertible: one of them is final.
    """
    return [inverse(effect) for effect in reversed(effects)]


def touched(effects: Iterable[Effect]) -> tuple[set[int], set[int]]:
    """The threads and the posts that effects write, as far as they name them."""
    threads: set[int] = set()
    posts: set[int] = set()
    for effect in effects:
        match effect:
            case MovePosts():
                threads |= {effect.from_thread, effect.to_thread}
            case ReverseTransfers() | Pay():
                pass
            case _ if effect.table == "threads":
                threads.add(effect.id)
            case _ if effect.table == "posts":
                posts.add(effect.id)
    return threads, posts


def is_empty(effect: Effect) -> bool:
    """Does it do nothing at all? Such effects are not logged."""
    match effect:
        case Change() | Derived():
            return dict(effect.before) == dict(effect.after)
        case Count():
            return not any(effect.deltas.values())
        case MovePosts():
            return not effect.moves
        case ReverseTransfers():
            return not effect.ids
        case Pay():
            return effect.times < 1
        case _:
            return False


def json_value(value: Any) -> Any:
    """A column's value as effects hold it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    return value


def fingerprint(text: str) -> str:
    """Tells whether two texts are the same."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def encode(effect: Effect) -> dict[str, Any]:
    """An effect as JSON."""
    coded: dict[str, Any] = {"do": _NAMES[type(effect)]}
    for name, value in vars(effect).items():
        if name == "text":
            continue
        if name in ("ids", "made"):
            value = encode_ids(value)
        elif name == "moves":
            value = [list(move) for move in value]
        elif isinstance(value, Mapping):
            value = dict(value)
        coded[name] = value
    return coded


def decode(coded: Mapping[str, Any]) -> Effect:
    """An effect from JSON.

    :raises KeyError: there is no such kind of effect.
    """
    values = dict(coded)
    kind = _KINDS[values.pop("do")]
    for name in ("ids", "made"):
        if name in values:
            values[name] = decode_ids(values[name])
    if "moves" in values:
        values["moves"] = tuple(tuple(move) for move in values["moves"])
    effect: Effect = kind(**values)
    return effect


def encode_ids(ids: Iterable[int]) -> list[list[int]]:
    """Ids as runs [first, last]: transfers made at once are neighbours."""
    runs: list[list[int]] = []
    for one in sorted(set(ids)):
        if runs and one == runs[-1][1] + 1:
            runs[-1][1] = one
        else:
            runs.append([one, one])
    return runs


def decode_ids(runs: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """The ids of runs, lowest first."""
    return tuple(one for first, last in runs for one in range(first, last + 1))


@dataclass
class EffectList:
    """Effects in the order they are planned, without the empty ones."""

    effects: list[Effect] = field(default_factory=list)

    def add(self, effect: Effect) -> None:
        if not is_empty(effect):
            self.effects.append(effect)
