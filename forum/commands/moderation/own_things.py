"""Would the actor give themselves back what somebody of equal or higher rank took? Restoring one's own
thread is the undo of its deletion by another button, and is for an appeal as that is."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forum.commands.moderation.targets import Targets, author_of
from forum.models import ModLogEntry, ModLogTarget
from forum.modlog.registry import ACTIONS, Action, action_of
from forum.policies.actor import Actor, Rank
from forum.policies.moderation import may_give_back_to_oneself
from forum.policies.verdict import Verdict
from forum.queries.actors import ranks_of
from forum.queries.site import Site


def taken_by_others(
    s: Session, site: Site, actor: Actor, action: Action, options: Any, targets: Targets
) -> dict[int, Verdict]:
    """The refusals by target. No statement where the action takes something, or nothing is the
    actor's own; else two at most."""
    if actor.member_id is None or not _gives_back(action, options):
        return {}
    own = [one.id for one in targets.found if author_of(one) == actor.member_id]
    taking = [one.key for one in ACTIONS.values() if one.family == action.family]
    if not own or not any(action_of(key).minds_rank for key in taking):
        return {}
    newest = (
        select(func.max(ModLogTarget.entry_id))
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(
            ModLogTarget.kind == action.targets,
            ModLogTarget.target_id.in_(own),
            ModLogTarget.undone_by_id.is_(None),
            ModLogEntry.is_reversal.is_(False),
            ModLogEntry.action.in_(taking),
        )
        .group_by(ModLogTarget.target_id)
    )
    rows = s.execute(
        select(
            ModLogTarget.target_id, ModLogEntry.id, ModLogEntry.actor_id, ModLogEntry.action,
            ModLogEntry.options,
        )
        .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
        .where(ModLogEntry.id.in_(newest), ModLogTarget.target_id.in_(own))
    ).all()  # fmt: skip
    found = [row for row in rows if row.actor_id is not None and _takes(row.action, row.options)]
    ranks = ranks_of(s, site, {row.actor_id for row in found}) if found else {}
    verdicts = {
        row.target_id: may_give_back_to_oneself(
            actor,
            entry_id=row.id,
            decider_id=row.actor_id,
            decider_rank=ranks.get(row.actor_id, Rank.MEMBER),
        )
        for row in found
    }
    return {target_id: verdict for target_id, verdict in verdicts.items() if not verdict}


def require_none_taken(
    s: Session, site: Site, actor: Actor, action: Action, options: Any, targets: Targets
) -> None:
    """Go on only where `taken_by_others` finds none.

    :raises Forbidden: "against_oneself".
    """
    for verdict in taken_by_others(s, site, actor, action, options, targets).values():
        verdict.require()


def _gives_back(action: Action, options: Any) -> bool:
    return not action.minds_rank or (action.ends_as is not None and options == action.ends_as)


def _takes(key: str, options: Mapping[str, Any]) -> bool:
    action = action_of(key)
    return not _gives_back(action, action.options_from(options))
