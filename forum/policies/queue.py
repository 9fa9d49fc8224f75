"""Which posts wait for approval, and who may work in the staff's queues?"""

import re
from collections.abc import Iterable
from datetime import datetime, time
from typing import Protocol

from forum.models.queue import HoldReason
from forum.policies.actor import Actor, Rank
from forum.policies.permissions import (
    LINKS_WAIT,
    REPLIES_DIRECT,
    THREADS_DIRECT,
    May,
)
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused

_PERIOD = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


class BoardHolds(Protocol):
    """What is asked of a board."""

    @property
    def id(self) -> int: ...
    @property
    def premoderation(self) -> int: ...


class HoldSettings(Protocol):
    """What is asked of the settings."""

    @property
    def approved_first_posts(self) -> int: ...
    @property
    def approval_periods(self) -> tuple[str, ...]: ...


class ReportFacts(Protocol):
    """What is asked of a report."""

    @property
    def board_id(self) -> int: ...
    @property
    def escalation(self) -> int: ...


class AppealFacts(Protocol):
    """What is asked of an appeal. `board_id` None: no one board's moderators can answer."""

    @property
    def board_id(self) -> int | None: ...
    @property
    def member_id(self) -> int: ...


def hold_reason(
    actor: Actor,
    board: BoardHolds,
    settings: HoldSettings,
    *,
    local_now: datetime,
    post_count: int,
    is_thread: bool,
    has_foreign_links: bool,
    has_held_words: bool,
) -> HoldReason | None:
    """Why a post waits for approval; None = it is shown at once. Never for the board's moderators.

    :param local_now: the moment in the site's time zone.
    :param post_count: the author's, before this one.
    :param has_held_words: the word filter says so; nobody who is exempt from it has any.
    """
    if actor.moderates(board.id):
        return None
    for_text = hold_reason_of_edit(
        actor, board.id, has_new_links=has_foreign_links, has_new_words=has_held_words
    )
    if for_text is not None:
        return for_text
    is_direct = bool(
        actor.permission(May.POST_DIRECTLY) & (THREADS_DIRECT if is_thread else REPLIES_DIRECT)
    )
    if board.premoderation >= (1 if is_thread else 2) and not is_direct:
        return HoldReason.BOARD
    if post_count < settings.approved_first_posts and not is_direct:
        return HoldReason.NEWCOMER
    if in_periods(settings.approval_periods, local_now.time()) and not actor.permission(
        May.SKIP_PERIODS
    ):
        return HoldReason.PERIOD
    return None


def hold_reason_of_edit(
    actor: Actor, board_id: int, *, has_new_links: bool, has_new_words: bool
) -> HoldReason | None:
    """Why a text waits for what it says, be it new or brought in by an edit. Never a moderator's.

    Where, when and how early somebody posts is no matter of an edit: that was approved.
    """
    if actor.moderates(board_id):
        return None
    if has_new_words:
        return HoldReason.WORDS
    if has_new_links and actor.permission(May.POST_LINKS) == LINKS_WAIT:
        return HoldReason.LINKS
    return None


def is_period(text: str) -> bool:
    """Is it a span of hours as settings write it: 23:30-08:00?"""
    return _PERIOD.fullmatch(text.strip()) is not None


def in_periods(periods: Iterable[str], at: time) -> bool:
    """Is a time of day within one of the spans? One that ends before it begins goes over midnight."""
    for period in periods:
        match = _PERIOD.fullmatch(period.strip())
        if match is None:
            continue
        first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
        begins, ends = time(first_hour, first_minute), time(last_hour, last_minute)
        if begins < ends and begins <= at < ends:
            return True
        if begins >= ends and (at >= begins or at < ends):
            return True
    return False


def may_work_queue(actor: Actor) -> Verdict:
    """See what waits in one's boards, and decide on it."""
    return _staff_with(actor, May.WORK_QUEUE)


def may_handle_reports(actor: Actor) -> Verdict:
    """See what was reported in one's boards."""
    return _staff_with(actor, May.HANDLE_REPORTS)


def may_handle_report(actor: Actor, report: ReportFacts, *, author_id: int) -> Verdict:
    """Decide on a report; never on one about oneself, nor on one that was passed above."""
    usable = may_handle_reports(actor)
    if not usable:
        return usable
    if not actor.moderates(report.board_id) or report.escalation > escalation_of(actor):
        return refused(Refusal.NOT_VISIBLE)
    if actor.member_id == author_id:
        return refused(Refusal.NOT_VISIBLE)
    return ALLOWED


def escalation_of(actor: Actor) -> int:
    """How far up reports may have been passed for the actor to see them: 0 moderators, 1 super
    moderators, 2 administrators."""
    return min(int(actor.rank), int(Rank.ADMINISTRATOR)) - 1


def may_edit_words(actor: Actor) -> Verdict:
    """Read and change the word filter's list."""
    return _staff_with(actor, May.EDIT_WORDS)


def may_see_appeals(actor: Actor) -> Verdict:
    """See what members say against decisions in one's boards."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.is_staff:
        return refused(Refusal.MODERATORS_ONLY)
    return ALLOWED


def may_answer_appeal(
    actor: Actor, appeal: AppealFacts, *, decider_id: int | None, decider_rank: Rank
) -> Verdict:
    """Answer an appeal: somebody else than who decided, of no lower rank, and not the member."""
    usable = may_see_appeals(actor)
    if not usable:
        return usable
    if appeal.board_id is None:
        if actor.rank < Rank.SUPER_MODERATOR:
            return refused(Refusal.NOT_VISIBLE)
    elif not actor.moderates(appeal.board_id):
        return refused(Refusal.NOT_VISIBLE)
    if actor.member_id in (decider_id, appeal.member_id):
        return refused(Refusal.OWN_DECISION)
    if actor.rank < decider_rank:
        return refused(Refusal.OUTRANKED)
    return ALLOWED


def _staff_with(actor: Actor, permission: str) -> Verdict:
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.is_staff:
        return refused(Refusal.MODERATORS_ONLY)
    if not actor.permission(permission):
        return refused(Refusal.GROUP, group=actor.group_title)
    return ALLOWED
