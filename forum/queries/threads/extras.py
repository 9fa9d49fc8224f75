"""What hangs below a post? 点评 and 评分, one statement each for the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import Member, PostComment, PostRating
from forum.queries.site import Site


@dataclass(frozen=True)
class Comment:
    """A 点评."""

    id: int
    author_id: int
    author_name: str
    avatar: str
    body: str
    created_at: datetime


@dataclass(frozen=True)
class Rating:
    """What one member gave, and why. `amounts`: (point kind's title, amount)."""

    rater_id: int | None
    rater_name: str
    avatar: str
    amounts: tuple[tuple[str, int], ...]
    reason: str
    created_at: datetime


@dataclass(frozen=True)
class RatingBlock:
    """All ratings of a post. `sums`: (point kind's title, amount of all raters)."""

    ratings: tuple[Rating, ...]
    sums: tuple[tuple[str, int], ...]

    @property
    def rater_count(self) -> int:
        """参与人数."""
        return len(self.ratings)


def comments_on(s: Session, post_ids: Sequence[int]) -> dict[int, tuple[Comment, ...]]:
    """The 点评 of posts, by post. One statement."""
    found: dict[int, list[Comment]] = {}
    for row in s.execute(
        select(
            PostComment.post_id, PostComment.id, PostComment.author_id, PostComment.author_name,
            Member.avatar, PostComment.body, PostComment.created_at,
        )
        .join(Member, Member.id == PostComment.author_id)
        .where(PostComment.post_id.in_(post_ids))
        .order_by(PostComment.post_id, PostComment.id)
    ):  # fmt: skip
        found.setdefault(row.post_id, []).append(Comment(*row[1:]))
    return {post_id: tuple(comments) for post_id, comments in found.items()}


def ratings_of(s: Session, site: Site, post_ids: Sequence[int]) -> dict[int, RatingBlock]:
    """The 评分 of posts, by post. One statement."""
    found: dict[int, list[Rating]] = {}
    for row in s.execute(
        select(
            PostRating.post_id, PostRating.rater_id, PostRating.rater_name, PostRating.amounts,
            PostRating.reason, PostRating.created_at, Member.avatar,
        )
        .outerjoin(Member, Member.id == PostRating.rater_id)
        .where(PostRating.post_id.in_(post_ids))
        .order_by(PostRating.post_id, PostRating.id)
    ):  # fmt: skip
        found.setdefault(row.post_id, []).append(
            Rating(
                rater_id=row.rater_id,
                rater_name=row.rater_name,
                avatar=row.avatar or "",
                amounts=_named(site, row.amounts),
                reason=row.reason,
                created_at=row.created_at,
            )
        )
    return {
        post_id: RatingBlock(tuple(ratings), _sums(ratings)) for post_id, ratings in found.items()
    }


def _named(site: Site, amounts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    # Imported ratings carry the title of a kind this forum may not have.
    return tuple(
        (
            site.point_kinds[int(key)].title
            if key.isdecimal() and int(key) in site.point_kinds
            else key,
            amount,
        )
        for key, amount in amounts.items()
    )


def _sums(ratings: Sequence[Rating]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for rating in ratings:
        for title, amount in rating.amounts:
            sums[title] = sums.get(title, 0) + amount
    return tuple(sums.items())
