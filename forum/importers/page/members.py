"""Whose accounts do imported posts belong to? Unclaimed ones, with the counts, points and group the page shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from forum.commands.locks import lock_members
from forum.commands.points import open_balance, recompute_total
from forum.core.names import name_key
from forum.core.uow import UnitOfWork
from forum.importers.page.bbcode import lines_source
from forum.importers.page.facts import AuthorFacts
from forum.importers.page.map import (
    ADDED_TO_TAKEN_NAME,
    NAMELESS,
    Shown,
    author_key,
    joined,
    shown_numbers,
)
from forum.markup import render
from forum.models import (
    GroupKind,
    ImportedRow,
    Member,
    MemberState,
    Post,
    PostState,
    Thread,
    ThreadState,
)
from forum.points.formula import compiled
from forum.points.ledger import balances
from forum.queries.site import GroupInfo, Site

OPENING = "opening.imported"  # points/rules.py: what the transfers say about where they come from
LARGEST_SOLVED = 10**12


@dataclass(slots=True)
class Accounts:
    """The accounts of one page while it is loaded."""

    uow: UnitOfWork
    site: Site
    source: str
    subject: str  # "page:3", what the opening transfers are for
    thread_key: str
    as_of: datetime  # what the page shows was so then
    made: list[str] = field(default_factory=list)
    doubts: list[tuple[str, str]] = field(default_factory=list)
    _found: dict[str, int] = field(default_factory=dict)
    _shown: dict[int, AuthorFacts] = field(default_factory=dict)

    def of(self, author: AuthorFacts, *, since: datetime) -> int:
        """The id of the author's account, made if there is none. Never one that somebody has claimed."""
        key = author_key(author, self.thread_key)
        if key not in self._found:
            self._found[key] = self._find(key) or self._make(key, author, since)
        self._note(self._found[key], author)
        return self._found[key]

    def met_again(self, post_id: int, author: AuthorFacts) -> int | None:
        """The author of a post imported earlier, if nobody has claimed the account: its numbers may be news."""
        member_id = self.uow.session.scalar(
            select(Member.id)
            .join(Post, Post.author_id == Member.id)
            .where(Post.id == post_id, Member.state == MemberState.UNCLAIMED)
        )
        if member_id is not None:
            self._note(member_id, author)
        return member_id

    def _note(self, member_id: int, author: AuthorFacts) -> None:
        if author.cells or author.total is not None or author.group_title:
            self._shown.setdefault(member_id, author)

    def known(self, name: str) -> int | None:
        """The account of a name met on this page, without making one."""
        return self._found.get(joined("name", name))

    def _find(self, key: str) -> int | None:
        """The account this site's name became before. Claimed by now: the next one that is not."""
        number = 1
        while True:
            row = self.uow.session.get(
                ImportedRow, (self.source, "member", self._numbered(key, number))
            )
            if row is None:
                return None
            state = self.uow.session.scalar(select(Member.state).where(Member.id == row.local_id))
            if state is MemberState.UNCLAIMED:
                return row.local_id
            number += 1

    @staticmethod
    def _numbered(key: str, number: int) -> str:
        return key if number == 1 else f"{key}#{number}"

    def _make(self, key: str, author: AuthorFacts, since: datetime) -> int:
        s = self.uow.session
        name = self._free_name(author.name)
        member = Member(
            name=name,
            name_key=name_key(name),
            state=MemberState.UNCLAIMED,
            group_id=_ladder_group(self.site, author.total or 0).id,
            created_at=since,
        )
        s.add(member)
        s.flush()  # member.id
        number = 1
        while s.get(ImportedRow, (self.source, "member", self._numbered(key, number))) is not None:
            number += 1
        s.add(
            ImportedRow(
                source=self.source, kind="member", source_key=self._numbered(key, number), local_id=member.id
            )
        )  # fmt: skip
        self.made.append(name)
        return member.id

    def _free_name(self, name: str | None) -> str:
        """The name itself if nobody has one that looks like it, else with what says that it was imported."""
        base = name if name is not None else NAMELESS
        candidate, number = base, 1
        while self._is_taken(candidate):
            if name is None:
                number += 1
                candidate = f"{base}{number}"
            else:
                candidate = f"{base}{ADDED_TO_TAKEN_NAME}{number if number > 1 else ''}"
                number += 1
        return candidate

    def _is_taken(self, name: str) -> bool:
        taken = select(Member.id).where(Member.name_key == name_key(name))
        return self.uow.session.scalar(taken) is not None

    # what the page shows of them

    def settle(self, kind_ids: Mapping[str, int], member_ids: set[int]) -> None:
        """Bring counts, points, group and signature to what the page shows; call when its posts are rows."""
        members = lock_members(self.uow, member_ids | set(self._shown))
        for member_id in sorted(members):
            self._settle_one(members[member_id], kind_ids)

    def _settle_one(self, member: Member, kind_ids: Mapping[str, int]) -> None:
        author = self._shown.get(member.id)
        is_news = author is not None and self._is_newer(member.id)
        shown = shown_numbers(author) if author is not None and is_news else None
        threads, posts, last_post_at = self._rows(member.id)
        wanted_threads = (
            shown.threads if shown and shown.threads is not None else member.thread_count
        )
        wanted_posts = shown.posts if shown and shown.posts is not None else member.post_count
        member.thread_count = max(wanted_threads, threads)
        member.post_count = max(wanted_posts, posts, member.thread_count)
        member.opening_thread_count = member.thread_count - threads
        member.opening_post_count = member.post_count - posts
        member.last_post_at = last_post_at
        if shown is None or author is None:
            self.uow.session.flush()  # the counters, before the total is worked out of them
            recompute_total(self.uow, member.id, site=self.site)
            return
        if shown.digests is not None:
            member.digest_count = member.opening_digest_count = shown.digests
        if shown.threads is not None or shown.posts is not None:
            member.counts_are_approximate = not shown.are_exact
        self._take_group(member, author)
        member.custom_title = author.custom_title or member.custom_title
        if author.signature:
            member.signature = lines_source(author.signature)
            member.signature_html = render(member.signature).html
        self.uow.session.flush()  # the counters, before the total is worked out of them
        self._take_points(member, shown, kind_ids)

    def _is_newer(self, member_id: int) -> bool:
        """Are the page's numbers the newest known of this account? Remembers that they are."""
        s = self.uow.session
        key = (self.source, "member_as_of", str(member_id))
        stamp = int(self.as_of.timestamp())
        row = s.get(ImportedRow, key)
        if row is None:
            s.add(ImportedRow(source=key[0], kind=key[1], source_key=key[2], local_id=stamp))
            return True
        if row.local_id > stamp:
            return False
        row.local_id = stamp
        return True

    def _rows(self, member_id: int) -> tuple[int, int, datetime | None]:
        """Visible threads and posts of the member that are rows here, and the newest post's time."""
        s = self.uow.session
        threads = s.scalar(
            select(func.count())
            .select_from(Thread)
            .where(Thread.author_id == member_id, Thread.state == ThreadState.VISIBLE)
        )
        posts, last = s.execute(
            select(func.count(), func.max(Post.created_at))
            .select_from(Post)
            .join(Thread, Thread.id == Post.thread_id)
            .where(
                Post.author_id == member_id,
                Post.state == PostState.VISIBLE,
                Thread.state == ThreadState.VISIBLE,
            )
        ).one()
        return threads or 0, posts, last

    def _take_group(self, member: Member, author: AuthorFacts) -> None:
        """Show the page's group; give its rights only where the points alone would.

        A group that the founder confirmed stays.
        """
        if self.site.groups[member.group_id].kind is not GroupKind.LADDER:
            return
        ladder = _ladder_group(
            self.site, author.total if author.total is not None else member.total
        )
        member.group_id = ladder.id
        title = author.group_title or ""
        if not title or title == ladder.title:
            return
        member.shown_group_title = title
        member.shown_stars = author.stars
        claimed = [
            g
            for g in self.site.groups.values()
            if g.title == title and g.id not in _ladder_ids(self.site)
        ]
        member.claimed_group_id = claimed[0].id if claimed else None

    def _take_points(self, member: Member, shown: Shown, kind_ids: Mapping[str, int]) -> None:
        """Opening transfers: points the card names, then what makes the formula give the total."""
        had = balances(self.uow.session, member.id)
        named = {
            kind_ids[label]: amount for label, amount in shown.points.items() if label in kind_ids
        }
        for kind_id, amount in sorted(named.items()):
            self._open(member.id, kind_id, amount - had.get(kind_id, 0))
        if shown.total is not None:
            self._fill_up(member, shown.total, {**had, **named}, set(named))
        total = recompute_total(self.uow, member.id, site=self.site)
        if shown.total is not None and total != shown.total:
            self.doubts.append(("total_not_reached", f"{member.name} {total} {shown.total}"))

    def _fill_up(
        self, member: Member, wanted: int, amounts: Mapping[int, int], fixed: set[int]
    ) -> None:
        """One transfer of a kind the page does not name, 金钱 if it can be, over the formula's difference."""
        formula = compiled(self.site.settings.points.formula)
        values = {
            "posts": member.post_count,
            "threads": member.thread_count,
            "digests": member.digest_count,
            **{f"p{kind_id}": amount for kind_id, amount in amounts.items()},
        }
        first = self.site.settings.points.trade_kind_id
        kinds = sorted(self.site.point_kinds, key=lambda kind_id: (kind_id != first, kind_id))
        for kind_id in kinds:
            name = f"p{kind_id}"
            if name not in formula.names or kind_id in fixed:
                continue
            has = amounts.get(kind_id, 0)
            now = formula.total(values)
            step = formula.total({**values, name: has + 1_000}) - now
            if step == 0:
                continue
            amount = round((wanted - now) * 1_000 / step)
            if (
                abs(amount) > LARGEST_SOLVED
                or formula.total({**values, name: has + amount}) != wanted
            ):
                continue
            self._open(member.id, kind_id, amount)
            return

    def _open(self, member_id: int, kind_id: int, amount: int) -> None:
        open_balance(
            self.uow, member_id=member_id, kind_id=kind_id, amount=amount, subject=self.subject, note_rule=OPENING
        )  # fmt: skip


def _ladder_ids(site: Site) -> frozenset[int]:
    return frozenset(group.id for group in site.ladder)


def _ladder_group(site: Site, total: int) -> GroupInfo:
    """Where the points alone put somebody."""
    for group in site.ladder:
        lowest, below = group.points_from, group.points_to
        if (lowest is None or lowest <= total) and (below is None or total < below):
            return group
    return site.groups[site.settings.accounts.new_group_id]
