"""What is the same for everybody: settings, groups, the board tree, point kinds. Cached by version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.cache import CacheName
from forum.core.db import Database
from forum.core.settings import decode_section
from forum.models import (
    Announcement,
    Board,
    BoardKind,
    BoardModerator,
    BoardPermission,
    BoardRight,
    FriendLink,
    Group,
    GroupKind,
    GroupPermission,
    Member,
    PointKind,
    PointRuleSetting,
    Setting,
    ThreadType,
)
from forum.policies.actor import BoardSets, Rank
from forum.policies.permissions import May
from forum.settings import SECTIONS, SiteSettings


@dataclass(frozen=True)
class GroupInfo:
    """A group with its permissions."""

    id: int
    kind: GroupKind
    title: str
    rank: Rank
    points_from: int | None
    points_to: int | None
    stars: int
    color: int | None
    read_access: int
    may_visit: bool
    permissions: Mapping[str, int]


@dataclass(frozen=True)
class TypeInfo:
    """A thread type of a board."""

    id: int
    name: str
    for_moderators: bool


@dataclass(frozen=True)
class BoardInfo:
    """A board or category as the owner set it up; its counters are not here (they change often)."""

    id: int
    kind: BoardKind
    parent_id: int | None
    name: str
    description_html: str
    rules_html: str
    color: int | None
    position: int
    columns: int
    is_hidden: bool
    redirect_address: str
    premoderation: int
    moderators_edit_rules: bool
    inherits_moderators: bool
    types_required: bool
    types_listed: bool
    autoclose_days: int
    default_order: str
    permissions: Mapping[BoardRight, frozenset[int]] = field(default_factory=dict)
    types: tuple[TypeInfo, ...] = ()
    # (member id, name) in order; the appointed ones, shown as 版主
    moderators: tuple[tuple[int, str], ...] = ()

    @property
    def is_category(self) -> bool:
        return self.kind is BoardKind.CATEGORY

    @property
    def holds_threads(self) -> bool:
        return self.kind is BoardKind.BOARD and not self.redirect_address


@dataclass(frozen=True)
class PointKindInfo:
    """A point kind as pages show it."""

    id: int
    title: str
    unit: str
    is_shown: bool
    floor_amount: int


@dataclass(frozen=True)
class AnnouncementInfo:
    id: int
    title: str
    link: str
    position: int
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class FriendLinkInfo:
    name: str
    address: str
    description: str


@dataclass(frozen=True)
class RuleSettingInfo:
    """What the owner set for a point rule, site-wide (board_id 0) or for a board."""

    amounts: Mapping[int, int]
    cycle: str | None
    times: int | None


@dataclass(frozen=True)
class Site:
    """Everything above in one immutable snapshot."""

    version: int
    settings: SiteSettings
    groups: Mapping[int, GroupInfo]
    boards: Mapping[int, BoardInfo]  # in display order: parents before children
    point_kinds: Mapping[int, PointKindInfo]
    rule_settings: Mapping[tuple[str, int], RuleSettingInfo]
    announcements: tuple[AnnouncementInfo, ...]
    friend_links: tuple[FriendLinkInfo, ...]
    _sets: dict[frozenset[int], BoardSets] = field(default_factory=dict, compare=False)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.general.time_zone)

    @cached_property
    def children(self) -> Mapping[int | None, tuple[BoardInfo, ...]]:
        """Boards by parent id, each in order; None holds the categories and top boards."""
        found: dict[int | None, list[BoardInfo]] = {}
        for board in self.boards.values():
            found.setdefault(board.parent_id, []).append(board)
        return {parent: tuple(boards) for parent, boards in found.items()}

    @cached_property
    def ladder(self) -> tuple[GroupInfo, ...]:
        """The groups entered by points, lowest first."""
        steps = [group for group in self.groups.values() if group.kind is GroupKind.LADDER]
        return tuple(sorted(steps, key=lambda group: group.points_from or 0))

    @cached_property
    def moderator_ids(self) -> frozenset[int]:
        """Every member appointed anywhere."""
        return frozenset(
            member_id for board in self.boards.values() for member_id, _ in board.moderators
        )

    def ancestors(self, board_id: int) -> tuple[BoardInfo, ...]:
        """From the category down to the board's parent."""
        chain: list[BoardInfo] = []
        board = self.boards[board_id]
        while board.parent_id is not None:
            board = self.boards[board.parent_id]
            chain.append(board)
        return tuple(reversed(chain))

    def category_id(self, board_id: int) -> int:
        """The id of the board's outermost ancestor (itself when it has none)."""
        chain = self.ancestors(board_id)
        return chain[0].id if chain else board_id

    def descendants(self, board_id: int) -> tuple[BoardInfo, ...]:
        """All boards below, in display order."""
        found: list[BoardInfo] = []
        for child in self.children.get(board_id, ()):
            found.append(child)
            found.extend(self.descendants(child.id))
        return tuple(found)

    def moderated_by(self, member_id: int) -> frozenset[int]:
        """Boards a member was appointed to, with those below where they inherit.

        A category always passes its moderators down; a board only when it says so.
        """
        found: set[int] = set()
        for board in self.boards.values():
            if any(moderator_id == member_id for moderator_id, _ in board.moderators):
                found.add(board.id)
                if board.is_category or board.inherits_moderators:
                    found.update(below.id for below in self.descendants(board.id))
        return frozenset(found)

    def board_sets(self, group_ids: frozenset[int], *, sees_hidden: bool) -> BoardSets:
        """What somebody in these groups may do where; worked out once per snapshot."""
        key = group_ids | ({-1} if sees_hidden else frozenset())
        sets = self._sets.get(key)
        if sets is None:
            sets = self._sets[key] = self._work_out(group_ids, sees_hidden)
        return sets

    def _work_out(self, group_ids: frozenset[int], sees_hidden: bool) -> BoardSets:
        groups = [self.groups[group_id] for group_id in group_ids if group_id in self.groups]
        may_visit = any(group.may_visit for group in groups)
        reads = any(group.read_access > 0 for group in groups)
        starts = any(group.permissions.get(May.START_THREADS) for group in groups)
        replies = any(group.permissions.get(May.REPLY) for group in groups)
        readable: set[int] = set()
        withheld: set[int] = set()
        startable: set[int] = set()
        repliable: set[int] = set()
        for board in self.boards.values():  # parents come first
            if not may_visit or (board.is_hidden and not sees_hidden):
                continue
            if board.parent_id is not None and board.parent_id not in readable | withheld:
                continue
            # A list replaces the group's own right, both ways.
            views = self._listed(board, BoardRight.VIEW, group_ids, reads or board.is_category)
            if board.parent_id in withheld or not views:
                if self._listed(board, BoardRight.VIEW, group_ids, True):
                    withheld.add(board.id)
                continue
            readable.add(board.id)
            if board.holds_threads and self._listed(board, BoardRight.POST, group_ids, starts):
                startable.add(board.id)
            if board.holds_threads and self._listed(board, BoardRight.REPLY, group_ids, replies):
                repliable.add(board.id)
        return BoardSets(*map(frozenset, (readable, startable, repliable, withheld)))

    @staticmethod
    def _listed(
        board: BoardInfo, right: BoardRight, group_ids: frozenset[int], otherwise: bool | int
    ) -> bool:
        listed = board.permissions.get(right)
        return bool(otherwise) if listed is None else bool(listed & group_ids)


def site_of(session: Session) -> Site:
    """The snapshot at the version this process last learnt (Database.cache.refresh)."""
    database: Database = session.info["database"]
    cache = database.cache
    version = cache.version(CacheName.SITE, session)
    return cache.get(CacheName.SITE, lambda: _read_site(session, version), session)


def fresh_site(session: Session) -> Site:
    """The snapshot as this very transaction sees it; for commands that just changed it."""
    return _read_site(session, -1)


def _read_site(s: Session, version: int) -> Site:
    return Site(
        version=version,
        settings=_read_settings(s),
        groups=_read_groups(s),
        boards=_read_boards(s),
        point_kinds={
            row.id: PointKindInfo(*row)
            for row in s.execute(
                select(
                    PointKind.id, PointKind.title, PointKind.unit, PointKind.is_shown,
                    PointKind.floor_amount,
                ).order_by(PointKind.id)
            )
        },
        rule_settings={
            (row.rule, row.board_id): RuleSettingInfo(
                {int(kind): amount for kind, amount in row.amounts.items()}, row.cycle, row.times
            )
            for row in s.scalars(select(PointRuleSetting))
        },
        announcements=tuple(
            AnnouncementInfo(*row)
            for row in s.execute(
                select(
                    Announcement.id, Announcement.title, Announcement.link, Announcement.position,
                    Announcement.starts_at, Announcement.ends_at,
                ).order_by(Announcement.position, Announcement.starts_at.desc(), Announcement.id.desc())
            )
        ),
        friend_links=tuple(
            FriendLinkInfo(*row)
            for row in s.execute(
                select(FriendLink.name, FriendLink.address, FriendLink.description).order_by(
                    FriendLink.position, FriendLink.id
                )
            )
        ),
    )  # fmt: skip


def _read_settings(s: Session) -> SiteSettings:
    stored: dict[str, dict[str, Any]] = {
        row.section: row.values for row in s.scalars(select(Setting))
    }
    return SiteSettings(
        **{name: decode_section(kind, stored.get(name, {})) for name, kind in SECTIONS.items()}
    )


def _read_groups(s: Session) -> dict[int, GroupInfo]:
    permissions: dict[int, dict[str, int]] = {}
    for group_id, key, value in s.execute(
        select(GroupPermission.group_id, GroupPermission.key, GroupPermission.value)
    ):
        permissions.setdefault(group_id, {})[key] = value
    return {
        row.id: GroupInfo(
            id=row.id,
            kind=row.kind,
            title=row.title,
            rank=Rank(row.rank),
            points_from=row.points_from,
            points_to=row.points_to,
            stars=row.stars,
            color=row.color,
            read_access=row.read_access,
            may_visit=row.may_visit,
            permissions=permissions.get(row.id, {}),
        )
        for row in s.scalars(select(Group).order_by(Group.id))
    }


def _read_boards(s: Session) -> dict[int, BoardInfo]:
    lists: dict[int, dict[BoardRight, set[int]]] = {}
    for board_id, right, group_id in s.execute(
        select(BoardPermission.board_id, BoardPermission.right, BoardPermission.group_id)
    ):
        lists.setdefault(board_id, {}).setdefault(right, set()).add(group_id)
    types: dict[int, list[TypeInfo]] = {}
    for board_id, type_id, name, for_moderators in s.execute(
        select(ThreadType.board_id, ThreadType.id, ThreadType.name, ThreadType.for_moderators)
        .where(~ThreadType.is_retired)
        .order_by(ThreadType.position, ThreadType.id)
    ):
        types.setdefault(board_id, []).append(TypeInfo(type_id, name, for_moderators))
    moderators: dict[int, list[tuple[int, str]]] = {}
    for board_id, member_id, name in s.execute(
        select(BoardModerator.board_id, Member.id, Member.name)
        .join(Member, Member.id == BoardModerator.member_id)
        .order_by(BoardModerator.position, Member.id)
    ):
        moderators.setdefault(board_id, []).append((member_id, name))
    by_parent: dict[int | None, list[Board]] = {}
    for row in s.scalars(select(Board).order_by(Board.position, Board.id)):
        by_parent.setdefault(row.parent_id, []).append(row)
    ordered: dict[int, BoardInfo] = {}
    waiting = list(reversed(by_parent.get(None, [])))
    while waiting:
        row = waiting.pop()
        waiting.extend(reversed(by_parent.get(row.id, [])))
        ordered[row.id] = BoardInfo(
            id=row.id,
            kind=row.kind,
            parent_id=row.parent_id,
            name=row.name,
            description_html=row.description_html,
            rules_html=row.rules_html,
            color=row.color,
            position=row.position,
            columns=row.columns,
            is_hidden=row.is_hidden,
            redirect_address=row.redirect_address,
            premoderation=row.premoderation,
            moderators_edit_rules=row.moderators_edit_rules,
            inherits_moderators=row.inherits_moderators,
            types_required=row.types_required,
            types_listed=row.types_listed,
            autoclose_days=row.autoclose_days,
            default_order=row.default_order,
            permissions={
                right: frozenset(groups) for right, groups in lists.get(row.id, {}).items()
            },
            types=tuple(types.get(row.id, ())),
            moderators=tuple(moderators.get(row.id, ())),
        )
    return ordered
