"""How do a page's floors become posts? At their floors, with their texts, comments and ratings, each once."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from forum.commands.search_index import index_post
from forum.core.uow import UnitOfWork
from forum.importers.page.bbcode import floor_source
from forum.importers.page.facts import AuthorFacts, FloorFacts, PageFacts
from forum.importers.page.lines import Progress
from forum.importers.page.map import (
    joined,
    parts_of,
    post_mark,
    quoted_floors,
    source_of,
    starting_with,
)
from forum.importers.page.members import Accounts
from forum.markup import RENDERER_VERSION, render
from forum.models import ImportedRow, Member, Post, PostComment, PostRating, Thread

PROGRESS_EVERY = 500


@dataclass(slots=True)
class Loaded:
    """What was made of a page. Posts go by their index in PageFacts.floors."""

    thread_id: int
    is_new_thread: bool = False
    post_ids: dict[int, int] = field(default_factory=dict)
    made: list[int] = field(default_factory=list)  # of these indexes, the posts made now
    floors: dict[int, int] = field(
        default_factory=dict
    )  # by index, the floor here of a post made now
    differing: list[int] = field(default_factory=list)  # floors that say something else already
    member_ids: set[int] = field(default_factory=set)

    def moved(self, facts: PageFacts) -> list[tuple[int, int]]:
        """Posts whose floor was taken here: (floor on the page, floor here)."""
        return [
            (facts.floors[index].number, floor)
            for index, floor in self.floors.items()
            if facts.floors[index].number != floor
        ]


def known_posts(uow: UnitOfWork, source: str, thread_id: int) -> dict[tuple[int, str], int]:
    """Posts imported into a thread: (floor on the page, mark) to post id. One statement."""
    rows = uow.session.execute(
        select(ImportedRow.source_key, ImportedRow.local_id).where(
            ImportedRow.source == source,
            ImportedRow.kind == "post",
            ImportedRow.source_key.startswith(starting_with(thread_id), autoescape=True),
        )
    )
    found: dict[tuple[int, str], int] = {}
    for key, post_id in rows:
        _, number, mark = parts_of(key)
        found[int(str(number)), str(mark)] = post_id
    return found


def make_posts(
    uow: UnitOfWork,
    facts: PageFacts,
    thread: Thread,
    accounts: Accounts,
    times: dict[int, datetime],
    progress: Progress | None = None,
) -> Loaded:
    """Rows for the posts that are not there yet. A floor that is taken here moves to the end."""
    s = uow.session
    loaded = Loaded(thread.id)
    known = known_posts(uow, source_of(facts), thread.id)
    numbers = {number for number, _ in known}
    taken = set(s.scalars(select(Post.floor).where(Post.thread_id == thread.id)))
    last = max([thread.last_floor, *taken, *(floor.number for floor in facts.floors)])
    rows: list[tuple[int, Post, str]] = []
    for index in sorted(range(len(facts.floors)), key=lambda i: facts.floors[i].number):
        floor, mark = facts.floors[index], post_mark(facts.floors[index])
        if floor.is_repeated:
            continue
        if (floor.number, mark) in known:
            loaded.post_ids[index] = known[floor.number, mark]
            author_id = accounts.met_again(loaded.post_ids[index], floor.author)
            loaded.member_ids.update({author_id} if author_id else ())
            continue
        if floor.number in numbers:
            loaded.differing.append(floor.number)
            continue
        number = floor.number
        if number in taken:
            last += 1
            number = last
        taken.add(number)
        author_id = accounts.of(floor.author, since=times[floor.number])
        loaded.member_ids.add(author_id)
        loaded.floors[index] = number
        post = _post(uow, floor, thread.id, number, author_id, times[floor.number])
        s.add(post)
        rows.append((index, post, joined(thread.id, floor.number, mark)))
        if progress is not None and len(rows) % PROGRESS_EVERY == 0:
            progress(len(rows), len(facts.floors))
    s.flush()  # post ids
    for index, post, key in rows:
        loaded.post_ids[index] = post.id
        loaded.made.append(index)
        s.merge(ImportedRow(source=source_of(facts), kind="post", source_key=key, local_id=post.id))
    _write_texts(uow, facts, thread, loaded, [post for _, post, _ in rows])
    _make_asides(uow, facts, loaded, accounts, times)
    return loaded


def _post(
    uow: UnitOfWork, floor: FloorFacts, thread_id: int, number: int, author_id: int, at: datetime
) -> Post:
    edited_at = min(floor.edit.when.at or at, uow.now) if floor.edit is not None else None
    return Post(
        thread_id=thread_id,
        floor=number,
        author_id=author_id,
        source="",
        html="",
        renderer_version=RENDERER_VERSION,
        is_blocked=floor.blocked is not None,
        is_warned=floor.is_warned,
        is_sticky=floor.is_sticky_reply,
        created_at=at,
        edited_at=edited_at,
        edited_by_name=floor.edit.name if floor.edit is not None else "",
    )


def quote_links(facts: PageFacts, loaded: Loaded) -> dict[int, dict[int, int]]:
    """By floor and index of the block, the post a quote is of, where that is known."""
    by_number = {facts.floors[i].number: post_id for i, post_id in loaded.post_ids.items()}
    links: dict[int, dict[int, int]] = {}
    for (of, block), number in quoted_floors(facts).items():
        if number in by_number:
            links.setdefault(of, {})[block] = by_number[number]
    return links


def _write_texts(
    uow: UnitOfWork, facts: PageFacts, thread: Thread, loaded: Loaded, posts: list[Post]
) -> None:
    """Texts once the posts have their ids, because quotes link to them; and the search rows."""
    links = quote_links(facts, loaded)
    for index, post in zip(loaded.made, posts, strict=True):
        floor = facts.floors[index]
        post.source = floor_source(floor, links.get(floor.number))
        post.html = render(post.source).html
        index_post(
            uow,
            post_id=post.id,
            board_id=thread.board_id,
            author_id=post.author_id,
            title=thread.title if post.floor == 1 else None,
            source=post.source,
            created_at=post.created_at,
        )


def _make_asides(
    uow: UnitOfWork,
    facts: PageFacts,
    loaded: Loaded,
    accounts: Accounts,
    times: dict[int, datetime],
) -> None:
    """点评 and 评分 of the posts made now. Who only rated gets no account."""
    s = uow.session
    for index in loaded.made:
        floor, post_id = facts.floors[index], loaded.post_ids[index]
        at = times[floor.number]
        for comment in floor.comments:
            when = min(comment.when.at or at, uow.now)
            author_id = accounts.of(AuthorFacts(name=comment.name), since=when)
            loaded.member_ids.add(author_id)
            s.add(
                PostComment(
                    post_id=post_id,
                    author_id=author_id,
                    author_name=member_name(uow, author_id),
                    body=comment.text,
                    created_at=when,
                )
            )
        for row in floor.rating.rows if floor.rating is not None else ():
            amounts: dict[str, int] = {}
            for kind, amount in row.amounts:
                amounts[kind or "?"] = amounts.get(kind or "?", 0) + amount
            s.add(
                PostRating(
                    post_id=post_id,
                    rater_id=accounts.known(row.name),
                    rater_name=row.name,
                    amounts=amounts,
                    reason=row.reason or "",
                    created_at=min(facts.save.saved_at or at, uow.now),
                )
            )
    s.flush()  # comments, before they are counted


def member_name(uow: UnitOfWork, member_id: int) -> str:
    return uow.session.execute(select(Member.name).where(Member.id == member_id)).scalar_one()
