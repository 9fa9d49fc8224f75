"""Whom was it that a deed was told to, where that is not the author of its target? As the log's options hold it."""

from collections.abc import Mapping, Sequence
from typing import Any


def as_logged(members: Sequence[int]) -> int | list[int]:
    """Whom to tell, as the log and the journal hold it: a member's id, 0 = nobody, or several."""
    return list(members) if len(members) > 1 else next(iter(members), 0)


def as_told(logged: int | list[int]) -> tuple[int, ...]:
    """The members of `as_logged`."""
    return tuple(logged) if isinstance(logged, list) else (logged,) if logged else ()


def targets_told(options: Mapping[str, Any], member_id: int) -> frozenset[int]:
    """The targets of an entry that were told to a member though they are another's now.

    Of two merged threads one is left, and both authors may say something against it.
    """
    said: Mapping[str, int | list[int]] = options.get("told", {})
    return frozenset(int(one) for one, logged in said.items() if member_id in as_told(logged))
