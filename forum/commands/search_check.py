"""Does the search index say what the posts say? Differences, and how they are put right."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.commands.search_index import indexable, mark_stale, row_of
from forum.core.uow import UnitOfWork
from forum.models import Post
from forum.search import IndexRow, backend_of
from forum.search.tables import ROWS, STALE, STALE_THREADS
from forum.search.tokens import row_tokens

STEP = 2000
# Of every so many right rows, one is looked up by some of its tokens in the index itself.
SAMPLE = 50
TOKENS_ASKED = 20


@dataclass(frozen=True)
class Differences:
    """What is wrong with a range of posts, by post id."""

    missing: tuple[int, ...] = ()  # may be found and has no row
    outdated: tuple[int, ...] = ()  # the row says something else
    left_over: tuple[int, ...] = ()  # the row's post is gone or hidden
    unanswered: tuple[int, ...] = ()  # the row is right, the tokens are not in the index

    @property
    def wrong_rows(self) -> tuple[int, ...]:
        """What the sweep can put right. Tokens that were lost need a rebuild."""
        return (*self.missing, *self.outdated, *self.left_over)


def last_post_id(s: Session) -> int:
    """The highest id of a post or of a row."""
    newest = (
        s.scalar(select(column).order_by(column.desc()).limit(1))
        for column in (Post.id, ROWS.c.post_id)
    )
    return max(found or 0 for found in newest)


def compare(s: Session, first_id: int, last_id: int) -> Differences:
    """Compare the rows of these posts with what the real tables want. What is stale is expected."""
    within = Post.id.between(first_id, last_id)
    wanted = {row.id: row_of(row) for row in s.execute(indexable().where(within))}
    held = {
        row.post_id: IndexRow(*row)
        for row in s.execute(select(*ROWS.c).where(ROWS.c.post_id.between(first_id, last_id)))
    }
    stale = set(
        s.scalars(select(STALE.c.post_id).where(STALE.c.post_id.between(first_id, last_id)))
    )
    stale |= set(
        s.scalars(
            select(Post.id).where(within, Post.thread_id.in_(select(STALE_THREADS.c.thread_id)))
        )
    )
    right = [row for post_id, row in wanted.items() if held.get(post_id) == row]
    return Differences(
        missing=_sorted(wanted.keys() - held.keys() - stale),
        outdated=_sorted(
            post_id
            for post_id in wanted.keys() & held.keys() - stale
            if wanted[post_id] != held[post_id]
        ),
        left_over=_sorted(held.keys() - wanted.keys() - stale),
        unanswered=_sorted(row.post_id for row in right[::SAMPLE] if not _answers(s, row)),
    )


def put_right(uow: UnitOfWork, differences: Differences) -> None:
    """Let the sweep make these rows again."""
    mark_stale(uow.session, differences.wrong_rows)


def _answers(s: Session, row: IndexRow) -> bool:
    tokens = sorted(row_tokens(row))[-TOKENS_ASKED:]
    return backend_of(s).has_tokens(s, row.post_id, tokens)


def _sorted(post_ids: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(post_ids))
