"""The table of point rules: what each pays in each kind, how often, and whether that is set here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import request

from forum.admin.forms.parts import whole
from forum.commands.point_settings import RuleDraft
from forum.core.errors import Invalid
from forum.points.rules import Cycle, Rule, Span
from forum.queries.points import rule_terms
from forum.queries.site import PointKindInfo, Site


@dataclass(frozen=True)
class RuleRow:
    """A line of the table, as stored or as typed. `is_set`: values of this place's own."""

    rule: Rule
    is_set: bool
    amounts: dict[int, str]
    span: str
    length: str
    times: str


def rule_rows(rules: Iterable[Rule], site: Site, board_id: int = 0) -> tuple[RuleRow, ...]:
    """The table. What was typed stays when something was wrong with it."""
    if request.method == "POST":
        return tuple(_typed(rule, site.point_kinds) for rule in rules)
    return tuple(_stored(rule, site, board_id) for rule in rules)


def _stored(rule: Rule, site: Site, board_id: int) -> RuleRow:
    terms = rule_terms(site, rule, board_id)
    return RuleRow(
        rule,
        (rule.key, board_id) in site.rule_settings,
        {kind: str(terms.amounts.get(kind, 0)) for kind in site.point_kinds},
        terms.cycle.span.value,
        str(terms.cycle.length),
        str(terms.times),
    )


def _typed(rule: Rule, kinds: Mapping[int, PointKindInfo]) -> RuleRow:
    form, key = request.form, rule.key
    return RuleRow(
        rule,
        f"set-{key}" in form,
        {kind: form.get(f"amount-{key}-{kind}", "") for kind in kinds},
        form.get(f"span-{key}", ""),
        form.get(f"length-{key}", ""),
        form.get(f"times-{key}", ""),
    )


def rule_drafts(
    rules: Iterable[Rule], kinds: Mapping[int, PointKindInfo]
) -> dict[str, RuleDraft | None]:
    """What the table asks for; None = no values of this place's own.

    :raises Invalid: "number_expected", "cycle_wrong".
    """
    return {rule.key: _draft(_typed(rule, kinds)) for rule in rules}


def _draft(row: RuleRow) -> RuleDraft | None:
    if not row.is_set:
        return None
    if row.span not in list(Span):
        raise Invalid("cycle_wrong")
    has_length = row.span in (Span.HOURS, Span.MINUTES)
    length = whole(row.length, otherwise=0) if has_length else 0
    return RuleDraft(
        {kind: whole(amount, otherwise=0) for kind, amount in row.amounts.items()},
        str(Cycle(Span(row.span), length)),
        whole(row.times, otherwise=0),
    )
