"""What may a moderator do here? The bars of the thread page, from the registry; and what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogTarget, TargetKind
from forum.modlog.registry import ACTIONS, Action
from forum.policies.actor import Actor, Rank
from forum.queries.actors import rank_of
from forum.queries.moderation_bars import ListedPost, may_do_to_thread, posts_bar
from forum.queries.site import Site
from forum.queries.threads.facts import FoundThread, find_thread, require_readable


@dataclass(frozen=True)
class ModerationBar:
    """The registry's actions the actor may do to the thread, and to posts of it."""

    thread_actions: tuple[Action, ...] = ()
    post_actions: tuple[Action, ...] = ()
    post_ids: frozenset[int] = frozenset()  # the posts that have a box


def moderation_bar(
    s: Session,
    site: Site,
    actor: Actor,
    thread: FoundThread,
    posts: Sequence[ListedPost],
    ranks: Mapping[int, Rank],
) -> ModerationBar | None:
    """The bars, or None for who moderates nothing here. One statement where the thread's author is
    none of the authors on the page.

    :param ranks: of the authors on the page.
    """
    if not actor.moderates(thread.board_id):
        return None
    rank = ranks.get(thread.author_id)
    if rank is None:
        rank = rank_of(s, site, thread.author_id)
    picks = posts_bar(site, actor, [(thread, post) for post in posts], ranks)
    return ModerationBar(
        thread_actions=tuple(
            action
            for action in ACTIONS.values()
            if action.targets is TargetKind.THREAD
            and not action.site_wide
            and may_do_to_thread(site, actor, action, thread, rank)
        ),
        post_actions=picks.actions,
        post_ids=picks.ids,
    )


@dataclass(frozen=True)
class LoggedAction:
    """A line of the thread's history."""

    action: str
    actor_name: str  # "" = the schedule
    at: datetime
    expires_at: datetime | None
    options: dict[str, Any]
    is_reversal: bool  # takes the action back; an undo of an undo does it again
    was_undone: bool


@dataclass(frozen=True)
class ThreadHistory:
    """主题操作记录."""

    thread: FoundThread
    actions: tuple[LoggedAction, ...]


MOST_ACTIONS = 100


def thread_history(s: Session, actor: Actor, *, thread_id: int) -> ThreadHistory:
    """What moderators did to a thread, newest first, to all who may read it. Two statements.

    Reasons stay in the moderators' log.
    :raises NotFound: no such thread, or it is secret.
    :raises Forbidden: the thread asks for more reading access.
    """
    thread = find_thread(s, thread_id)
    require_readable(actor, thread)
    rows = s.execute(
        select(
            ModLogEntry.action, ModLogEntry.actor_name, ModLogEntry.created_at,
            ModLogEntry.expires_at, ModLogEntry.options, ModLogEntry.is_reversal,
            ModLogTarget.undone_by_id,
        )
        .join(ModLogTarget, ModLogTarget.entry_id == ModLogEntry.id)
        .where(ModLogTarget.kind == TargetKind.THREAD, ModLogTarget.target_id == thread_id)
        .order_by(ModLogTarget.entry_id.desc())
        .limit(MOST_ACTIONS)
    )  # fmt: skip
    return ThreadHistory(
        thread,
        tuple(
            LoggedAction(
                row.action, row.actor_name, row.created_at, row.expires_at, row.options,
                row.is_reversal, row.undone_by_id is not None,
            )
            for row in rows
        ),
    )  # fmt: skip
