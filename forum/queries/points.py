"""Read models of points: a member's transfers with their reasons, the rules as they hold, what the books say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from forum.core.errors import Forbidden, NotFound
from forum.models import GroupKind, Member, MemberPoints, PointTransfer, Post, Thread
from forum.points.formula import compiled
from forum.points.ledger import balances
from forum.points.rules import REGISTRY, Cycle, Rule, Span, cycle_of, label_of
from forum.policies.actor import Actor
from forum.policies.boards import may_read_board
from forum.policies.threads import may_read_thread
from forum.policies.verdict import Refusal
from forum.queries.site import BoardInfo, GroupInfo, PointKindInfo, Site

PER_PAGE = 50
STEP = 1000


@dataclass(frozen=True)
class TransferRow:
    """A transfer as the member sees it: `amount` is negative when it was given away.

    `label` is a msgid. `post_id` or `thread_id` leads to what it was for, where that can be read.
    """

    id: int
    kind: PointKindInfo
    amount: int
    rule: str
    label: str
    is_reversal: bool
    created_at: datetime
    thread_id: int | None
    post_id: int | None
    title: str


@dataclass(frozen=True)
class PointsPage:
    """A member's points."""

    total: int
    balances: tuple[tuple[PointKindInfo, int], ...]
    formula: tuple[str, ...]  # the formula's tokens; names of kinds are their titles
    rows: tuple[TransferRow, ...]
    older_than: int | None


@dataclass(frozen=True)
class RuleRow:
    """A rule as it holds: `amounts` by the shown kinds, in their order."""

    key: str
    label: str
    cycle: Cycle
    times: int  # 0 = without limit
    amounts: tuple[int, ...]


@dataclass(frozen=True)
class RulesPage:
    """The table of rules, of the site or of a board."""

    board: BoardInfo | None
    kinds: tuple[PointKindInfo, ...]
    rows: tuple[RuleRow, ...]


@dataclass(frozen=True)
class RuleTerms:
    """A rule as it holds somewhere: the owner's values, else the defaults."""

    rule: Rule
    amounts: dict[int, int]
    cycle: Cycle
    times: int
    board_id: int = 0  # whose values they are; 0 = the site's

    @property
    def is_limited(self) -> bool:
        """Does it pay only so often?"""
        return bool(self.times) or self.cycle.span is Span.ONCE or self.rule.is_once_per_subject


def rule_terms(site: Site, rule: Rule, board_id: int | None = None) -> RuleTerms:
    """What a rule pays in a board, or on the whole site. No statement."""
    for place in (board_id or 0, 0):
        setting = site.rule_settings.get((rule.key, place))
        if setting is not None and (place == 0 or rule.is_per_board):
            return RuleTerms(
                rule,
                _known_kinds(site, setting.amounts),
                cycle_of(setting.cycle) if setting.cycle else rule.cycle,
                rule.times if setting.times is None else setting.times,
                place,
            )
    return RuleTerms(rule, _known_kinds(site, rule.amounts), rule.cycle, rule.times)


def _known_kinds(site: Site, amounts: Mapping[int, int]) -> dict[int, int]:
    return {
        kind_id: amount
        for kind_id, amount in amounts.items()
        if amount and kind_id in site.point_kinds
    }


def ladder_group(site: Site, total: int) -> GroupInfo | None:
    """The group of the ladder that holds a total. No statement."""
    for step in site.ladder:
        is_above = step.points_from is None or step.points_from <= total
        if is_above and (step.points_to is None or total < step.points_to):
            return step
    return None


def rules_page(actor: Actor, site: Site, *, board_id: int | None = None) -> RulesPage:
    """The rules that are paid; for a board those that happen in it. No statement.

    :raises NotFound: no such board for the actor.
    """
    board = None
    if board_id is not None:
        board = site.boards.get(board_id)
        if board is None:
            raise NotFound("not_found")
        may_read_board(actor, board).require()
    kinds = tuple(kind for kind in site.point_kinds.values() if kind.is_shown)
    rows = []
    for rule in REGISTRY.values():
        if not rule.has_payer or (board is not None and not rule.is_per_board):
            continue
        terms = rule_terms(site, rule, board_id)
        amounts = tuple(terms.amounts.get(kind.id, 0) for kind in kinds)
        rows.append(RuleRow(rule.key, rule.label, terms.cycle, terms.times, amounts))
    return RulesPage(board, kinds, tuple(rows))


def points_page(s: Session, actor: Actor, site: Site, *, before: int | None = None) -> PointsPage:
    """A member's own points: balances, and every transfer with its reason. Three statements at most.

    :param before: only transfers with a lower id.
    :raises Forbidden: guests have none.
    """
    if actor.member_id is None:
        raise Forbidden(Refusal.SIGN_IN)
    found = _transfers(s, actor.member_id, before)
    subjects = _subjects(s, actor, [row.subject for row in found[:PER_PAGE]])
    rows = tuple(
        TransferRow(
            id=row.id,
            kind=site.point_kinds[row.kind_id],
            amount=row.amount if row.credit_account == actor.member_id else -row.amount,
            rule=row.rule,
            label=label_of(row.rule),
            is_reversal=row.reverses_id is not None,
            created_at=row.created_at,
            thread_id=subjects.get(row.subject, _NOWHERE)[0],
            post_id=subjects.get(row.subject, _NOWHERE)[1],
            title=subjects.get(row.subject, _NOWHERE)[2],
        )
        for row in found[:PER_PAGE]
    )
    held = balances(s, actor.member_id)
    return PointsPage(
        total=actor.total,
        balances=tuple((kind, held.get(kind.id, 0)) for kind in site.point_kinds.values()),
        formula=_formula_words(site),
        rows=rows,
        older_than=rows[-1].id if len(found) > PER_PAGE else None,
    )


_Place = tuple[int | None, int | None, str]
_NOWHERE: _Place = (None, None, "")


def _transfers(s: Session, member_id: int, before: int | None) -> list[Any]:
    """Newest first, one more than a page. Each side of the account has an index of its own."""
    columns = (
        PointTransfer.id, PointTransfer.kind_id, PointTransfer.amount,
        PointTransfer.credit_account, PointTransfer.rule, PointTransfer.subject,
        PointTransfer.reverses_id, PointTransfer.created_at,
    )  # fmt: skip
    sides = []
    for account in (PointTransfer.credit_account, PointTransfer.debit_account):
        side = select(*columns).where(account == member_id)
        if before is not None:
            side = side.where(PointTransfer.id < before)
        side = side.order_by(PointTransfer.id.desc()).limit(PER_PAGE + 1)
        sides.append(select(side.subquery()))
    both = union_all(*sides).subquery()
    return list(s.execute(select(both).order_by(both.c.id.desc()).limit(PER_PAGE + 1)))


def _subjects(s: Session, actor: Actor, subjects: list[str]) -> dict[str, _Place]:
    """Where the posts and threads are that transfers were for; only what the actor may read."""
    post_ids = _numbers(subjects, "post:")
    thread_ids = _numbers(subjects, "thread:")
    if not post_ids and not thread_ids:
        return {}
    rows = s.execute(
        select(
            Thread.id, Thread.title, Thread.board_id, Thread.author_id, Thread.state,
            Thread.is_closed, Thread.read_access, Thread.created_at, Thread.last_post_at,
            Post.id.label("post_id"),
        )
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            or_(
                Post.id.in_(post_ids),
                (Thread.id.in_(thread_ids)) & (Post.id == Thread.first_post_id),
            )
        )
    )  # fmt: skip
    found: dict[str, _Place] = {}
    for row in rows:
        if may_read_thread(actor, row):
            found[f"post:{row.post_id}"] = (row.id, row.post_id, row.title)
            found[f"thread:{row.id}"] = (row.id, None, row.title)
    return found


def _numbers(subjects: list[str], prefix: str) -> list[int]:
    found = (text.removeprefix(prefix) for text in subjects if text.startswith(prefix))
    return sorted({int(number) for number in found if number.isdecimal()})


def _formula_words(site: Site) -> tuple[str, ...]:
    """The formula piece by piece, so that the page can translate the names."""
    return tuple(
        site.point_kinds[int(word[1:])].title
        if word[:1] == "p" and word[1:].isdecimal() and int(word[1:]) in site.point_kinds
        else word
        for word in compiled(site.settings.points.formula).words
    )


@dataclass(frozen=True)
class BookDifference:
    """A stored number that the transfers do not bear out. `kind_id` None = the total or the group."""

    member_id: int
    kind_id: int | None
    what: str
    stored: int
    counted: int


def book_differences(s: Session, site: Site) -> Iterator[BookDifference]:
    """Balances that are not the sum of transfers; totals and groups that do not follow. Few statements."""
    moved = union_all(
        *(
            select(
                account.label("member_id"),
                PointTransfer.kind_id.label("kind_id"),
                (PointTransfer.amount * sign).label("amount"),
            ).where(account > 0)
            for account, sign in (
                (PointTransfer.credit_account, 1),
                (PointTransfer.debit_account, -1),
            )
        )
    ).subquery()
    stored = select(
        MemberPoints.member_id, MemberPoints.kind_id,
        MemberPoints.amount.label("stored"), literal(0).label("counted"),
    )  # fmt: skip
    counted = select(
        moved.c.member_id, moved.c.kind_id, literal(0).label("stored"), moved.c.amount.label("counted")
    )  # fmt: skip
    both = union_all(stored, counted).subquery()
    kept, summed = func.sum(both.c.stored), func.sum(both.c.counted)
    for row in s.execute(
        select(both.c.member_id, both.c.kind_id, kept, summed)
        .group_by(both.c.member_id, both.c.kind_id)
        .having(kept != summed)
        .order_by(both.c.member_id, both.c.kind_id)
    ):
        yield BookDifference(row[0], row[1], "balance", int(row[2]), int(row[3]))
    yield from _total_differences(s, site)


def _total_differences(s: Session, site: Site) -> Iterator[BookDifference]:
    formula = compiled(site.settings.points.formula)
    for row in _members_in_steps(s):
        member_id, stored, group_id, posts, threads, digests, *amounts = row
        values = {"posts": posts, "threads": threads, "digests": digests}
        values |= {f"p{number}": int(amount or 0) for number, amount in enumerate(amounts, 1)}
        total = formula.total(values)
        if total != stored:
            yield BookDifference(member_id, None, "total", stored, total)
        if site.groups[group_id].kind is GroupKind.LADDER:
            wanted = ladder_group(site, total)
            if wanted is not None and wanted.id != group_id:
                yield BookDifference(member_id, None, "group", group_id, wanted.id)


def _members_in_steps(s: Session) -> Iterator[tuple[Any, ...]]:
    """All members with what the formula needs, read by key a thousand at a time."""
    sums = [
        func.sum(case((MemberPoints.kind_id == number, MemberPoints.amount), else_=0))
        for number in range(1, 9)
    ]
    last_id = 0
    while True:
        rows = s.execute(
            select(
                Member.id, Member.total, Member.group_id, Member.post_count, Member.thread_count,
                Member.digest_count, *sums,
            )
            .outerjoin(MemberPoints, MemberPoints.member_id == Member.id)
            .where(Member.id > last_id)
            .group_by(Member.id)
            .order_by(Member.id)
            .limit(STEP)
        ).all()  # fmt: skip
        yield from map(tuple, rows)
        if len(rows) < STEP:
            return
        last_id = rows[-1][0]
