"""Read models of logging in, the settings pages and favorites."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from forum.core.names import email_key, name_key
from forum.core.paging import Pager, pager
from forum.models import (
    Favorite,
    FavoriteKind,
    LoginSession,
    MailToken,
    Member,
    MemberState,
    Thread,
    ThreadState,
)
from forum.policies.actor import Actor
from forum.queries.actors import token_hash
from forum.queries.site import BoardInfo, Site

FAVORITES_PER_PAGE = 20
LARGEST_ID = 2**53


@dataclass(frozen=True)
class Credentials:
    """Whom somebody says to be, and what the password is checked against ("" = cannot log in)."""

    member_id: int
    password_hash: str


def credentials(s: Session, typed: str) -> Credentials | None:
    """The account for a name, a confirmed e-mail address, or a member's number. One statement.

    A name that is all digits wins over the number.
    """
    typed = typed.strip()
    is_number = typed.isascii() and typed.isdigit() and int(typed) < LARGEST_ID
    by_name = Member.name_key == name_key(typed)
    by_email = and_(Member.email_key == email_key(typed), Member.email_confirmed_at.is_not(None))
    by_number = Member.id == (int(typed) if is_number else -1)
    row = s.execute(
        select(Member.id, Member.password_hash)
        .where(or_(by_name, by_email, by_number))
        .order_by(case((by_email, 0), (by_name, 1), else_=2))
        .limit(1)
    ).one_or_none()
    return None if row is None else Credentials(row.id, row.password_hash)


def password_hash_of(s: Session, member_id: int) -> str:
    """What a member's old password is checked against. One statement."""
    return s.scalar(select(Member.password_hash).where(Member.id == member_id)) or ""


@dataclass(frozen=True)
class LinkFacts:
    """What the page behind a mailed link shows."""

    member_name: str
    email: str


def link_facts(
    s: Session, token: str, purposes: tuple[str, ...], now: datetime
) -> LinkFacts | None:
    """What a link stands for, None when it is dead for sure. One statement.

    Whether the password has changed since is asked when the link is used.
    """
    row = s.execute(
        select(Member.name, MailToken.email)
        .join(Member, Member.id == MailToken.member_id)
        .where(
            MailToken.token_hash == token_hash(token),
            MailToken.purpose.in_(purposes),
            MailToken.used_at.is_(None),
            MailToken.expires_at > now,
        )
    ).one_or_none()
    return None if row is None else LinkFacts(*row)


@dataclass(frozen=True)
class OwnProfile:
    """What the settings pages show a member of oneself."""

    name: str
    email: str
    is_email_confirmed: bool
    waiting_email: str | None
    time_zone: str
    locale: str
    signature: str
    custom_title: str
    is_invisible: bool
    avatar: str


def own_profile(s: Session, member_id: int, now: datetime) -> OwnProfile:
    """One statement."""
    waiting = (
        select(MailToken.email)
        .where(
            MailToken.member_id == Member.id,
            MailToken.purpose == "confirm",
            MailToken.used_at.is_(None),
            MailToken.expires_at > now,
        )
        .order_by(MailToken.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    row = s.execute(
        select(
            Member.name, Member.email, Member.email_confirmed_at.is_not(None), waiting,
            Member.time_zone, Member.locale, Member.signature, Member.custom_title,
            Member.is_invisible, Member.avatar,
        ).where(Member.id == member_id)
    ).one()  # fmt: skip
    return OwnProfile(*row)


@dataclass(frozen=True)
class OwnSession:
    """A device that is logged in."""

    id: int
    is_this: bool
    is_remembered: bool
    address: str
    agent: str
    created_at: datetime
    last_seen_at: datetime


def own_sessions(s: Session, actor: Actor) -> tuple[OwnSession, ...]:
    """The actor's open sessions, this one first. One statement."""
    is_this = LoginSession.id == (actor.session_id or 0)
    rows = s.execute(
        select(
            LoginSession.id, is_this, LoginSession.is_remembered, LoginSession.address,
            LoginSession.agent, LoginSession.created_at, LoginSession.last_seen_at,
        )
        .where(LoginSession.member_id == actor.member_id, LoginSession.expires_at > actor.now)
        .order_by(is_this.desc(), LoginSession.id.desc())
    )  # fmt: skip
    return tuple(OwnSession(*row) for row in rows)


@dataclass(frozen=True)
class AvatarFacts:
    """What an avatar is made from."""

    name: str
    avatar: str


def avatar_facts(s: Session, member_id: int) -> AvatarFacts | None:
    """One statement."""
    row = s.execute(select(Member.name, Member.avatar).where(Member.id == member_id)).one_or_none()
    return None if row is None else AvatarFacts(*row)


@dataclass(frozen=True)
class FavoriteThread:
    """A kept thread, as the list shows it."""

    id: int
    title: str
    board_id: int
    author_id: int
    author_name: str
    reply_count: int
    view_count: int
    last_post_at: datetime
    kept_at: datetime


@dataclass(frozen=True)
class FavoriteThreads:
    rows: tuple[FavoriteThread, ...]
    pager: Pager
    total: int


def favorite_threads(s: Session, actor: Actor, page: int) -> FavoriteThreads:
    """The threads the actor keeps and may still read, newest first. Two statements."""
    wanted = (
        Favorite.member_id == actor.member_id,
        Favorite.kind == FavoriteKind.THREAD,
        Thread.board_id.in_(actor.readable),
        or_(
            Thread.board_id.in_(actor.moderated),
            and_(
                Thread.state == ThreadState.VISIBLE,
                or_(Thread.read_access <= actor.read_access, Thread.author_id == actor.member_id),
            ),
        ),
    )
    source = select(Favorite.target_id).join(Thread, Thread.id == Favorite.target_id)
    total = s.scalar(select(func.count()).select_from(source.where(*wanted).subquery())) or 0
    paged = pager(page, total, FAVORITES_PER_PAGE)
    rows = s.execute(
        select(
            Thread.id, Thread.title, Thread.board_id, Thread.author_id, Thread.author_name,
            Thread.reply_count + Thread.comment_count, Thread.view_count, Thread.last_post_at,
            Favorite.created_at,
        )
        .join(Thread, Thread.id == Favorite.target_id)
        .where(*wanted)
        .order_by(Favorite.created_at.desc(), Favorite.target_id.desc())
        .limit(FAVORITES_PER_PAGE)
        .offset((paged.page - 1) * FAVORITES_PER_PAGE)  # a member's own few rows
    )  # fmt: skip
    return FavoriteThreads(tuple(FavoriteThread(*row) for row in rows), paged, total)


def favorite_boards(s: Session, site: Site, actor: Actor) -> tuple[BoardInfo, ...]:
    """The boards the actor keeps and may still see, in the site's order. One statement."""
    kept = set(
        s.scalars(
            select(Favorite.target_id).where(
                Favorite.member_id == actor.member_id, Favorite.kind == FavoriteKind.BOARD
            )
        )
    )
    return tuple(
        board for board in site.boards.values() if board.id in kept and board.id in actor.readable
    )


@dataclass(frozen=True)
class UnclaimedAccount:
    """An account an import made, for the founder's list."""

    id: int
    name: str
    post_count: int
    claimed_group_id: int | None
    email: str  # a link was sent there and waits


def unclaimed_accounts(s: Session) -> tuple[UnclaimedAccount, ...]:
    """Accounts nobody has taken over yet, the busiest first. One statement."""
    rows = s.execute(
        select(Member.id, Member.name, Member.post_count, Member.claimed_group_id, Member.email)
        .where(Member.state == MemberState.UNCLAIMED)
        .order_by(Member.post_count.desc(), Member.id)
        .limit(200)
    )
    return tuple(UnclaimedAccount(*row) for row in rows)
