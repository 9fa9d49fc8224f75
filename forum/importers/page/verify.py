"""Is what stands in the tables what stood on the page? Counted and compared after each import."""

from collections.abc import Iterable

from sqlalchemy import case, func, select

from forum.core.uow import UnitOfWork
from forum.importers.page.bbcode import floor_source
from forum.importers.page.facts import PageFacts
from forum.importers.page.posts import Loaded, quote_links
from forum.models import Member, PointTransfer, Post
from forum.points.formula import compiled
from forum.points.ledger import balances
from forum.queries.counters import member_differences, thread_differences
from forum.queries.site import Site


def differences(uow: UnitOfWork, facts: PageFacts, loaded: Loaded, site: Site) -> tuple[str, ...]:
    """What does not fit, as keys with their data; empty when all is well."""
    uow.session.flush()  # everything is compared as the database has it
    found = [*_posts(uow, facts, loaded), *_counters(uow, loaded)]
    for member_id in sorted(loaded.member_ids):
        found += _points(uow, site, member_id)
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


def _counters(uow: UnitOfWork, loaded: Loaded) -> Iterable[str]:
    """The counters of thread and members against the rows, by the rules of `flask counters verify`."""
    s = uow.session
    found = [
        *thread_differences(s, {loaded.thread_id}),
        *member_differences(s, loaded.member_ids),
    ]
    for item in found:
        yield f"{item.table} {item.id} {item.column} stored={item.stored} counted={item.counted}"


def _points(uow: UnitOfWork, site: Site, member_id: int) -> Iterable[str]:
    """The balances against the ledger, the total against the formula."""
    member = uow.session.get_one(Member, member_id)
    kept = balances(uow.session, member_id)
    if {kind_id: amount for kind_id, amount in kept.items() if amount} != _ledger(uow, member_id):
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
