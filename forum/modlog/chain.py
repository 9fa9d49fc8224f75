"""How is an entry put at the end of the chain, and does the chain hold?

Each row's hash is an HMAC over its content and the hash before it. Ids count without gaps from 1.
The row `modlog_head` is locked last in a transaction; the newest head is also kept in a file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forum.models import ModLogEntry, ModLogHead, ModLogTarget, TargetKind
from forum.modlog.seal import Head, Seal

CHUNK = 500
# What an entry's hash covers. `undone_by_id`, `superseded_by_id` change later and are not in it.
SEALED = (
    "id", "action", "is_reversal", "actor_id", "actor_name", "target_kind", "target_count", "board_id",
    "title", "options", "effects", "reason", "address", "created_at", "expires_at", "undoes_id",
)  # fmt: skip


@dataclass(frozen=True)
class NewEntry:
    """What is to be logged."""

    action: str
    is_reversal: bool
    actor_id: int | None
    actor_name: str
    target_kind: TargetKind
    target_ids: tuple[int, ...]
    board_id: int | None
    title: str
    options: dict[str, Any]
    effects: list[dict[str, Any]]
    reason: str
    address: str
    created_at: datetime
    expires_at: datetime | None = None
    undoes_id: int | None = None
    boards: Mapping[int, int] = field(default_factory=dict)  # target id -> where it was


@dataclass(frozen=True)
class Flaw:
    """Something wrong with the chain: what, and at which entry."""

    kind: str  # changed, removed, reordered, cut_off, head, head_file
    entry_id: int


def append(session: Session, seal: Seal, entry: NewEntry) -> Head:
    """Put an entry at the end of the chain. Lock nothing after this.

    :returns: the new head, to be remembered outside the database once committed.
    """
    head = session.get_one(ModLogHead, 1, with_for_update=True, populate_existing=True)
    row: dict[str, Any] = {
        **{name: getattr(entry, name) for name in SEALED if hasattr(entry, name)},
        "id": head.entry_id + 1,
        "target_count": len(entry.target_ids),
    }
    boards = {one: entry.boards.get(one) for one in sorted(set(entry.target_ids))}
    digest = _digest(seal, row, boards, head.hash)
    session.execute(insert(ModLogEntry).values(**row, previous_hash=head.hash, hash=digest))
    targets = [
        {"entry_id": row["id"], "kind": entry.target_kind, "target_id": one, "board_id": board_id}
        for one, board_id in boards.items()
    ]
    if targets:
        session.execute(insert(ModLogTarget), targets)
    head.entry_id, head.hash = row["id"], digest
    session.flush()  # the head row, before anybody reads it in this transaction
    return Head(row["id"], digest)


def _digest(
    seal: Seal, row: dict[str, Any], boards: Mapping[int, int | None], previous: str
) -> str:
    content: dict[str, Any] = {name: row[name] for name in SEALED}
    for name in ("created_at", "expires_at"):
        at: datetime | None = content[name]
        content[name] = at.astimezone(UTC).isoformat() if at is not None else None
    content["target_kind"] = str(content["target_kind"])
    # Not there where no target has one: entries older than the boards keep their hashes.
    where = [[one, board_id] for one, board_id in sorted(boards.items()) if board_id is not None]
    if where:
        content["boards"] = where
    return seal.over({**content, "targets": sorted(boards), "previous": previous})


def flaws(session: Session, seal: Seal) -> Iterator[Flaw]:
    """Everything wrong with the log, oldest first. Reads it once, in pieces."""
    previous = Head(0, "")
    for rows in _pieces(session):
        targets = _targets(session, [row["id"] for row in rows])
        for row in rows:
            if row["id"] != previous.entry_id + 1:
                yield Flaw("removed", previous.entry_id + 1)
            elif row["previous_hash"] != previous.hash:
                yield Flaw("reordered", row["id"])
            found = _digest(seal, row, targets.get(row["id"], {}), row["previous_hash"])
            if found != row["hash"]:
                yield Flaw("changed", row["id"])
            previous = Head(row["id"], row["hash"])
    yield from _head_flaws(session, seal, previous)


def _head_flaws(session: Session, seal: Seal, last: Head) -> Iterator[Flaw]:
    row = session.get(ModLogHead, 1)
    kept = Head(row.entry_id, row.hash) if row is not None else Head(0, "")
    if kept.entry_id > last.entry_id:
        yield Flaw("cut_off", last.entry_id + 1)
    elif kept != last:
        yield Flaw("head", last.entry_id)
    if seal.head_path is None:
        return
    try:
        remembered = seal.remembered()
    except ValueError:
        yield Flaw("head_file", last.entry_id)
        return
    if remembered is None:
        if last.entry_id:
            yield Flaw("head_file", last.entry_id)
    elif remembered.entry_id > last.entry_id:
        if kept.entry_id <= last.entry_id:
            yield Flaw("cut_off", last.entry_id + 1)
    elif remembered.entry_id:
        found = session.scalar(
            select(ModLogEntry.hash).where(ModLogEntry.id == remembered.entry_id)
        )
        if found != remembered.hash:
            yield Flaw("head_file", remembered.entry_id)


def _pieces(session: Session) -> Iterator[Sequence[dict[str, Any]]]:
    columns = [getattr(ModLogEntry, name) for name in (*SEALED, "previous_hash", "hash")]
    last = 0
    while True:
        rows = session.execute(
            select(*columns).where(ModLogEntry.id > last).order_by(ModLogEntry.id).limit(CHUNK)
        ).all()
        if not rows:
            return
        yield [dict(row._mapping) for row in rows]
        last = rows[-1].id


def _targets(session: Session, entry_ids: Sequence[int]) -> dict[int, dict[int, int | None]]:
    found: dict[int, dict[int, int | None]] = {}
    for entry_id, target_id, board_id in session.execute(
        select(ModLogTarget.entry_id, ModLogTarget.target_id, ModLogTarget.board_id).where(
            ModLogTarget.entry_id.between(min(entry_ids), max(entry_ids))
        )
    ):
        found.setdefault(entry_id, {})[target_id] = board_id
    return found
