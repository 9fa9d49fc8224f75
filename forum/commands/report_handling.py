"""Deciding on reports: upheld or rejected, or passed to the next rank."""

from sqlalchemy import select, update

from forum.commands.locks import lock_members
from forum.commands.notices import notify
from forum.core.errors import Conflict, Invalid, NotFound
from forum.core.text import clean_line
from forum.core.uow import UnitOfWork
from forum.models import Post, Report, ReportEntry, ReportState, Thread
from forum.policies.actor import Actor
from forum.policies.queue import may_handle_report

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

    report.state = outcome
    report.outcome = note
    report.handler_id = actor.member_id
    report.handled_at = uow.now

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
    note = clean_line(note)
    if len(note) > NOTE_LENGTH:
        raise Invalid("note_too_long", field="note", most=NOTE_LENGTH)
    if outcome not in OUTCOMES:
        raise Invalid("report_outcome", field="outcome")
    return note


def escalate_report(uow: UnitOfWork, actor: Actor, *, report_id: int) -> int:
    """Pass a report to the next rank; those below see it no more.

    :returns: the new level: 1 super moderators, 2 administrators.
    :raises NotFound: no such report for the actor.
    :raises Conflict: it was handled, or there is no higher rank.
    """
    report, _post = _locked(uow, actor, report_id)
    if report.escalation >= HIGHEST:
        raise Conflict("conflict")
    level = report.escalation + 1
    uow.session.execute(
        update(Report)
        .where(Report.id == report_id)
        .values(escalation=level)
        .execution_options(synchronize_session=False)
    )
    return level


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
