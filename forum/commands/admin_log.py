"""What did somebody change in the control panel? Written with each change, in its transaction."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from forum.core.uow import UnitOfWork
from forum.models import AdminLogEntry
from forum.policies.actor import Actor

# What can stand in the log; the value is what pages call it, an English msgid.
ACTIONS: dict[str, str] = {
    "board.created": "Create a board",
    "board.edited": "Edit a board",
    "board.ordered": "Order the boards",
    "board.deleted": "Delete a board",
    "board.permissions": "Change a board's permission lists",
    "board.types": "Change a board's thread types",
    "moderator.appointed": "Appoint a moderator",
    "moderator.removed": "Remove a moderator",
    "settings.changed": "Change the settings",
    "words.changed": "Change the word filter",
    "tags.closed": "Close tags",
    "tags.restored": "Bring back tags",
    "tags.merged": "Merge tags",
    "point_kind.set": "Change a point kind",
    "point_kind.deleted": "Delete a point kind",
    "point_rule.set": "Change a point rule",
    "group.created": "Create a group",
    "group.edited": "Edit a group",
    "group.permissions": "Change a group's permissions",
    "group.deleted": "Delete a group",
    "ladder.changed": "Change the ladder of groups",
    "member.group": "Change a member's group",
    "member.claim_confirmed": "Confirm a member's claimed group",
    "member.claim_dropped": "Drop a member's claimed group",
    "member.handed_over": "Hand over an account",
    "member.locked": "Lock an account",
    "member.unlocked": "Unlock an account",
    "founder.made": "Make somebody a founder",
    "founder.unmade": "End somebody's being a founder",
    "announcement.created": "Create an announcement",
    "announcement.edited": "Edit an announcement",
    "announcement.deleted": "Delete an announcement",
    "link.created": "Create a friend link",
    "link.edited": "Edit a friend link",
    "link.ordered": "Order the friend links",
    "link.deleted": "Delete a friend link",
}
_LONGEST = 20_000  # of one value: no text of a form is longer, so what was there can be put back


def log_change(
    uow: UnitOfWork,
    actor: Actor,
    *,
    action: str,
    target: str,
    title: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    """Write one line of the log; nothing, when before and after are alike.

    :param action: a key of ACTIONS.
    :param before: a mapping or dataclass of fields; None = there was nothing.
    """
    old, new = _plain(before), _plain(after)
    if before is not None and after is not None:
        changed = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        if not changed:
            return
        old = {name: old[name] for name in changed if name in old}
        new = {name: new[name] for name in changed if name in new}
    assert action in ACTIONS, action
    uow.session.add(
        AdminLogEntry(
            actor_id=actor.member_id,
            actor_name=actor.name,
            action=action,
            target=target,
            title=title,
            before=_shortened(old),
            after=_shortened(new),
            address=uow.address,
            created_at=uow.now,
        )
    )


def _plain(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if is_dataclass(value) and not isinstance(value, type):
        value = {item.name: getattr(value, item.name) for item in fields(value)}
    assert isinstance(value, Mapping)
    return {str(name): _as_json(inner) for name, inner in value.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value) or isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, (set, frozenset)):
        return sorted(_as_json(one) for one in value)
    if isinstance(value, (tuple, list)):
        return [_as_json(one) for one in value]
    return value


def _shortened(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value[:_LONGEST]} ..."
        if isinstance(value, str) and len(value) > _LONGEST
        else value
        for name, value in values.items()
    }
