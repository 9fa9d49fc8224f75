"""What the owner sets about points: the kinds there are, and what each rule pays."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import select

from forum.commands.admin_log import log_change
from forum.core.cache import CacheName
from forum.core.errors import Conflict, Invalid, NotFound
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import PointKind, PointRuleSetting, PointTransfer
from forum.points.formula import compiled
from forum.points.rules import LONGEST_CYCLE, REGISTRY, cycle_of
from forum.policies.actor import Actor
from forum.policies.admin import may_change_site
from forum.queries.site import fresh_site

SLOTS = range(1, 9)
LARGEST_AMOUNT = 1_000_000


@dataclass(frozen=True)
class KindDraft:
    """A point kind as it shall be."""

    title: str
    unit: str = ""
    is_shown: bool = True
    floor_amount: int = 0


def set_point_kind(uow: UnitOfWork, actor: Actor, *, kind_id: int, draft: KindDraft) -> None:
    """Make or change the kind in a slot (1 to 8).

    :raises Invalid: "point_kind_untitled".
    """
    may_change_site(actor).require()
    if kind_id not in SLOTS:
        raise NotFound("not_found")
    draft = KindDraft(
        clean_line(draft.title), clean_line(draft.unit), draft.is_shown, draft.floor_amount
    )
    if not draft.title:
        raise Invalid("point_kind_untitled", field="title")
    row = uow.session.get(PointKind, kind_id, with_for_update=True)
    before = None
    if row is None:
        row = PointKind(id=kind_id, title=draft.title)
        uow.session.add(row)
    else:
        before = KindDraft(**{item.name: getattr(row, item.name) for item in fields(KindDraft)})

    for item in fields(KindDraft):
        setattr(row, item.name, getattr(draft, item.name))

    log_change(
        uow,
        actor,
        action="point_kind.set",
        target=f"point_kind:{kind_id}",
        title=draft.title,
        before=before,
        after=draft,
    )
    uow.bump(CacheName.SITE)


def delete_point_kind(uow: UnitOfWork, actor: Actor, *, kind_id: int) -> None:
    """Take a kind away that nobody ever had.

    :raises Conflict: "point_kind_used": transfers, or the formula, or the settings name it.
    """
    may_change_site(actor).require()
    s = uow.session
    row = s.get(PointKind, kind_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found")
    settings = fresh_site(s).settings
    moved = s.scalar(
        select(select(PointTransfer.id).where(PointTransfer.kind_id == kind_id).exists())
    )
    in_use = (
        f"p{kind_id}" in compiled(settings.points.formula).names
        or settings.points.trade_kind_id == kind_id
        or f"points:{kind_id}" in settings.reading.number_card
    )
    if moved or in_use:
        raise Conflict("point_kind_used")
    before = KindDraft(row.title, row.unit, row.is_shown, row.floor_amount)
    s.delete(row)

    log_change(
        uow,
        actor,
        action="point_kind.deleted",
        target=f"point_kind:{kind_id}",
        title=before.title,
        before=before,
    )
    uow.bump(CacheName.SITE)


@dataclass(frozen=True)
class RuleDraft:
    """What a rule pays. `cycle`: as points/rules.py stores it; `times` 0 = without limit."""

    amounts: Mapping[int, int]
    cycle: str
    times: int


def set_rule(
    uow: UnitOfWork, actor: Actor, *, rule: str, board_id: int = 0, draft: RuleDraft | None
) -> None:
    """Set what a rule pays on the whole site, or in a board.

    :param draft: None = back to the rule's default (or, in a board, to the site's values).
    :raises Invalid: a cycle or an amount that is none.
    """
    may_change_site(actor).require()
    s = uow.session
    known = REGISTRY.get(rule)
    site = fresh_site(s)
    if known is None or (board_id and (board_id not in site.boards or not known.is_per_board)):
        raise NotFound("not_found")
    if draft is not None:
        draft = _checked(draft, set(site.point_kinds))
    row = s.get(PointRuleSetting, (rule, board_id), with_for_update=True)
    before = (
        None
        if row is None
        else RuleDraft(
            {int(kind): amount for kind, amount in row.amounts.items()},
            row.cycle or "",
            row.times or 0,
        )
    )

    if draft is None:
        if row is not None:
            s.delete(row)
    elif row is None:
        s.add(PointRuleSetting(rule=rule, board_id=board_id, **_columns(draft)))
    else:
        for name, value in _columns(draft).items():
            setattr(row, name, value)

    if before is None and draft is None:
        return
    log_change(
        uow,
        actor,
        action="point_rule.set",
        target=f"point_rule:{rule}:{board_id}" if board_id else f"point_rule:{rule}",
        title=site.boards[board_id].name if board_id else "",
        before=before,
        after=draft,
    )
    uow.bump(CacheName.SITE)


def set_rules(
    uow: UnitOfWork,
    actor: Actor,
    *,
    board_id: int = 0,
    drafts: Mapping[str, RuleDraft | None],
) -> None:
    """Set several rules together; see `set_rule`."""
    for rule, draft in drafts.items():
        set_rule(uow, actor, rule=rule, board_id=board_id, draft=draft)


def set_point_kinds(uow: UnitOfWork, actor: Actor, *, drafts: Mapping[int, KindDraft]) -> None:
    """Make or change several kinds together; see `set_point_kind`."""
    for kind_id, draft in sorted(drafts.items()):
        set_point_kind(uow, actor, kind_id=kind_id, draft=draft)


def _checked(draft: RuleDraft, kinds: set[int]) -> RuleDraft:
    try:
        cycle = cycle_of(draft.cycle)
    except ValueError as error:
        raise Invalid("cycle_wrong", field="cycle") from error
    if cycle.length > LONGEST_CYCLE:
        raise Invalid("cycle_too_long", field="cycle", most=LONGEST_CYCLE)
    if any(abs(amount) > LARGEST_AMOUNT for amount in draft.amounts.values()):
        raise Invalid("amount_too_large", most=LARGEST_AMOUNT)
    if not set(draft.amounts) <= kinds:
        raise Invalid("point_kind_unknown")
    amounts = {kind: amount for kind, amount in sorted(draft.amounts.items()) if amount}
    return RuleDraft(amounts, draft.cycle, max(0, draft.times))


def _columns(draft: RuleDraft) -> dict[str, object]:
    return {
        "amounts": {str(kind): amount for kind, amount in draft.amounts.items()},
        "cycle": draft.cycle,
        "times": draft.times,
    }
