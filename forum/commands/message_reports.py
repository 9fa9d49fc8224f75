"""举报 of messages: by who received one, to the staff whose word holds for the whole site.

Nobody else ever reads what two members write to each other; the staff sees the one message reported,
kept as it was then.
"""

from sqlalchemy import select

from forum.commands.locks import lock_members
from forum.commands.notices import notify
from forum.commands.report_handling import checked_note, close_report, raise_report
from forum.commands.reports import checked_entry, entry_parts, staff_of
from forum.core.db import conflict_insert
from forum.core.errors import Conflict, NotFound
from forum.core.uow import UnitOfWork
from forum.models import Message, MessageCopy, MessageReport, ReportState
from forum.policies.actor import Actor
from forum.policies.messages import (
    may_handle_reported_message,
    may_report_message,
    may_see_reported_messages,
    may_use_messages,
)
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of


def report_message(
    uow: UnitOfWork,
    actor: Actor,
    *,
    member_id: int,
    message_id: int,
    reason: str,
    text: str = "",
) -> None:
    """Show the staff a message one received. Once; a second try changes nothing.

    :param reason: a key of commands/reports.py REASONS; "other" needs a text.
    :raises NotFound: the actor keeps no such message from this member.
    :raises Forbidden: it is one's own.
    :raises Invalid: "report_reason", "report_text".
    """
    may_use_messages(actor).require()
    assert actor.member_id is not None  # guests are refused above
    entry = checked_entry(uow, reason, text)
    lock_members(uow, {actor.member_id, member_id})
    message = uow.session.scalar(
        select(Message)
        .join(MessageCopy, MessageCopy.message_id == Message.id)
        .where(
            MessageCopy.owner_id == actor.member_id,
            MessageCopy.other_id == member_id,
            MessageCopy.message_id == message_id,
        )
    )
    if message is None:
        raise NotFound("not_found")
    may_report_message(actor, author_id=message.author_id).require()

    reporting = conflict_insert(uow.session.get_bind().dialect.name, MessageReport)
    report_id = uow.session.scalar(
        reporting.values(
            message_id=message.id,
            reporter_id=actor.member_id,
            author_id=message.author_id,
            reason=entry,
            html=message.html,
            written_at=message.created_at,
            state=ReportState.OPEN,
            escalation=1,
            outcome="",
            created_at=uow.now,
        )
        .on_conflict_do_nothing(index_elements=["message_id"])
        .returning(MessageReport.id)
    )
    if report_id is not None:
        report = uow.session.get_one(MessageReport, report_id)
        _tell_handlers(uow, actor, report, merge_key="message_reported")


def _tell_handlers(uow: UnitOfWork, actor: Actor, report: MessageReport, *, merge_key: str) -> None:
    """Those who may decide on it now."""
    site = site_of(uow.session)
    ids = next(staff_of(uow, site, None))
    reason, _ = entry_parts(report.reason)
    notify(
        uow,
        "message_reported",
        member_ids=[
            member_id
            for member_id in sorted(ids)
            if may_handle_reported_message(
                actor_for_member(uow.session, site, member_id, uow.now), report
            )
        ],
        actor=actor,
        data={"reason": reason},
        merge_key=merge_key,
    )


def handle_message_report(
    uow: UnitOfWork, actor: Actor, *, report_id: int, outcome: ReportState, note: str = ""
) -> None:
    """Close a report and tell who reported.

    :param outcome: UPHELD or REJECTED.
    :param note: words for who reported.
    :raises NotFound: no such report for the actor.
    :raises Conflict: "report_handled": somebody was faster.
    :raises Invalid: as `checked_note`.
    """
    may_see_reported_messages(actor).require()
    note = checked_note(outcome, note)
    report = _locked(uow, actor, report_id)

    close_report(uow, actor, report, outcome=outcome, note=note)

    notify(
        uow,
        "message_report_handled",
        member_ids=[report.reporter_id],
        actor=None,  # who reports need not know who decided
        data={"outcome": outcome.value, "message": note},
    )


def escalate_message_report(
    uow: UnitOfWork, actor: Actor, *, report_id: int, note: str = ""
) -> int:
    """Pass a report to the administrators, who are told; super moderators see it no more.

    :param note: words for them.
    :returns: the new level, as of `escalate_report`.
    :raises NotFound: no such report for the actor.
    :raises Conflict: it was handled, or there is no higher rank.
    :raises Invalid: "note_too_long".
    """
    may_see_reported_messages(actor).require()
    report = _locked(uow, actor, report_id)
    level = raise_report(actor, report, note)

    _tell_handlers(uow, actor, report, merge_key=f"message_reported:{report_id}:{level}")
    return level


def _locked(uow: UnitOfWork, actor: Actor, report_id: int) -> MessageReport:
    report = uow.session.get(MessageReport, report_id, with_for_update=True, populate_existing=True)
    if report is None:
        raise NotFound("not_found")
    may_handle_reported_message(actor, report).require()
    if report.state is not ReportState.OPEN:
        raise Conflict("report_handled")
    return report
