"""Making an empty database a forum: groups, point kinds, a first board, the founder."""

from dataclasses import dataclass

from sqlalchemy import func, select

from forum.core.cache import CacheName
from forum.core.db import Base
from forum.core.names import name_key
from forum.core.uow import UnitOfWork
from forum.models import (
    Board,
    BoardKind,
    Group,
    GroupKind,
    GroupPermission,
    Member,
    ModLogHead,
    PointKind,
    Thread,
)
from forum.policies.permissions import PERMISSIONS

# (id, kind, rank, title, points from, to, stars, may visit, reading access): the nineteen groups a
# fresh Discuz! X3.4 has, with its ids, because imported members keep theirs. Rank: policies/actor.py.
_S, _L, _X = GroupKind.SYSTEM, GroupKind.LADDER, GroupKind.SPECIAL
DEFAULT_GROUPS = (
    (1, _S, 3, "管理员", None, None, 9, True, 200),
    (2, _S, 2, "超级版主", None, None, 8, True, 150),
    (3, _S, 1, "版主", None, None, 7, True, 100),
    (4, _S, 0, "禁止发言", None, None, 0, True, 1),  # Discuz!: 0, and they read less than guests
    (5, _S, 0, "禁止访问", None, None, 0, False, 0),
    (6, _S, 0, "禁止 IP", None, None, 0, False, 0),
    (7, _S, 0, "游客", None, None, 0, True, 1),
    (8, _S, 0, "等待验证会员", None, None, 0, True, 0),
    (9, _L, 0, "限制会员", -9999999, 0, 0, True, 0),
    (10, _L, 0, "新手上路", 0, 50, 1, True, 10),
    (11, _L, 0, "注册会员", 50, 200, 2, True, 20),
    (12, _L, 0, "中级会员", 200, 500, 3, True, 30),
    (13, _L, 0, "高级会员", 500, 1000, 4, True, 50),
    (14, _L, 0, "金牌会员", 1000, 3000, 6, True, 70),
    (15, _L, 0, "论坛元老", 3000, 9999999, 8, True, 90),
    (16, _X, 1, "实习版主", None, None, 7, True, 100),
    (17, _X, 2, "网站编辑", None, None, 8, True, 150),
    (18, _X, 3, "信息监察员", None, None, 9, True, 200),
    (19, _X, 1, "审核员", None, None, 7, True, 100),
)
DEFAULT_POINT_KINDS = ((1, "威望"), (2, "金钱"), (3, "贡献"))
FIRST_CATEGORY = "社区"
FIRST_BOARD = "默认版块"
ADMINISTRATORS = 1


@dataclass(frozen=True)
class Founder:
    """The account made at the first start."""

    member_id: int
    name: str


def is_installed(uow: UnitOfWork) -> bool:
    """Has this database been made a forum already? One statement."""
    return bool(uow.session.scalar(select(select(Group.id).exists())))


def holds_threads(uow: UnitOfWork) -> bool:
    """Is there any thread, whatever its state? One statement."""
    return bool(uow.session.scalar(select(select(Thread.id).exists())))


def install(uow: UnitOfWork, *, founder_name: str, password_hash: str) -> Founder:
    """Fill an empty database with what every forum starts from.

    :param password_hash: of a one-time password the founder must change at the first login.
    """
    s = uow.session
    for group_id, kind, rank, title, low, high, stars, may_visit, access in DEFAULT_GROUPS:
        s.add(
            Group(
                id=group_id, kind=kind, rank=rank, title=title, points_from=low, points_to=high,
                stars=stars, may_visit=may_visit, read_access=access,
            )
        )  # fmt: skip
    s.flush()  # groups before the rows that point to them
    s.add_all(
        GroupPermission(group_id=group_id, key=permission.key, value=value)
        for permission in PERMISSIONS.values()
        for group_id, value in permission.defaults.items()
        if value
    )
    s.add_all(PointKind(id=kind_id, title=title) for kind_id, title in DEFAULT_POINT_KINDS)
    s.add(ModLogHead(id=1))

    category = Board(id=1, kind=BoardKind.CATEGORY, name=FIRST_CATEGORY, created_at=uow.now)
    s.add(category)
    s.flush()  # the board points to it
    s.add(Board(id=2, parent_id=1, name=FIRST_BOARD, created_at=uow.now))
    founder = Member(
        id=1, name=founder_name, name_key=name_key(founder_name), is_founder=True,
        group_id=ADMINISTRATORS, password_hash=password_hash, password_is_temporary=True,
        created_at=uow.now,
    )  # fmt: skip
    s.add(founder)
    s.flush()  # the ids given by hand
    advance_sequences(uow)

    uow.bump(CacheName.SITE)
    return Founder(founder.id, founder.name)


def advance_sequences(uow: UnitOfWork, *models: type[Base]) -> None:
    """Bring PostgreSQL's sequences above the ids given by hand (SQLite needs nothing).

    Imported rows keep their ids, so this runs after every import too.

    :param models: whose ids were given by hand; none = those of `install`.
    """
    if uow.session.get_bind().dialect.name != "postgresql":
        return
    for model in models or (Group, Board, Member, PointKind, ModLogHead):
        table, key = model.__tablename__, model.__table__.c.id
        uow.session.execute(
            select(
                func.setval(
                    func.pg_get_serial_sequence(table, "id"),
                    select(func.greatest(func.coalesce(func.max(key), 0), 1)).scalar_subquery(),
                    # an empty table begins with 1, not after it
                    select(func.max(key).is_not(None)).scalar_subquery(),
                )
            )
        )
