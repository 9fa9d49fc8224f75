"""Deciding on reports: upheld or rejected, or passed to the next rank."""

from sqlalchemy import select

from forum.commands.locks import lock_members
from forum.commands.notices import notify
from forum.commands.reports import entry_parts, staff_of
from forum.core.errors import Conflict, Invalid, NotFound
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import MessageReport, Post, Report, ReportEntry, ReportState, Thread
from forum.policies.actor import Actor
from forum.policies.queue import may_handle_report
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of

OUTCOMES = (ReportState.UPHELD, ReportState.REJECTED)
HIGHEST = 2
NOTE_LENGTH = 200


def handle_report(
    uow: UnitOfWork, actor: Actor, *, report_id: int, outcome: ReportState, note: str = ""
) -> None:
    """Close a report and tell everybody who reported.

    :param outcome: UPHELD or REJECTED.
    :param note: words for the reporters.
    :raises NotFound: no such report for the actor.
    :raises Conflict: "report_handled": somebody was faster.
    :raises Invalid: as `checked_note`.
    """
    note = checked_note(outcome, note)
    report, post = _locked(uow, actor, report_id)
    reporters = list(
        uow.session.scalars(
            select(ReportEntry.reporter_id).where(ReportEntry.report_id == report_id)
        )
    )

    close_report(uow, actor, report, outcome=outcome, note=note)

    lock_members(uow, reporters)
    notify(
        uow,
        "report_handled",
        member_ids=reporters,
        actor=None,  # reporters need not know who decided
        thread_id=post.thread_id,
        post_id=post.id,
        data={"outcome": outcome.value, "message": note},
    )


def checked_note(outcome: ReportState, note: str) -> str:
    """What goes with a decision on a report, of a post or a message, as it is stored.

    :raises Invalid: "note_too_long", "report_outcome".
    """
    note = _short(note)
    if outcome not in OUTCOMES:
        raise Invalid("report_outcome", field="outcome")
    return note


def _short(note: str) -> str:
    note = clean_line(note)
    if len(note) > NOTE_LENGTH:
        raise Invalid("note_too_long", field="note", most=NOTE_LENGTH)
    return note


def close_report(
    uow: UnitOfWork,
    actor: Actor,
    report: Report | MessageReport,
    *,
    outcome: ReportState,
    note: str,
) -> None:
    """Write the decision down. The report is locked and open."""
    report.state = outcome
    report.outcome = note
    report.handler_id = actor.member_id
    report.handled_at = uow.now


def raise_report(actor: Actor, report: Report | MessageReport, note: str) -> int:
    """Pass it to the next rank. The report is locked and open.

    :param note: words for that rank; they stay with the report until it is handled.
    :returns: the new level.
    :raises Conflict: there is no higher rank.
    :raises Invalid: "note_too_long".
    """
    if report.escalation >= HIGHEST:
        raise Conflict("conflict")
    if note := _short(note):
        earlier = [report.outcome] if report.outcome else []
        report.outcome = "\n".join([*earlier, f"{actor.name}: {note}"])
    report.escalation += 1
    return report.escalation


def escalate_report(uow: UnitOfWork, actor: Actor, *, report_id: int, note: str = "") -> int:
    """Pass a report to the next rank, who are told; those below see it no more.

    :param note: words for that rank.
    :returns: the new level: 1 super moderators, 2 administrators.
    :raises NotFound: no such report for the actor.
    :raises Conflict: it was handled, or there is no higher rank.
    :raises Invalid: "note_too_long".
    """
    report, post = _locked(uow, actor, report_id)
    level = raise_report(actor, report, note)

    first = select(ReportEntry.reason).where(ReportEntry.report_id == report_id)
    reason, _ = entry_parts(uow.session.scalars(first.order_by(ReportEntry.id).limit(1)).one())
    notify(
        uow,
        "reported",
        member_ids=_next_handlers(uow, report, post.author_id),
        actor=actor,
        thread_id=post.thread_id,
        post_id=post.id,
        data={"reason": reason},
        merge_key=f"reported:{report_id}:{level}",
    )
    return level


def _next_handlers(uow: UnitOfWork, report: Report, author_id: int) -> list[int]:
    """Those of the higher staff who may handle it now."""
    s, site = uow.session, site_of(uow.session)
    ids = next(staff_of(uow, site, None))
    return [
        member_id
        for member_id in sorted(ids)
        if may_handle_report(
            actor_for_member(s, site, member_id, uow.now), report, author_id=author_id
        )
    ]


def _locked(uow: UnitOfWork, actor: Actor, report_id: int) -> tuple[Report, Post]:
    """The report, locked behind its thread, as whoever reports the post locks it too."""
    s = uow.session
    thread_id = s.scalar(
        select(Post.thread_id).join(Report, Report.post_id == Post.id).where(Report.id == report_id)
    )
    if thread_id is None:
        raise NotFound("not_found")
    s.get_one(Thread, thread_id, with_for_update=True, populate_existing=True)
    report = s.get_one(Report, report_id, with_for_update=True, populate_existing=True)
    post = s.get_one(Post, report.post_id)
    may_handle_report(actor, report, author_id=post.author_id).require()
    if report.state is not ReportState.OPEN:
        raise Conflict("report_handled")
    return report, post
