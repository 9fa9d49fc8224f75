"""举报: telling the staff about a post. One open report per post gathers what members say."""

from collections.abc import Iterator

from sqlalchemy import func, select, update

from forum.commands.locks import lock_members
from forum.commands.notices import notify
from forum.core.db import conflict_insert
from forum.core.errors import Invalid, NotFound
from forum.core.text import clean_line, width
from forum.core.uow import UnitOfWork
from forum.models import Member, MemberState, Post, Report, ReportEntry, ReportState, Thread
from forum.policies.actor import Actor, Rank
from forum.policies.posts import may_report_post
from forum.queries.actors import actor_for_member
from forum.queries.site import Site, site_of
from forum.queries.words import word_filter_of

# Key and label (an English msgid), in the order of the form.
REASONS = {
    "spam": "Advertising",
    "illegal": "Forbidden content",
    "flooding": "Flooding",
    "repeated": "Posted repeatedly",
    "other": "Something else",
}
MOST_CHARACTERS = 200
# Where a board has no moderators of its own, so many of the higher staff are told.
MOST_STAFF = 20


def report_post(uow: UnitOfWork, actor: Actor, *, post_id: int, reason: str, text: str = "") -> int:
    """Report a post. Who has reported it already changes what they said.

    :param reason: a key of REASONS; "other" needs a text.
    :returns: the report's id.
    :raises NotFound: no such post for the actor.
    :raises Forbidden: guests, and one's own post.
    :raises Invalid: "report_reason", "report_text".
    """
    entry = checked_entry(uow, reason, text)
    post = uow.session.get(Post, post_id)
    if post is None:
        raise NotFound("not_found")
    # The thread's lock also keeps two first reports of one post apart.
    thread = uow.session.get_one(Thread, post.thread_id, with_for_update=True)
    may_report_post(actor, thread, post).require()
    assert actor.member_id is not None  # guests are refused above

    report = _open_report(uow, post, thread)
    is_new = _add_entry(uow, report.id, actor.member_id, entry)
    if is_new:
        notify(
            uow,
            "reported",
            member_ids=_handlers(uow, thread.board_id),
            actor=actor,
            thread_id=thread.id,
            post_id=post_id,
            data={"reason": reason},
            merge_key=f"reported:{report.id}",
        )
    return report.id


def checked_entry(uow: UnitOfWork, reason: str, text: str) -> str:
    """What somebody says of a post or a message, as it is stored.

    :raises Invalid: "report_reason", "report_text".
    """
    text = clean_line(text)
    if reason not in REASONS:
        raise Invalid("report_reason", field="reason")
    text = word_filter_of(uow.session).replace(text).text  # who reports a word may have to write it
    if len(text) > MOST_CHARACTERS or (reason == "other" and width(text) < 2):
        raise Invalid("report_text", field="text", most=MOST_CHARACTERS)
    return entry_text(reason, text)


def entry_text(reason: str, text: str) -> str:
    """How an entry is stored: the reason's key, and on a second line the words."""
    return f"{reason}\n{text}" if text else reason


def entry_parts(stored: str) -> tuple[str, str]:
    """(key of REASONS, words) of a stored entry."""
    reason, _, text = stored.partition("\n")
    return reason, text


def _open_report(uow: UnitOfWork, post: Post, thread: Thread) -> Report:
    report = uow.session.scalars(
        select(Report).where(Report.post_id == post.id, Report.state == ReportState.OPEN)
    ).one_or_none()
    if report is None:
        report = Report(
            post_id=post.id, board_id=thread.board_id, entry_count=1, created_at=uow.now
        )
        uow.session.add(report)
        uow.session.flush()  # report.id
    return report


def _add_entry(uow: UnitOfWork, report_id: int, reporter_id: int, stored: str) -> bool:
    """Put the member's words into the report. Returns whether they are the member's first."""
    insert = conflict_insert(uow.session.get_bind().dialect.name, ReportEntry)
    added = uow.session.execute(
        insert.values(
            report_id=report_id, reporter_id=reporter_id, reason=stored, created_at=uow.now
        )
        .on_conflict_do_nothing(index_elements=["report_id", "reporter_id"])
        .returning(ReportEntry.id)
    ).one_or_none()
    if added is None:
        uow.session.execute(
            update(ReportEntry)
            .where(ReportEntry.report_id == report_id, ReportEntry.reporter_id == reporter_id)
            .values(reason=stored, created_at=uow.now)
            .execution_options(synchronize_session=False)
        )
        return False
    count = select(func.count()).where(ReportEntry.report_id == report_id)
    uow.session.execute(
        update(Report)
        .where(Report.id == report_id)
        .values(entry_count=count.scalar_subquery())
        .execution_options(synchronize_session=False)
    )
    return True


def _handlers(uow: UnitOfWork, board_id: int) -> list[int]:
    """The board's moderators; where it has none, the higher staff. Only who may read the board."""
    site = site_of(uow.session)
    ids = next(filter(None, staff_of(uow, site, board_id)), set())
    return [
        member_id
        for member_id in sorted(ids & set(lock_members(uow, ids)))
        if actor_for_member(uow.session, site, member_id, uow.now).moderates(board_id)
    ]


def staff_of(uow: UnitOfWork, site: Site, board_id: int | None) -> Iterator[set[int]]:
    """Whom to turn to about a board, the nearest first: its moderators, then the higher staff.

    :param board_id: None = no one board: the higher staff alone.
    """
    if board_id is not None:
        yield _moderators(site, board_id)
    yield _higher_staff(uow, site)


def _moderators(site: Site, board_id: int) -> set[int]:
    """Those appointed to the board, and those who pass down to it."""
    found = {member_id for member_id, _ in site.boards[board_id].moderators}
    for above in site.ancestors(board_id):
        if above.is_category or above.inherits_moderators:
            found.update(member_id for member_id, _ in above.moderators)
    return found


def _higher_staff(uow: UnitOfWork, site: Site) -> set[int]:
    groups = [group.id for group in site.groups.values() if group.rank >= Rank.SUPER_MODERATOR]
    wanted = (
        select(Member.id)
        .where(Member.group_id.in_(groups) | Member.is_founder, Member.state == MemberState.ACTIVE)
        .order_by(Member.id)
        .limit(MOST_STAFF)
    )
    return set(uow.session.scalars(wanted))
