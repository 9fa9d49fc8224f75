"""How is an action on one very long thread divided into short steps?

Its effects are dealt out to pieces that are made one after the other. After each of them every post
has a floor of its own, the opening post is at floor 1, and no thread is shown that is not whole at
its beginning: what hides a thread comes first, what shows one or empties it comes last.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forum.models import TargetKind, ThreadState
from forum.modlog.effects import (
    Change,
    Count,
    Create,
    Derived,
    Effect,
    MovePosts,
    Purge,
    ReverseTransfers,
)

# Small: a step makes as many of them as fit into its time.
PIECE_POSTS = 40
THREAD_UNITS = 14
FEW = 10  # of one thread there are never more effects that belong together
HIDDEN = frozenset({ThreadState.RECYCLED.value, ThreadState.IGNORED.value})


@dataclass(frozen=True)
class _Move:
    """One post on its way: (thread, floor) it leaves, and the one it comes to."""

    post_id: int
    source: tuple[int, int]
    goal: tuple[int, int]


def units_of(effects: Iterable[Effect], kind: TargetKind) -> int:
    """How much work effects are: rows that grow with a thread's posts, or with a member's threads.

    :param kind: of their targets. What a target costs whatever its size is not among it.
    """
    per_thread = THREAD_UNITS if kind is TargetKind.MEMBER else 0
    total = 0
    for effect in effects:
        match effect:
            case MovePosts():
                total += len(effect.moves)
            case ReverseTransfers():
                total += len(effect.ids)
            case Purge(table="threads"):
                total += effect.rows
            case Purge() | Change(table="posts"):
                total += 1
            case Change(table="threads") if "state" in effect.after:
                total += per_thread
    return total


def divide(effects: Sequence[Effect], target: int, most: int = PIECE_POSTS) -> list[list[Effect]]:
    """Deal effects out to pieces of about `most` posts, to be made in this order.

    Counters are left out: they follow from each piece when it is made.

    :param target: whose effects these are.
    """
    first: list[Effect] = []
    last: list[Effect] = []
    moves: list[_Move] = []
    transfers: list[int] = []
    purged: list[Effect] = []
    changed: list[Effect] = []
    for effect in effects:
        match effect:
            case MovePosts():
                moves += [
                    _Move(post_id, (effect.from_thread, before), (effect.to_thread, after))
                    for post_id, before, after in effect.moves
                ]
            case ReverseTransfers():
                transfers += effect.ids
            case Purge(table="posts"):
                purged.append(effect)
            case Count():
                if _is_views(effect):
                    last.append(effect)
            case Change(table="posts"):
                changed.append(effect)
            case Create() | Derived() | Change():
                (first if _comes_first(effect) else last).append(effect)
            case _:
                last.append(effect)
    middle: list[list[Effect]] = [
        *_dealt_moves(moves, target, most),
        *_dealt_transfers(transfers, target, most),
        *(list(part) for part in _even(purged, most)),
        *(list(part) for part in _even(changed, most)),
    ]
    # Of all threads of a member these are very many, and each is a whole thread that goes or comes.
    share = max(1, most // THREAD_UNITS)
    if len(first) > FEW:
        middle = [*(list(part) for part in _even(first, share)), *middle]
    elif middle:
        middle[0] = [*first, *middle[0]]
    else:
        middle = [first]
    if len(last) > FEW:
        return [*middle, *(list(part) for part in _even(last, share))]
    middle[-1] = [*middle[-1], *last]
    return middle


def _comes_first(effect: Create | Derived | Change) -> bool:
    match effect:
        case Create():
            return True
        case Derived(table="threads"):
            # New floors fit under the last one at every moment.
            return bool(effect.after.get("last_floor", 0) > effect.before.get("last_floor", 0))
        case Change(table="threads"):
            access = effect.after.get("read_access", 0) > effect.before.get("read_access", 0)
            return access or effect.after.get("state") in HIDDEN
        case Change(table="members"):
            return True  # who is banned writes nothing more meanwhile
    return False


def _is_views(effect: Count) -> bool:
    return set(effect.deltas) == {"view_count"}


def _dealt_moves(moves: Sequence[_Move], target: int, most: int) -> Iterator[list[Effect]]:
    groups = list(_in_order(moves))
    total = len(moves)
    share = -(-total // max(1, -(-total // most)))  # even, so that the last is not a lone post
    part: list[_Move] = []
    for group in groups:
        part += group
        if len(part) >= share:
            yield list(_moves_of(part, target))
            part = []
    if part:
        yield list(_moves_of(part, target))


def _dealt_transfers(ids: Sequence[int], target: int, most: int) -> Iterator[list[Effect]]:
    for part in _even(sorted(ids), most):
        yield [ReverseTransfers(target, tuple(part))]


def _in_order(moves: Sequence[_Move]) -> Iterator[list[_Move]]:
    """Moves so that each comes to a place that is free by then; a ring of them stays together.

    Every place has one post and every post one goal, so what waits for what are chains and rings.
    Where posts go up, the highest goes first, and where they go down, the lowest: so a thread is
    whole below and above the floor the work has come to.
    """
    by_source = {move.source: move for move in moves}
    rises = sum(move.goal[1] for move in moves) >= sum(move.source[1] for move in moves)
    ordered = (
        sorted(moves, key=lambda move: (move.goal[1], move.goal[0]), reverse=True)
        if rises
        else sorted(moves, key=lambda move: (move.source[1], move.source[0]))
    )
    done: set[int] = set()
    for start in ordered:
        chain: list[_Move] = []
        on_chain: set[int] = set()
        here: _Move | None = start
        while here is not None and here.post_id not in done and here.post_id not in on_chain:
            chain.append(here)
            on_chain.add(here.post_id)
            here = by_source.get(here.goal)
        done |= on_chain
        if here is not None and here.post_id in on_chain:
            yield chain  # a ring: a chain that is entered elsewhere would have been done before
        else:
            for move in reversed(chain):
                yield [move]


def _moves_of(part: Iterable[_Move], target: int) -> Iterator[MovePosts]:
    by_way: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for move in part:
        way = (move.source[0], move.goal[0])
        by_way.setdefault(way, []).append((move.post_id, move.source[1], move.goal[1]))
    for (origin, goal), floors in by_way.items():
        yield MovePosts(target, origin, goal, tuple(sorted(floors, key=lambda one: one[1])))


def _even(items: Sequence[Any], most: int) -> Iterator[Sequence[Any]]:
    count = -(-len(items) // most)
    share = -(-len(items) // max(1, count))
    for at in range(0, len(items), max(1, share)):
        yield items[at : at + share]


def with_real_ids(effects: Iterable[Effect], ids: dict[int, int]) -> list[Effect]:
    """Effects of a plan made for looking at, whose new threads get the ids they will have.

    :param ids: by the ids below zero of the plan.
    """
    return [_with_real_id(one, ids) for one in effects] if ids else list(effects)


def _with_real_id(effect: Effect, ids: dict[int, int]) -> Effect:
    match effect:
        case MovePosts():
            return replace(
                effect,
                from_thread=ids.get(effect.from_thread, effect.from_thread),
                to_thread=ids.get(effect.to_thread, effect.to_thread),
            )
        case Create(table="threads"):
            return replace(effect, id=ids.get(effect.id, effect.id))
    return effect


def joined(effects: Iterable[Effect]) -> list[Effect]:
    """The effects of all steps as the log holds them: what pieces divided is whole again."""
    order: list[Effect | None] = []
    parts: dict[tuple[Any, ...], tuple[int, list[Effect]]] = {}
    every = list(effects)
    purged = {one.target for one in every if isinstance(one, Purge) and one.table == "threads"}
    for effect in every:
        match effect:
            case MovePosts():
                key: tuple[Any, ...] = ("m", effect.target, effect.from_thread, effect.to_thread)
            case ReverseTransfers():
                key = ("r", effect.target)
            case Count():
                key = ("c", effect.target, effect.table, effect.id, _is_views(effect))
            case Purge(table="posts") if effect.target in purged:
                continue  # its thread's own says how many
            case _:
                order.append(effect)
                continue
        if key not in parts:
            parts[key] = (len(order), [])
            order.append(None)
        parts[key][1].append(effect)
    for place, some in parts.values():
        order[place] = _joined(some)
    return [one for one in order if one is not None]


def _joined(some: list[Any]) -> Effect | None:
    one = some[0]
    if len(some) == 1:
        return one  # type: ignore[no-any-return]
    match one:
        case MovePosts():
            moves = sorted((move for each in some for move in each.moves), key=lambda move: move[1])
            return replace(one, moves=tuple(moves))
        case ReverseTransfers():
            return replace(
                one,
                ids=tuple(sorted({number for each in some for number in each.ids})),
                made=tuple(sorted({number for each in some for number in each.made})),
            )
    assert isinstance(one, Count)
    sums: dict[str, int] = {}
    for each in some:
        for name, number in each.deltas.items():
            sums[name] = sums.get(name, 0) + number
    deltas = {name: number for name, number in sums.items() if number}
    return replace(one, deltas=deltas) if deltas else None
