"""What did the deletion that stands take from a thread or a post?"""

from sqlalchemy import select

from forum.commands.moderation.planning import Planner
from forum.models import ModLogEntry, ModLogTarget, TargetKind
from forum.modlog.effects import ReverseTransfers, decode


def taken_by_deletion(
    planner: Planner, kind: TargetKind, action: str, target_id: int
) -> tuple[int, ...]:
    """The transfers by which the deletion that stands took points back for this target."""
    entry_id = planner.session.scalar(
        select(ModLogEntry.id)
        .join(ModLogTarget, ModLogTarget.entry_id == ModLogEntry.id)
        .where(
            ModLogTarget.kind == kind,
            ModLogTarget.target_id == target_id,
            ModLogEntry.action == action,
            ModLogEntry.is_reversal.is_(False),
            ModLogTarget.undone_by_id.is_(None),
        )
        .order_by(ModLogEntry.id.desc())
        .limit(1)
    )
    if entry_id is None:  # it came recycled from an import
        return ()
    by_target = planner.remembered(("taken", entry_id), lambda: _taken(planner, entry_id))
    found: tuple[int, ...] = by_target.get(target_id, ())
    return found


def _taken(planner: Planner, entry_id: int) -> dict[int, tuple[int, ...]]:
    """By target; a deletion of a thousand threads is read once."""
    found: dict[int, tuple[int, ...]] = {}
    for coded in planner.session.scalars(
        select(ModLogEntry.effects).where(ModLogEntry.id == entry_id)
    ).one():
        if coded["do"] == "reverse_transfers":
            effect = decode(coded)
            assert isinstance(effect, ReverseTransfers)
            found[effect.target] = found.get(effect.target, ()) + effect.made
    return found
