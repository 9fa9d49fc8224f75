"""What would an action do, in lines people can read? From its effects, whichever action it is."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import ThreadType
from forum.modlog.effects import (
    Change,
    Count,
    Create,
    Derived,
    Effect,
    MovePosts,
    Pay,
    Purge,
    Remove,
    ReverseTransfers,
    Rewrite,
)
from forum.modlog.marks import ICON_NAMES, STAMP_NAMES
from forum.points.reversals import amounts_of
from forum.points.rules import REGISTRY
from forum.policies.actor import Actor
from forum.queries.points import rule_terms
from forum.queries.site import Site

# Fields that say nothing to people beside the others; shown where nothing else changes.
SILENT = frozenset(
    {
        "author_id",
        "edited_at",
        "edited_by_name",
        "first_post_id",
        "former_state",
        "has_images",
        "last_floor",
        "last_poster_id",
        "moved_to_id",
        "signature_html",
    }
)


@dataclass(frozen=True)
class ChangeLine:
    """`count` rows get another value in a field; `varies` = each its own, of which none is shown."""

    table: str
    column: str
    before: Any
    after: Any
    count: int
    varies: bool = False


@dataclass(frozen=True)
class CountLine:
    """A board's counters change (name), or those of `count` members together (name "")."""

    table: str
    name: str
    deltas: tuple[tuple[str, int], ...]
    count: int


@dataclass(frozen=True)
class PointsLine:
    """Members together get (or lose, below zero) points of a kind.

    :param is_most: a rule pays that only so often: it may be less.
    """

    amount: int
    kind_title: str
    member_count: int
    is_most: bool = False


@dataclass(frozen=True)
class RowsLine:
    """Rows are made, removed, moved, rewritten or purged. `posts` go with them."""

    kind: str  # created, removed, moved, rewritten, purged
    what: str  # threads, redirects, posts ...
    count: int
    posts: int = 0


@dataclass(frozen=True)
class EffectLines:
    """All of it."""

    changes: tuple[ChangeLine, ...] = ()
    counts: tuple[CountLine, ...] = ()
    points: tuple[PointsLine, ...] = ()
    rows: tuple[RowsLine, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.changes or self.counts or self.points or self.rows)

    @property
    def makes_threads(self) -> bool:
        """Are there addresses that an undo takes away again?"""
        return any(
            one.kind == "created" and one.what in ("threads", "redirects") for one in self.rows
        )


def effect_lines(s: Session, site: Site, actor: Actor, effects: Sequence[Effect]) -> EffectLines:
    """The effects as lines, alike ones added up. A few statements.

    What the actor may not read has no name here.
    """
    lines = EffectLines(
        changes=tuple(_changes(s, site, actor, effects, SILENT)),
        counts=tuple(_counts(site, actor, effects)),
        points=tuple(_points(s, site, effects)),
        rows=tuple(_rows(effects)),
    )
    if lines.is_empty:
        return replace(lines, changes=tuple(_changes(s, site, actor, effects, frozenset())))
    return lines


def _changes(
    s: Session, site: Site, actor: Actor, effects: Iterable[Effect], silent: Set[str]
) -> Iterable[ChangeLine]:
    found: dict[tuple[Any, ...], int] = {}
    following: dict[tuple[str, str], dict[tuple[Any, ...], int]] = {}
    for effect in effects:
        if not isinstance(effect, Change | Derived):
            continue
        for column, after in effect.after.items():
            key = (effect.table, column, effect.before[column], after)
            if column in silent or key[2] == after:
                continue
            sums = found
            if isinstance(effect, Derived) and column != "stamp":
                sums = following.setdefault(key[:2], {})
            sums[key] = sums.get(key, 0) + 1
    # What follows is another moment for each of 200 threads; the choice of the moderator is one.
    several = {name: sums for name, sums in following.items() if len(sums) > 1}
    for name, sums in following.items():
        found.update(sums if name not in several else {})
    values = [(key[1], value) for key in found for value in key[2:]]
    shown = iter(values_shown(s, site, actor, values))
    for (table, column, _, _), count in found.items():
        yield ChangeLine(table, column, next(shown), next(shown), count)
    for (table, column), sums in several.items():
        yield ChangeLine(table, column, None, None, sum(sums.values()), varies=True)


def values_shown(
    s: Session, site: Site, actor: Actor, values: Sequence[tuple[str, Any]]
) -> list[Any]:
    """Values of columns as people know them: names for ids, moments for their text. One statement.

    :param values: column, and the value as effects hold it.
    """
    types = {value for column, value in values if column == "type_id" and value}
    names = (
        {
            row.id: row.name
            for row in s.execute(
                select(ThreadType.id, ThreadType.name).where(ThreadType.id.in_(types))
            )
        }
        if types
        else {}
    )
    return [_shown(site, actor, names, column, value) for column, value in values]


def _shown(site: Site, actor: Actor, types: dict[int, str], column: str, value: Any) -> Any:
    if column == "board_id":
        return site.boards[value].name if value in actor.readable else ""
    if column == "type_id":
        return types.get(value, "")
    if column in ("group_id", "former_group_id"):
        return site.groups[value].title if value in site.groups else ""
    if column in ("stamp", "icon"):
        return (STAMP_NAMES | ICON_NAMES).get(value, value)
    if value and column.endswith(("_at", "_until")):
        return datetime.fromisoformat(value)
    return value


def _counts(site: Site, actor: Actor, effects: Iterable[Effect]) -> Iterable[CountLine]:
    boards: dict[int, dict[str, int]] = {}
    members: dict[str, int] = {}
    touched: set[int] = set()
    for effect in effects:
        if not isinstance(effect, Count):
            continue
        sums = members if effect.table == "members" else boards.setdefault(effect.id, {})
        if effect.table == "members":
            touched.add(effect.id)
        elif effect.table != "boards":
            continue
        for name, number in effect.deltas.items():
            sums[name] = sums.get(name, 0) + number
    for board_id, deltas in sorted(boards.items()):
        if deltas:
            name = site.boards[board_id].name if board_id in actor.readable else ""
            yield CountLine("boards", name, tuple(deltas.items()), 1)
    if touched:
        yield CountLine("members", "", tuple(members.items()), len(touched))


def _points(s: Session, site: Site, effects: Iterable[Effect]) -> Iterable[PointsLine]:
    ids = [one for effect in effects if isinstance(effect, ReverseTransfers) for one in effect.ids]
    for amount in amounts_of(s, ids) if ids else ():
        kind = site.point_kinds.get(amount.kind_id)
        yield PointsLine(amount.amount, kind.title if kind else "", amount.member_count)
    paid: dict[tuple[int, bool], list[tuple[int, int]]] = {}  # the amounts, each with its member
    for effect in effects:
        if not isinstance(effect, Pay):
            continue
        terms = rule_terms(site, REGISTRY[effect.rule], effect.board_id)
        for kind_id, each in terms.amounts.items():
            pays = paid.setdefault((kind_id, terms.is_limited), [])
            pays.append((each * effect.times, effect.member_id))
    for (kind_id, is_limited), pays in paid.items():
        yield PointsLine(
            sum(together for together, _ in pays),
            site.point_kinds[kind_id].title,
            len({member_id for _, member_id in pays}),
            is_limited,
        )


def _rows(effects: Iterable[Effect]) -> Iterable[RowsLine]:
    found: dict[tuple[str, str], list[int]] = {}
    for effect in effects:
        match effect:
            case Create() | Remove():
                kind = "created" if isinstance(effect, Create) else "removed"
                what = effect.table
                if effect.table == "threads" and effect.values.get("moved_to_id"):
                    what = "redirects"
                found.setdefault((kind, what), []).append(0)
            case Purge():
                found.setdefault(("purged", effect.table), []).append(effect.rows)
            case MovePosts():
                found.setdefault(("moved", "posts"), []).extend([0] * len(effect.moves))
            case Rewrite() if effect.changes_text:
                found.setdefault(("rewritten", "posts"), []).append(0)
    for (kind, what), posts in found.items():
        yield RowsLine(kind, what, len(posts), sum(posts))
