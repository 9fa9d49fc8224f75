"""Rows for tests, made directly: what commands would leave behind, counters included."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.db import Database
from forum.core.names import email_key, name_key
from forum.core.uow import unit_of_work
from forum.models import (
    Attempt,
    Board,
    BoardKind,
    BoardModerator,
    BoardPermission,
    BoardRight,
    Member,
    Post,
    Thread,
    ThreadState,
)
from forum.policies.actor import Actor
from forum.queries.actors import actor_for_member, guest_actor
from forum.queries.site import Site, site_of

FOUNDER_ID = 1
FOUNDER_PASSWORD = "correct horse battery"
FIRST_BOARD_ID = 2


@dataclass
class Forum:
    """A forum under test. Each method is a committed change; ids come back."""

    database: Database

    def read(self) -> Session:
        session = self.database.read_session()
        self.database.cache.refresh(session)
        return session

    def commit(self) -> None:
        """Somebody commits what no page shows; from then on everything is read again."""
        with unit_of_work(self.database) as uow:
            uow.session.add(Attempt(key=f"test:{uow.now}", since=uow.now, count=1))

    def site(self) -> Site:
        with self.read() as s:
            return site_of(s)

    def actor(self, member_id: int | None, now: datetime | None = None) -> Actor:
        with self.read() as s:
            site = site_of(s)
            if member_id is None:
                return guest_actor(site, now or utc_now())
            return actor_for_member(s, site, member_id, now or utc_now())

    def board(
        self,
        name: str = "闲聊灌水",
        parent_id: int | None = 1,
        *,
        viewers: tuple[int, ...] | None = None,
        **columns: Any,
    ) -> int:
        """A board; `viewers` lists the groups that may see it."""
        with unit_of_work(self.database) as uow:
            board = Board(name=name, parent_id=parent_id, created_at=uow.now, **columns)
            uow.session.add(board)
            uow.session.flush()  # board.id
            for group_id in viewers or ():
                uow.session.add(
                    BoardPermission(board_id=board.id, right=BoardRight.VIEW, group_id=group_id)
                )
            uow.bump(CacheName.SITE)
            return board.id

    def category(self, name: str = "生活休闲", **columns: Any) -> int:
        return self.board(name, None, kind=BoardKind.CATEGORY, **columns)

    def member(
        self, name: str = "王小明", *, group_id: int = 10, password_hash: str = "", **columns: Any
    ) -> int:
        with unit_of_work(self.database) as uow:
            email = columns.pop("email", "")
            member = Member(
                name=name, name_key=name_key(name), group_id=group_id, password_hash=password_hash,
                email=email, email_key=email_key(email), created_at=uow.now - timedelta(days=30), **columns,
            )  # fmt: skip
            uow.session.add(member)
            uow.session.flush()  # member.id
            return member.id

    def moderator(self, board_id: int, name: str = "韩梅梅", *, group_id: int = 3) -> int:
        member_id = self.member(name, group_id=group_id)
        with unit_of_work(self.database) as uow:
            uow.session.add(
                BoardModerator(board_id=board_id, member_id=member_id, appointed_at=uow.now)
            )
            uow.bump(CacheName.SITE)
        return member_id

    def thread(
        self,
        author_id: int = FOUNDER_ID,
        board_id: int = FIRST_BOARD_ID,
        *,
        title: str = "旧笔记本升级记录",
        source: str = "换了内存和固态，速度飞起。",
        replies: int = 0,
        repliers: tuple[int, ...] = (),
        at: datetime | None = None,
        **columns: Any,
    ) -> int:
        """A thread with its opening post and `replies` replies a second apart."""
        with unit_of_work(self.database) as uow:
            s = uow.session
            began = at or uow.now - timedelta(days=1)
            author = s.get_one(Member, author_id)
            state = columns.setdefault("state", ThreadState.VISIBLE)
            last_id = repliers[replies % len(repliers)] if replies and repliers else author_id
            last_name = s.get_one(Member, last_id).name
            who = repliers or (author_id,)
            columns.setdefault("heat", len({who[n % len(who)] for n in range(1, replies + 1)}))
            thread = Thread(
                board_id=board_id, author_id=author_id, author_name=author.name, title=title,
                created_at=began, last_post_at=began + timedelta(seconds=replies),
                last_poster_id=last_id, last_poster_name=last_name, reply_count=replies,
                last_floor=replies + 1,
                **columns,
            )  # fmt: skip
            s.add(thread)
            s.flush()  # thread.id
            posts = []
            for index in range(replies + 1):
                poster = (
                    author_id if index == 0 or not repliers else repliers[index % len(repliers)]
                )
                posts.append(
                    Post(
                        thread_id=thread.id,
                        floor=index + 1,
                        author_id=poster,
                        renderer_version=1,
                        source=source if index == 0 else f"第 {index + 1} 楼，路过看看。",
                        html=f"<p>{source}</p>"
                        if index == 0
                        else f"<p>第 {index + 1} 楼，路过看看。</p>",
                        created_at=began + timedelta(seconds=index),
                        address="192.0.2.1",
                    )
                )
                if state is ThreadState.VISIBLE:
                    s.execute(
                        update(Member)
                        .where(Member.id == poster)
                        .values(
                            post_count=Member.post_count + 1,
                            thread_count=Member.thread_count + (1 if index == 0 else 0),
                        )
                    )
            s.add_all(posts)
            s.flush()  # post ids
            thread.first_post_id = posts[0].id
            if state is ThreadState.VISIBLE:
                s.execute(
                    update(Board)
                    .where(Board.id == board_id)
                    .values(
                        thread_count=Board.thread_count + 1,
                        post_count=Board.post_count + replies + 1,
                        version=Board.version + 1,
                        last_thread_id=thread.id,
                        last_title=title,
                        last_post_at=thread.last_post_at,
                        last_poster_id=last_id,
                        last_poster_name=last_name,
                    )
                )
            return thread.id
