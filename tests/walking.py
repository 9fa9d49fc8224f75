"""A small forum with one of everything, its personas, and a real address for each rule of the application.

For tests that go everywhere: who may, what is written, what leaks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum.commands.messages import send_message
from forum.commands.moderation import perform
from forum.commands.tags import follow_tags
from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import (
    Announcement,
    FriendLink,
    LoginSession,
    Member,
    MemberState,
    ModLogEntry,
    Post,
    Thread,
)
from forum.queries.actors import token_hash
from tests.acting import log_in
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

MUTED_GROUP, BANNED_GROUP = 4, 5
# From least to most; "author" wrote the thread everybody walks over.
PERSONAS = (
    "guest", "banned", "muted", "member", "author", "elsewhere", "moderator", "administrator", "founder",
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """Ids of the things the addresses name."""

    ids: dict[str, int]
    members: dict[str, int | None]

    def address(self, rule: str, **more: object) -> str:
        """A rule of the application with this world's things in it."""
        values: dict[str, object] = {
            "name": "drawn-big" if rule.startswith("/avatar") else "founder",
            "key": "thread.close", "token": "no-such-token", "page": 1, "list_page": 1, "number": 1,
            "direction": "older", "kind": "tid", "kind_id": 3,
            "form": "rss", **self.ids, **more,
        }  # fmt: skip
        if rule.startswith("/guide/"):
            values["name"] = "hot"
        if rule.startswith("/tag/"):
            values["name"] = "旧物"
        if rule.endswith("/hand-over"):
            values["member_id"] = self.ids["unclaimed_id"]

        def value(match: re.Match[str]) -> str:
            return str(values.get(match[1], 1))

        return re.sub(r"<(?:[^:<>]+(?:\([^)]*\))?:)?(\w+)>", value, rule)


def build(forum: Forum) -> World:
    """A board with a moderator, a thread by a member, an announcement, a link: one of everything."""
    elsewhere = forum.board("别处")
    author = forum.member("作者")
    thread = forum.thread(author, title="走遍论坛的主题", replies=2, repliers=(author,))
    older = forum.thread(author, title="更早的主题", at=utc_now() - timedelta(days=3))
    members: dict[str, int | None] = {
        "guest": None,
        "banned": forum.member("禁止访问者", group_id=BANNED_GROUP, former_group_id=10),
        "muted": forum.member("禁言者", group_id=MUTED_GROUP, former_group_id=10),
        "member": forum.member("会员"),
        "author": author,
        "elsewhere": forum.moderator(elsewhere, "别处版主"),
        "moderator": forum.moderator(FIRST_BOARD_ID, "本版版主"),
        "administrator": forum.member("管理员甲", group_id=1),
        "founder": FOUNDER_ID,
    }
    with unit_of_work(forum.database) as uow:
        uow.session.add(Announcement(id=1, title="公告", body="内容", author_id=FOUNDER_ID, starts_at=uow.now))  # fmt: skip
        uow.session.add(FriendLink(id=1, name="友站", address="https://example.org/"))
    with unit_of_work(forum.database) as uow:
        uow.session.get_one(Member, FOUNDER_ID).password_is_temporary = False
    addressee = members["member"]
    assert addressee is not None
    with unit_of_work(forum.database) as uow:
        message = send_message(
            uow, forum.actor(author), recipient_id=addressee, source="只有我们两个知道。"
        )
        uow.session.get_one(Thread, thread).tags = "旧物"
        follow_tags(uow, [thread])
    moderator = forum.actor(members["moderator"])
    with unit_of_work(forum.database) as uow:
        perform(uow, moderator, "thread.close", [older])
    with forum.read() as s:
        entry = s.scalar(select(ModLogEntry.id))
        post = s.scalar(select(Post.id).where(Post.thread_id == thread, Post.floor == 2))
    assert post is not None
    assert entry is not None
    ids = {
        "thread_id": thread, "post_id": post, "board_id": FIRST_BOARD_ID, "announcement_id": 1, "link_id": 1,
        "member_id": author, "message_id": message, "group_id": 16, "entry_id": entry,
        "unclaimed_id": forum.member("未认领", state=MemberState.UNCLAIMED),
    }  # fmt: skip
    return World(ids, members)


def visitor(app: Flask, forum: Forum, member_id: int | None) -> FlaskClient:
    """A browser of this member, with the staff panels open."""
    client = app.test_client()
    if member_id is not None:
        token = log_in(client, forum, member_id)
        with unit_of_work(forum.database) as uow:
            uow.session.execute(
                update(LoginSession)
                .where(LoginSession.token_hash == token_hash(token))
                .values(panel_until=utc_now() + timedelta(minutes=30))
            )
    return client


def rules(app: Flask, method: str = "GET") -> Iterator[str]:
    """Every address of the application that answers this method."""
    seen = set()
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.rule not in seen:
            seen.add(rule.rule)
            yield rule.rule


def plain(rule: str) -> str:
    """A rule without the noise of its limits and without blanks: `<int(max=9):id>` is `<int:id>`."""
    return re.sub(r"<int\([^)]*\):", "<int:", rule).replace(", ", "|")
