"""Who is asking? Built once per request by queries/actors.py; everything a policy needs to know."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

GUEST_GROUP = 7
MUTED_GROUP = 4
BANNED_GROUP = 5
MODERATOR_GROUP = 3
PUNISHING_GROUPS = frozenset({MUTED_GROUP, BANNED_GROUP})


class Rank(enum.IntEnum):
    """Moderation power, comparable. `Group.rank` holds 0 to 3; a founder is made by the account."""

    MEMBER = 0
    MODERATOR = 1  # of the boards appointed to
    SUPER_MODERATOR = 2  # of every board
    ADMINISTRATOR = 3
    FOUNDER = 4


@dataclass(frozen=True)
class BoardSets:
    """What a set of groups may do where, by board id. Computed once per site version."""

    readable: frozenset[int] = frozenset()
    startable: frozenset[int] = frozenset()
    repliable: frozenset[int] = frozenset()
    # What only a group without any reading access, as the muted may be, keeps from one: no secret.
    withheld: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Actor:
    """A member or a guest, with rights. `member_id` None = guest."""

    now: datetime
    group_id: int = GUEST_GROUP
    group_title: str = ""
    member_id: int | None = None
    name: str = ""
    rank: Rank = Rank.MEMBER
    total: int = 0
    read_access: int = 0
    may_visit: bool = True  # False: one of a group that is shut out, the banned above all
    is_locked: bool = False  # and then shut out, whatever the group
    group_until: datetime | None = None  # when the group is over, where it is for a time
    permissions: Mapping[str, int] = field(default_factory=dict)
    boards: BoardSets = BoardSets()
    moderated: frozenset[int] = frozenset()
    session_id: int | None = None
    session_seen_at: datetime | None = None  # the first visit of the last day it was used
    panel_until: datetime | None = None
    must_choose_password: bool = False  # logged in with one that somebody else knows
    unread_notice_count: int = 0
    unread_message_count: int = 0
    previous_visit_at: datetime | None = None
    zone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    locale: str = ""
    avatar: str = ""
    # Points that would lift the actor into the next group, for refusals that say what helps.
    next_group: tuple[str, int] | None = None

    @property
    def is_guest(self) -> bool:
        return self.member_id is None

    @property
    def readable(self) -> frozenset[int]:
        return self.boards.readable

    @property
    def known(self) -> frozenset[int]:
        """Where the actor may be told what own threads are called."""
        return self.boards.readable | self.boards.withheld

    @property
    def startable(self) -> frozenset[int]:
        return self.boards.startable

    @property
    def repliable(self) -> frozenset[int]:
        return self.boards.repliable

    @property
    def is_staff(self) -> bool:
        return self.rank > Rank.MEMBER

    @property
    def may_enter_admin(self) -> bool:
        return self.rank >= Rank.ADMINISTRATOR

    def permission(self, key: str) -> int:
        """The value of a permission of the actor's group; 0 when it has none."""
        return self.permissions.get(key, 0)

    def moderates(self, board_id: int) -> bool:
        """Is the actor a moderator there? Never true where the actor may not read."""
        return board_id in self.moderated


def outranks(actor_rank: Rank, other_rank: Rank) -> bool:
    """May somebody of `actor_rank` act on somebody of `other_rank`? Equals may not."""
    return actor_rank > other_rank
