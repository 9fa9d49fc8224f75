"""How fast may a member post, and does the post wait for approval?"""

import math
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import bindparam, func, select, update

from forum.commands.post_texts import PostText
from forum.core.errors import TooSoon
from forum.core.uow import UnitOfWork
from forum.models import Member, Post, PostHold, Thread
from forum.policies.actor import Actor
from forum.policies.permissions import May
from forum.policies.queue import hold_reason
from forum.queries.site import BoardInfo, site_of
from forum.settings import Posting

_HOUR = timedelta(hours=1)


class AuthorFacts(Protocol):
    """What these questions need to know of the author; the row is locked."""

    @property
    def id(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def last_post_at(self) -> datetime | None: ...
    @property
    def post_count(self) -> int: ...


def check_pace(
    uow: UnitOfWork, actor: Actor, author: AuthorFacts, limits: Posting, *, is_thread: bool
) -> None:
    """Refuse what comes too fast. The author's row is locked, so two at once cannot both pass.

    :raises TooSoon: "newbie_wait", "flood" or "hourly_limit".
    """
    if actor.permission(May.SKIP_POST_LIMITS):
        return
    if not actor.is_staff:
        _check_wait(uow, "newbie_wait", author.created_at + limits.newbie_wait)
    if author.last_post_at is not None:
        _check_wait(uow, "flood", author.last_post_at + limits.flood_interval)
    caps = [cap for cap in (limits.posts_per_hour, actor.permission(May.POSTS_PER_HOUR)) if cap]
    if caps:
        made = select(func.count()).where(
            Post.author_id == author.id, Post.created_at > uow.now - _HOUR
        )
        _check_cap(uow.session.scalar(made) or 0, min(caps))
    if is_thread and limits.threads_per_hour:
        made = select(func.count()).where(
            Thread.author_id == author.id, Thread.created_at > uow.now - _HOUR
        )
        _check_cap(uow.session.scalar(made) or 0, limits.threads_per_hour)


def _check_wait(uow: UnitOfWork, key: str, until: datetime) -> None:
    seconds = (until - uow.now).total_seconds()
    if seconds > 0:
        raise TooSoon(key, retry_after_s=math.ceil(seconds))


def _check_cap(made: int, cap: int) -> None:
    if made >= cap:
        raise TooSoon("hourly_limit", retry_after_s=int(_HOUR.total_seconds()))


def note_post(uow: UnitOfWork, author: AuthorFacts) -> None:
    """Remember when the author posted, for the pace of the next. One statement."""
    values = {"of_member": author.id, "at": uow.now, "from_address": uow.address}
    uow.run(_NOTE_POST, values)


_NOTE_POST = (
    update(Member)
    .where(Member.id == bindparam("of_member"))
    .values(last_post_at=bindparam("at"), last_address=bindparam("from_address"))
)


def hold_of(
    uow: UnitOfWork,
    actor: Actor,
    author: AuthorFacts,
    board: BoardInfo,
    text: PostText,
    *,
    title_held_by: tuple[str, ...] = (),
    is_thread: bool,
) -> PostHold | None:
    """Why the post goes to the queue first, to be kept with it; None = it is shown at once."""
    site = site_of(uow.session)
    held_by = tuple(dict.fromkeys((*title_held_by, *text.held_by)))
    reason = hold_reason(
        actor,
        board,
        site.settings.posting,
        local_now=uow.now.astimezone(site.zone),
        post_count=author.post_count,
        is_thread=is_thread,
        has_foreign_links=text.has_foreign_links,
        has_held_words=bool(held_by),
    )
    if reason is None:
        return None
    return PostHold(reason=reason, words=list(held_by), created_at=uow.now)
