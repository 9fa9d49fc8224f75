"""What may a moderator do here? The bars of the thread page, from the registry; and what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogTarget, TargetKind
from forum.modlog.registry import ACTIONS, Action
from forum.policies.actor import Actor
from forum.policies.moderation import may_use
from forum.queries.moderation_bars import may_do_to_thread
from forum.queries.site import Site
from forum.queries.threads.facts import FoundThread, find_thread, require_readable


@dataclass(frozen=True)
class ModerationBar:
    """The registry's actions the actor may do to the thread, and to posts of it."""

    thread_actions: tuple[Action, ...] = ()
    post_actions: tuple[Action, ...] = ()


def moderation_bar(site: Site, actor: Actor, thread: FoundThread) -> ModerationBar | None:
    """The bars, or None for who moderates nothing here. No statement.

    Whether an author outranks the actor is asked when it is done.
    """
    if not actor.moderates(thread.board_id):
        return None
    return ModerationBar(
        thread_actions=tuple(
            action
            for action in ACTIONS.values()
            if action.targets is TargetKind.THREAD
            and not action.site_wide
            and may_do_to_thread(site, actor, action, thread)
        ),
        post_actions=tuple(
            action
            for action in ACTIONS.values()
            if action.targets is TargetKind.POST and not action.site_wide and may_use(actor, action)
        ),
    )


@dataclass(frozen=True)
class LoggedAction:
    """A line of the thread's history."""

    action: str
    actor_name: str  # "" = the schedule
    at: datetime
    expires_at: datetime | None
    options: dict[str, Any]
    is_undo: bool
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
            ModLogEntry.expires_at, ModLogEntry.options, ModLogEntry.undoes_id,
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
                row.undoes_id is not None, row.undone_by_id is not None,
            )
            for row in rows
        ),
    )  # fmt: skip
