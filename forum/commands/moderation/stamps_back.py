"""Which stamp does a thread carry once an entry of the log is taken back?

That of the newest entry that stands and stamped it, by hand or with a mark it set; else the one it
had before the first of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogTarget, TargetKind, Thread
from forum.modlog.effects import Change, Derived, Effect

CHUNK = 500
STAMPING = (
    "thread.stamp", "thread.stick", "thread.digest", "thread.recommend", "thread.move",
)  # fmt: skip


def with_stamps(s: Session, entry_id: int, effects: Sequence[Effect]) -> list[Effect]:
    """The effects, with the stamps as they will be. Two statements, and one for each entry read.

    :param entry_id: the entry taken back.
    """
    # What this entry found is what its effects would bring back.
    stamped = {one.id: one.after["stamp"] for effect in effects if (one := _stamping(effect))}
    if not stamped:
        return list(effects)
    wanted = _stamps_by_thread(s, entry_id, stamped)
    now = {
        row.id: row.stamp
        for part in _parts(stamped)
        for row in s.execute(select(Thread.id, Thread.stamp).where(Thread.id.in_(part)))
    }
    found: list[Effect] = []
    for effect in effects:
        one = _stamping(effect)
        if one is None or one.id not in wanted or one.id not in now:
            found.append(effect)
            continue
        before = {**one.before, "stamp": now[one.id]}
        after = {**one.after, "stamp": wanted[one.id]}
        if before != after:
            found.append(replace(one, before=before, after=after))
    return found


def _stamping(effect: Effect) -> Change | Derived | None:
    """The effect, if it stamps a thread."""
    if (
        isinstance(effect, (Change, Derived))
        and effect.table == "threads"
        and "stamp" in effect.after
    ):
        return effect
    return None


def _stamps_by_thread(s: Session, entry_id: int, own: Mapping[int, str]) -> dict[int, str]:
    """What the newest standing entry stamped each thread with, but for this one.

    :param own: by thread, what there was before this one.
    """
    found: dict[int, str] = {}
    read: dict[int, dict[int, tuple[str, str]]] = {}
    for part in _parts(own):
        rows = s.execute(
            select(ModLogTarget.target_id, ModLogEntry.id, ModLogTarget.undone_by_id)
            .join(ModLogEntry, ModLogEntry.id == ModLogTarget.entry_id)
            .where(
                ModLogTarget.kind == TargetKind.THREAD,
                ModLogTarget.target_id.in_(part),
                ModLogEntry.action.in_(STAMPING),
                ModLogEntry.is_reversal.is_(False),
            )
            .order_by(ModLogEntry.id)
        )
        for thread_id, one_id, undone_by_id in rows.all():
            if one_id == entry_id:
                found.setdefault(thread_id, own[thread_id])
                continue
            if one_id not in read:
                read[one_id] = _stamps_in(s.get_one(ModLogEntry, one_id).effects)
            if thread_id not in read[one_id]:
                continue
            before, after = read[one_id][thread_id]
            found.setdefault(thread_id, before)
            if undone_by_id is None:
                found[thread_id] = after
    return found


def _stamps_in(effects: Iterable[dict[str, Any]]) -> dict[int, tuple[str, str]]:
    """By thread, the stamp before and after the effects of an entry."""
    return {
        coded["id"]: (coded["before"]["stamp"], coded["after"]["stamp"])
        for coded in effects
        if coded["do"] in ("change", "derived")
        and coded["table"] == Thread.__tablename__
        and "stamp" in coded["after"]
    }


def _parts(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(set(ids))
    for at in range(0, len(ordered), CHUNK):
        yield ordered[at : at + CHUNK]
