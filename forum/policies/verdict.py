"""What does a policy answer? Yes, or a reason and what would help."""

import enum
from dataclasses import dataclass, field
from typing import Any

from forum.core.errors import Forbidden, NotFound


class Refusal(enum.StrEnum):
    """Why not. Sentences for each are in http/errors.py; a test compares the two lists."""

    NOT_VISIBLE = "not_visible"  # existence is secret: becomes 404
    SIGN_IN = "sign_in"
    GROUP = "group"  # the group may not; data: group
    NEED_POINTS = "need_points"  # a group with more points may; data: total, needed, group
    BOARD = "board"  # the board's list leaves the group out
    CLOSED = "closed"
    AUTOCLOSED = "autoclosed"
    PENDING = "pending"
    RECYCLED = "recycled"
    READ_ACCESS = "read_access"  # data: needed, has
    NOT_YOURS = "not_yours"
    EDIT_WINDOW = "edit_window"  # data: minutes
    MODERATORS_ONLY = "moderators_only"
    OUTRANKED = "outranked"
    PUNISHED_HARDER = "punished_harder"  # banned or locked, by a right the actor has not
    AGAINST_ONESELF = (
        "against_oneself"  # decided by an equal or a higher one; data: entry_id, to be appealed
    )
    LEVEL_TOO_HIGH = "level_too_high"  # data: allowed
    BANNED = "banned"
    MUTED = "muted"
    MUTED_UNTIL = "muted_until"  # data: until
    NOT_POSTABLE = "not_postable"  # a category or a redirect holds no threads
    OWN_POST = "own_post"
    OWN_DECISION = "own_decision"  # somebody else has to look at it
    BLOCKED = "blocked"
    PANEL_PASSWORD = "panel_password"
    HAS_ACCOUNT = "has_account"
    REGISTRATION_CLOSED = "registration_closed"
    UNCLAIMED = "unclaimed"
    LOCKED = "locked"
    FOUNDER_ONLY = "founder_only"
    ADMINISTRATORS_ONLY = "administrators_only"
    ALREADY_CLAIMED = "already_claimed"
    NETWORK = "network"  # banned
    WRONG_STATE = "wrong_state"  # the action does not fit what the thing is now
    HAS_REPLIES = "has_replies"  # others have written below it
    ONESELF = "oneself"  # a message, a block
    OWN_MESSAGE = "own_message"
    NOBODY_READS = "nobody_reads"  # an account nobody can log in to
    YOU_BLOCK = "you_block"
    BLOCKS_YOU = "blocks_you"
    TAKES_NO_MESSAGES = "takes_no_messages"
    PREMODERATED = "premoderated"  # threads there are read first, the actor's too
    TOO_MANY = "too_many"  # at once; data: most
    IN_HAND = "in_hand"  # a large action is at work on it


MUTINGS = frozenset({Refusal.MUTED, Refusal.MUTED_UNTIL})


@dataclass(frozen=True)
class Verdict:
    """Truthy = allowed. Otherwise `refusal` says why and `data` what would help."""

    refusal: Refusal | None = None
    data: dict[str, Any] = field(default_factory=dict, hash=False)

    def __bool__(self) -> bool:
        return self.refusal is None

    @property
    def is_muting(self) -> bool:
        """Is it refused because the actor is muted? Then there is a page that says why."""
        return self.refusal in MUTINGS

    def require(self) -> None:
        """Go on only when allowed.

        :raises NotFound: the refusal must not reveal that there is something.
        :raises Forbidden: with the refusal as its key.
        """
        if self.refusal is None:
            return
        if self.refusal is Refusal.NOT_VISIBLE:
            raise NotFound("not_found")
        raise Forbidden(self.refusal.value, **self.data)


ALLOWED = Verdict()


def refused(refusal: Refusal, **data: Any) -> Verdict:
    """A no with its reason."""
    return Verdict(refusal, data)
