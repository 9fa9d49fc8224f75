"""How is a large forum made? By bulk inserts in order of time, every counter worked out beside.

Text comes from a pool that the real renderer has rendered, with a sentence of its own behind it.
What commands would have left is all there: floors, counters, transfers, balances, search rows;
`counters verify`, `points verify` and `search verify` find nothing to say about it.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from forum.commands.search_index import begin_rebuild, end_rebuild
from forum.commands.setup import advance_sequences
from forum.core.cache import CacheName
from forum.core.db import Database
from forum.core.names import name_key
from forum.core.uow import UnitOfWork, unit_of_work
from forum.importers.synthetic.texts import text, title, vocabulary, zipf_weights
from forum.markup import RENDERER_VERSION, plain_text, render
from forum.models import (
    Board,
    BoardKind,
    Member,
    MemberPoints,
    PointTransfer,
    Post,
    Thread,
)
from forum.points.accounts import Account
from forum.points.formula import compiled
from forum.points.rules import REGISTRY
from forum.queries.site import Site, fresh_site
from forum.search import IndexRow, backend_of, normalised

BATCH = 2000
CATEGORY_ID = 1000
MONEY = 2


@dataclass(frozen=True)
class Plan:
    """How much to make. One board gets half of the threads, one thread `longest` replies.

    `pool`: how many texts are rendered; each post is one of them and a sentence of its own.
    """

    posts: int = 1_000_000
    threads: int = 100_000
    members: int = 10_000
    boards: int = 20
    seed: int = 1
    longest: int = 20_000
    pool: int = 2000
    ends_at: datetime = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class _Piece:
    source: str
    html: str
    normal: str


@dataclass
class _Tally:
    """What has been made so far, per member and board."""

    threads_of: list[int]
    posts_of: list[int]
    board_threads: dict[int, int] = field(default_factory=dict)
    board_posts: dict[int, int] = field(default_factory=dict)
    board_last: dict[int, dict[str, Any]] = field(default_factory=dict)


def load(database: Database, plan: Plan, progress: Callable[[int], None]) -> None:
    """Fill an installed, otherwise empty forum. Constant memory.

    :param progress: told how many posts were made since it was last told.
    :raises ValueError: the forum holds threads already, or the plan does not add up.
    """
    if plan.posts < plan.threads + plan.longest or plan.boards < 2 or plan.members < 2:
        raise ValueError("the plan does not add up: posts >= threads + longest reply count")
    random = Random(plan.seed)  # noqa: S311  (the same seed, the same forum)
    words = vocabulary(random)
    weights = list(itertools.accumulate(zipf_weights(len(words))))
    with unit_of_work(database) as uow:
        if uow.session.scalar(select(func.count(Thread.id))):
            raise ValueError("the forum holds threads already")
        site = fresh_site(uow.session)
        boards = _make_boards(uow, plan)
        names = _make_members(uow, plan)
        begin_rebuild(uow)
    pool = [_piece(text(random, words, weights)) for _ in range(plan.pool)]
    tally = _Tally([0] * plan.members, [0] * plan.members)
    made = _posts(plan, random, words, weights, pool, boards, names, tally)
    while True:
        with unit_of_work(database) as uow:
            batch = _Batch(uow.session, site)
            batch.take(made)
            batch.write()
        if not batch.posts:
            break
        progress(len(batch.posts))
    with unit_of_work(database) as uow:
        _write_tally(uow, site, plan, tally)
        end_rebuild(uow)
        advance_sequences(uow, Board, Member, Thread, Post, PointTransfer)
        uow.bump(CacheName.SITE)


def _piece(source: str) -> _Piece:
    return _Piece(source, render(source).html, normalised(plain_text(source)))


def _make_boards(uow: UnitOfWork, plan: Plan) -> list[int]:
    uow.session.add(
        Board(id=CATEGORY_ID, kind=BoardKind.CATEGORY, name="测量", created_at=uow.now, position=1)
    )
    uow.session.flush()  # the boards point to it
    ids = [CATEGORY_ID + 1 + index for index in range(plan.boards)]
    uow.session.execute(
        insert(Board),
        [
            {
                "id": board_id,
                "parent_id": CATEGORY_ID,
                "name": f"版块{index + 1}",
                "created_at": uow.now,
            }
            for index, board_id in enumerate(ids)
        ],
    )
    return ids


def _make_members(uow: UnitOfWork, plan: Plan) -> list[str]:
    names = [f"成员{index + 1}" for index in range(plan.members)]
    born = plan.ends_at - timedelta(days=1500)
    for part in _parts(list(enumerate(names)), BATCH):
        uow.session.execute(
            insert(Member),
            [
                {
                    "id": CATEGORY_ID + index, "name": name, "name_key": name_key(name),
                    "group_id": 10, "created_at": born,
                }
                for index, name in part
            ],
        )  # fmt: skip
    return names


def _parts(rows: list[Any], size: int) -> Iterator[list[Any]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


@dataclass(frozen=True)
class _Made:
    """Rows of one post, with the opening post the thread's, and with the last how the thread ended."""

    post: dict[str, Any]
    index: IndexRow
    transfer_rule: str
    thread: dict[str, Any] | None = None
    ending: dict[str, Any] | None = None


def _posts(
    plan: Plan,
    random: Random,
    words: list[str],
    weights: list[float],
    pool: list[_Piece],
    boards: list[int],
    names: list[str],
    tally: _Tally,
) -> Iterator[_Made]:
    """Every post in order of id and time, none kept: a thread may be longer than memory."""
    post_id = 0
    step = timedelta(seconds=max(1, int(3e7 // plan.posts)))
    at = plan.ends_at - step * (plan.posts + 1)
    for thread_id, replies in enumerate(_reply_counts(plan, random), start=1):
        # The first board gets every other thread, the longest thread is the last one's.
        board_id = boards[0] if thread_id % 2 else boards[1 + thread_id // 2 % (len(boards) - 1)]
        subject = title(random, words, weights)
        repliers: set[int] = set()
        for floor in range(1, replies + 2):
            post_id += 1
            at += step
            author = random.randrange(plan.members)
            tally.posts_of[author] += 1
            if floor > 1:
                repliers.add(author)
            piece = pool[random.randrange(plan.pool)]
            own = "".join(random.choices(words, cum_weights=weights, k=3)) + f"第{post_id}帖。"
            last = {
                "last_post_at": at, "last_poster_id": CATEGORY_ID + author,
                "last_poster_name": names[author],
            }  # fmt: skip
            thread = ending = None
            if floor == 1:
                tally.threads_of[author] += 1
                thread = {
                    "id": thread_id, "board_id": board_id, "author_id": CATEGORY_ID + author,
                    "author_name": names[author], "title": subject, "first_post_id": post_id,
                    "reply_count": replies, "last_floor": replies + 1, "heat": 0, "view_count": 0,
                    "created_at": at, "digest_level": 0, **last,
                }  # fmt: skip
            if floor == replies + 1:
                views = random.randrange(replies + 1, 20 * replies + 50)
                ending = {"id": thread_id, "heat": len(repliers), "view_count": views, **last}
                tally.board_threads[board_id] = tally.board_threads.get(board_id, 0) + 1
                tally.board_posts[board_id] = tally.board_posts.get(board_id, 0) + replies + 1
                tally.board_last[board_id] = {
                    **last, "last_thread_id": thread_id, "last_title": subject
                }  # fmt: skip
            yield _Made(
                post={
                    "id": post_id, "thread_id": thread_id, "floor": floor,
                    "author_id": CATEGORY_ID + author, "source": f"{piece.source}\n\n{own}",
                    "html": f"{piece.html}<br><br>{own}", "renderer_version": RENDERER_VERSION,
                    "address": "192.0.2.1", "created_at": at,
                },
                index=IndexRow(
                    post_id, board_id, CATEGORY_ID + author, at.date(),
                    normalised(subject) if floor == 1 else None,
                    piece.normal + normalised(own).lstrip(),
                ),
                transfer_rule="thread.posted" if floor == 1 else "post.replied",
                thread=thread,
                ending=ending,
            )  # fmt: skip


def _reply_counts(plan: Plan, random: Random) -> list[int]:
    """How many replies each thread has: many few, some many, one `longest`, all together exact."""
    left = plan.posts - plan.threads - plan.longest
    shares = [random.paretovariate(1.6) for _ in range(plan.threads - 1)]
    scale = left / sum(shares)
    counts = [int(share * scale) for share in shares]
    for index in range(left - sum(counts)):
        counts[index % len(counts)] += 1
    counts.append(plan.longest)
    return counts


class _Batch:
    """Some two thousand posts and what belongs to them, written in one transaction."""

    def __init__(self, session: Session, site: Site) -> None:
        self._session = session
        self._amounts = {
            rule: REGISTRY[rule].amounts[MONEY] for rule in ("thread.posted", "post.replied")
        }
        self.posts: list[dict[str, Any]] = []
        self._threads: dict[int, dict[str, Any]] = {}
        self._endings: list[dict[str, Any]] = []  # of threads that an earlier batch began
        self._rows: list[IndexRow] = []
        self._transfers: list[dict[str, Any]] = []

    def take(self, made: Iterator[_Made]) -> None:
        for one in itertools.islice(made, BATCH):
            self.posts.append(one.post)
            self._rows.append(one.index)
            if one.thread is not None:
                self._threads[one.thread["id"]] = one.thread
            if one.ending is not None:
                begun = self._threads.get(one.ending["id"])
                if begun is None:
                    self._endings.append(one.ending)
                else:
                    begun.update(one.ending)
            post_id = one.post["id"]
            self._transfers.append(
                {
                    "id": post_id, "kind_id": MONEY, "debit_account": int(Account.MINT),
                    "credit_account": one.post["author_id"], "amount": self._amounts[one.transfer_rule],
                    "rule": one.transfer_rule, "once_key": f"{one.transfer_rule}:{post_id}#1:{MONEY}",
                    "subject": f"post:{post_id}", "actor_id": one.post["author_id"],
                    "created_at": one.post["created_at"],
                }
            )  # fmt: skip

    def write(self) -> None:
        if self._threads:
            self._session.execute(insert(Thread), list(self._threads.values()))
        if self._endings:
            self._session.execute(update(Thread), self._endings)
        if self.posts:
            self._session.execute(insert(Post), self.posts)
            self._session.execute(insert(PointTransfer), self._transfers)
            backend_of(self._session).add(self._session, self._rows)


def _write_tally(uow: UnitOfWork, site: Site, plan: Plan, tally: _Tally) -> None:
    """Counters, balances, totals and groups of members; counters of boards."""
    s = uow.session
    formula = compiled(site.settings.points.formula)
    ladder = sorted(site.ladder, key=lambda group: group.points_from or 0)
    thread_pays, reply_pays = (
        REGISTRY[rule].amounts[MONEY] for rule in ("thread.posted", "post.replied")
    )
    members, balances = [], []
    for index, (threads, posts) in enumerate(zip(tally.threads_of, tally.posts_of, strict=True)):
        money = threads * thread_pays + (posts - threads) * reply_pays
        total = formula.total(
            {"threads": threads, "posts": posts, "digests": 0, f"p{MONEY}": money}
        )
        group = [step for step in ladder if (step.points_from or 0) <= total][-1]
        member_id = CATEGORY_ID + index
        members.append(
            {
                "b_id": member_id, "b_threads": threads, "b_posts": posts, "b_total": total,
                "b_group": group.id,
            }
        )  # fmt: skip
        if money:
            balances.append({"member_id": member_id, "kind_id": MONEY, "amount": money})
    s.connection().execute(
        update(Member.__table__)  # type: ignore[arg-type]
        .where(Member.__table__.c.id == bindparam("b_id"))
        .values(
            thread_count=bindparam("b_threads"), post_count=bindparam("b_posts"),
            total=bindparam("b_total"), group_id=bindparam("b_group"),
        ),
        members,
    )  # fmt: skip
    s.execute(insert(MemberPoints), balances)
    for board_id, last in tally.board_last.items():
        s.execute(
            update(Board)
            .where(Board.id == board_id)
            .values(
                thread_count=tally.board_threads[board_id],
                post_count=tally.board_posts[board_id],
                **last,
            )
        )
