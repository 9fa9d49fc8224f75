"""Is what stands in the tables what stood on the page? Counted and compared after each import."""

from collections.abc import Iterable

from sqlalchemy import case, func, select

from forum.core.uow import UnitOfWork
from forum.importers.page.bbcode import floor_source
from forum.importers.page.facts import PageFacts
from forum.importers.page.posts import Loaded, quote_links
from forum.models import Member, PointTransfer, Post, PostState, Thread, ThreadState
from forum.points.formula import compiled
from forum.points.ledger import balances
from forum.queries.site import Site


def differences(uow: UnitOfWork, facts: PageFacts, loaded: Loaded, site: Site) -> tuple[str, ...]:
    """What does not fit, as keys with their data; empty when all is well."""
    uow.session.flush()  # everything is compared as the database has it
    found = [*_posts(uow, facts, loaded), *_thread(uow, loaded)]
    for member_id in sorted(loaded.member_ids):
        found += _member(uow, site, member_id)
    return tuple(found)


def _posts(uow: UnitOfWork, facts: PageFacts, loaded: Loaded) -> Iterable[str]:
    links = quote_links(facts, loaded)
    rows = {
        post_id: (floor, source, thread_id)
        for post_id, floor, source, thread_id in uow.session.execute(
            select(Post.id, Post.floor, Post.source, Post.thread_id).where(
                Post.thread_id == loaded.thread_id
            )
        )
    }
    for index in loaded.made:
        floor = facts.floors[index]
        expected = (
            loaded.floors[index],
            floor_source(floor, links.get(floor.number)),
            loaded.thread_id,
        )
        if rows.get(loaded.post_ids[index]) != expected:
            yield f"post_differs floor={floor.number}"
    meant = sum(1 for floor in facts.floors if not floor.is_repeated)
    if len(loaded.post_ids) + len(loaded.differing) != meant:
        yield f"posts_missing {meant - len(loaded.post_ids) - len(loaded.differing)}"


def _thread(uow: UnitOfWork, loaded: Loaded) -> Iterable[str]:
    thread = uow.session.get_one(Thread, loaded.thread_id)
    replies, last_floor = uow.session.execute(
        select(
            func.coalesce(func.sum(case((Post.floor > 1, 1), else_=0)), 0),
            func.coalesce(func.max(Post.floor), 0),
        ).where(Post.thread_id == thread.id, Post.state == PostState.VISIBLE)
    ).one()
    if replies != thread.reply_count:
        yield f"replies counted={replies} kept={thread.reply_count}"
    if last_floor > thread.last_floor:
        yield f"last_floor counted={last_floor} kept={thread.last_floor}"


def _member(uow: UnitOfWork, site: Site, member_id: int) -> Iterable[str]:
    s = uow.session
    member = s.get_one(Member, member_id)
    threads = s.scalar(
        select(func.count()).where(
            Thread.author_id == member_id, Thread.state == ThreadState.VISIBLE
        )
    )
    posts = s.scalar(
        select(func.count())
        .select_from(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(
            Post.author_id == member_id,
            Post.state == PostState.VISIBLE,
            Thread.state == ThreadState.VISIBLE,
        )
    )
    if member.opening_thread_count + (threads or 0) != member.thread_count:
        yield f"member_threads member={member_id}"
    if member.opening_post_count + (posts or 0) != member.post_count:
        yield f"member_posts member={member_id}"
    kept = balances(s, member_id)
    if {k: v for k, v in kept.items() if v} != _ledger(uow, member_id):
        yield f"balance member={member_id}"
    total = compiled(site.settings.points.formula).total(
        {
            "posts": member.post_count,
            "threads": member.thread_count,
            "digests": member.digest_count,
            **{f"p{kind_id}": amount for kind_id, amount in kept.items()},
        }
    )
    if total != member.total:
        yield f"total member={member_id} formula={total} kept={member.total}"


def _ledger(uow: UnitOfWork, member_id: int) -> dict[int, int]:
    signed = case(
        (PointTransfer.credit_account == member_id, PointTransfer.amount),
        else_=-PointTransfer.amount,
    )
    rows = uow.session.execute(
        select(PointTransfer.kind_id, func.sum(signed))
        .where(
            (PointTransfer.credit_account == member_id) | (PointTransfer.debit_account == member_id)
        )
        .group_by(PointTransfer.kind_id)
    )
    return {kind_id: int(amount) for kind_id, amount in rows if amount}
