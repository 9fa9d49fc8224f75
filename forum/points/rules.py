"""Which deeds are paid, how much, and how often? The registry of point rules.

A rule is one line here and one `pay_rule` in the command that does the deed. Defaults are those of a
fresh Discuz! X3.4 (reference: common_credit_rule); owners change amounts and cycles per site and,
where the deed happens in a board, per board.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


class Span(enum.StrEnum):
    """What limits how often a rule pays."""

    NONE = "none"
    ONCE = "once"  # ever
    DAY = "day"  # since midnight in the site's zone
    HOURS = "hours"  # the last n hours
    MINUTES = "minutes"


# Hours or minutes; of hours eleven years. A time before the first year could not be told.
LONGEST_CYCLE = 100_000


@dataclass(frozen=True)
class Cycle:
    """A span and its length; stored as "none", "once", "day", "hours:6" or "minutes:30"."""

    span: Span = Span.NONE
    length: int = 0

    def __str__(self) -> str:
        return f"{self.span}:{self.length}" if self.length else str(self.span)

    def since(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The moment the running cycle began; None = since ever."""
        if self.span is Span.DAY:
            return datetime.combine(now.astimezone(zone).date(), time(0), zone)
        if self.span is Span.HOURS:
            return now - timedelta(hours=min(self.length, LONGEST_CYCLE))
        if self.span is Span.MINUTES:
            return now - timedelta(minutes=min(self.length, LONGEST_CYCLE))
        return None


def cycle_of(text: str) -> Cycle:
    """Read a stored cycle.

    :raises ValueError: it is none.
    """
    span, _, length = text.partition(":")
    cycle = Cycle(Span(span), int(length or 0))
    if (cycle.span in (Span.HOURS, Span.MINUTES)) != (cycle.length > 0):
        raise ValueError(f"cycle {text!r}")
    return cycle


@dataclass(frozen=True)
class Rule:
    """A deed that is paid.

    :param label: what pages call it; an English msgid.
    :param amounts: by point kind id; negative = it costs.
    :param times: how often in a cycle; 0 = without limit.
    :param is_once_per_subject: the same subject is not paid twice within a cycle (norepeat).
    :param is_per_board: boards may have values of their own.
    :param has_payer: something pays it already. The others wait for their features and are not shown.
    """

    key: str
    label: str
    amounts: Mapping[int, int] = field(default_factory=dict)
    cycle: Cycle = Cycle()
    times: int = 0
    is_once_per_subject: bool = False
    is_per_board: bool = False
    has_payer: bool = True


REGISTRY: dict[str, Rule] = {}


def _register(*rules: Rule) -> None:
    for rule in rules:
        if rule.key in REGISTRY:
            raise ValueError(f"point rule {rule.key} stands twice")
        REGISTRY[rule.key] = rule


_ONCE, _DAY = Cycle(Span.ONCE), Cycle(Span.DAY)
MONEY = 2

_register(
    Rule("thread.posted", "Thread posted", {MONEY: 2}, is_per_board=True),
    Rule("post.replied", "Post a reply", {MONEY: 1}, is_per_board=True),
    Rule("thread.digested", "Thread put into the digest", {MONEY: 5}, is_per_board=True),
    Rule("file.attached", "Attach a file", is_per_board=True, has_payer=False),
    Rule("file.downloaded", "Download a file", is_per_board=True, has_payer=False),
    Rule("message.sent", "Send a message"),
    Rule("search.made", "Search", has_payer=False),
    Rule("visit.referred", "Bring a visitor", cycle=_DAY, times=1, has_payer=False),
    Rule("member.referred", "Bring a new member", cycle=_DAY, times=1, has_payer=False),
    Rule("trade.finished", "Finish a trade", has_payer=False),
    Rule("email.confirmed", "Confirm the e-mail address", {MONEY: 10}, _ONCE, 1),
    Rule("avatar.set", "Set an avatar", {MONEY: 5}, _ONCE, 1),
    Rule("day.visited", "Daily login", {MONEY: 2}, _DAY, 1),
    Rule(
        "poll.voted", "Vote in a poll", {MONEY: 1}, _DAY, 10, is_once_per_subject=True, has_payer=False
    ),
    Rule("post.commented", "Comment on a post", cycle=_DAY, times=40, has_payer=False),
)  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """A transfer that is no rule's: its key stands in `PointTransfer.rule` too."""

    key: str
    label: str


# What moves points besides the rules; importers name theirs here too.
OPERATIONS: dict[str, Operation] = {
    operation.key: operation
    for operation in (
        Operation("opening.imported", "Opening balance from the imported page"),
        Operation("opening.registered", "Opening balance of a new member"),
        Operation("staff.granted", "Granted by the staff"),
        Operation("staff.fined", "Taken by the staff"),
    )
}


def label_of(key: str) -> str:
    """The msgid for a transfer's rule or operation; the key itself when it is unknown."""
    if key in REGISTRY:
        return REGISTRY[key].label
    if key in OPERATIONS:
        return OPERATIONS[key].label
    return key
