"""Does a page of boards change at once with everything it is made from, for whoever looks next?

A world in which things happen one after the other; after each, every reader must get from the kept
outlines the very pages they would get drawn anew.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from forum.commands.accounts.favorites import toggle_favorite_board
from forum.commands.accounts.registration import register_member
from forum.commands.announcements import AnnouncementDraft, create_announcement
from forum.commands.boards.tree import draft_of, edit_board
from forum.commands.counters import recount_threads
from forum.commands.edit_checks import OpeningChange
from forum.commands.friend_links import LinkDraft, create_link
from forum.commands.moderation.post_editing import EditOptions
from forum.commands.moderation.thread_marks import (
    DigestOptions,
    HighlightOptions,
    IconOptions,
    StickOptions,
)
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.posts import reply_to_thread
from forum.commands.settings import change_settings
from forum.commands.threads import ThreadOptions, start_thread
from forum.commands.visits import Sighting, note_board_visits, note_sightings
from forum.core.cache import CacheName
from forum.core.clock import utc_now
from forum.core.config import Config
from forum.factory import create_app
from forum.http.outlines import Outlines
from forum.models import Board, Member, Post, Thread, ThreadState, ThreadType
from tests.acting import log_in
from tests.commands.moderation.acting import Moderator, working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum

FRESH = re.compile(
    r'name="(?:csrf_token|submission_key)" value="[^"]+"|<p class="site-footer__end">.*</p>'
)
LONG_AGO = timedelta(days=40)


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    """Guests' pages are drawn like members': from outlines, not whole from the cache before Flask."""
    app = create_app(replace(config, page_cache=False))
    yield app
    app.extensions["database"].dispose()


@dataclass
class World:
    """Boards, threads and readers by name."""

    app: Flask
    forum: Forum
    boards: dict[str, int]
    threads: dict[str, int]
    members: dict[str, int]
    readers: dict[str, FlaskClient]
    log_id: int = 0

    @property
    def paths(self) -> tuple[str, ...]:
        first, far, below = (self.boards[name] for name in ("first", "far", "below"))
        return (
            "/", "/category-1.html", f"/forum-{first}-1.html", f"/forum-{first}-2.html",
            f"/forum-{first}-1.html?order=replies", f"/forum-{first}-1.html?digest=1",
            f"/forum-{first}-1.html?type=5", f"/forum-{far}-1.html", f"/forum-{below}-1.html",
            "/guide/new", "/guide/hot", "/guide/digest",
        )  # fmt: skip

    def pages(self) -> dict[tuple[str, str], str]:
        """What every reader gets at every address now."""
        found = {}
        for name, client in self.readers.items():
            few = name in ("muted", "moderator")
            for path in self.paths[:3] if few else self.paths:
                answer = client.get(path)
                assert answer.status_code in (200, 302, 404), (name, path)
                found[name, path] = FRESH.sub("", answer.text)
        return found

    def forget(self) -> None:
        self.app.extensions["outlines"] = Outlines()
        self.app.extensions["database"].info.pop("online", None)

    def does(self, change: Callable[..., Any], by: str, **more: Any) -> Any:
        with working(self.forum) as uow:
            return change(uow, self.forum.actor(self.members[by]), **more)

    def moderates(self, action: str, thread: str, options: Any = None, **more: Any) -> None:
        done = Moderator(self.forum, FOUNDER_ID).does(
            action, self.threads[thread], options=options, reason="试", **more
        )
        self.log_id = done.entry_id

    def opening(self, thread: str) -> int:
        with self.forum.read() as s:
            return s.scalars(
                select(Post.id).where(Post.thread_id == self.threads[thread], Post.floor == 1)
            ).one()

    def changes(self, model: Any, row_id: int, **values: Any) -> None:
        with working(self.forum) as uow:
            uow.session.execute(update(model).where(model.id == row_id).values(values))


@pytest.fixture
def world(app: Flask, forum: Forum) -> World:
    far_category = forum.category("远方")
    boards = {"first": FIRST_BOARD_ID, "far": forum.board("远处", far_category)}
    boards["below"] = forum.board("树洞", FIRST_BOARD_ID)
    boards["secret"] = forum.board("版主议事", viewers=(1, 2, 3))
    at = utc_now() - LONG_AGO
    members = {"founder": FOUNDER_ID}
    for name, more in (
        ("author", {}), ("reader", {"previous_visit_at": at - timedelta(days=1)}),
        ("other", {"previous_visit_at": utc_now() + timedelta(days=1)}), ("muted", {"group_id": 4}),
        ("moderator", {"group_id": 2}),
    ):  # fmt: skip
        members[name] = forum.member(f"成员{name}", **more)
    author = members["author"]
    with working(forum) as uow:
        uow.session.add(ThreadType(id=5, board_id=FIRST_BOARD_ID, name="求助"))
        uow.bump(CacheName.SITE)
    threads = {
        "plain": forum.thread(author, title="平常的帖", at=at, type_id=5),
        "far": forum.thread(author, boards["far"], title="处处置顶", at=at, sticky_level=3),
        "below": forum.thread(author, boards["below"], title="树洞里的", at=at),
        "secret": forum.thread(FOUNDER_ID, boards["secret"], title="CANARY", at=at, sticky_level=3),
    }
    for number in range(4):
        forum.thread(author, title=f"填充 {number}", at=at - timedelta(hours=number))
    readers = {"guest": app.test_client()}
    for name in ("reader", "other", "muted", "moderator"):
        readers[name] = app.test_client()
        log_in(readers[name], forum, members[name])
    return World(app, forum, boards, threads, members, readers)


def set_up(world: World) -> None:
    """Times as they are, not as they recede; pages of four threads."""
    site = world.forum.site()
    few = replace(site.settings.reading, relative_dates=False, threads_per_page=4)
    world.does(change_settings, "founder", section="reading", values=few)


def reply(world: World, thread: str) -> None:
    actor = world.members["author"]
    with working(world.forum) as uow:
        uow.session.execute(update(Member).where(Member.id == actor).values(last_post_at=None))
    words = f"回复{thread}的话"
    world.does(reply_to_thread, "author", thread_id=world.threads[thread], source=words)


def start(world: World) -> None:
    world.changes(Member, world.members["author"], last_post_at=None)
    world.threads["new"] = world.does(
        start_thread, "author", board_id=FIRST_BOARD_ID, title="刚开的新帖", source="说点什么好呢",
        type_id=5,
    ).thread_id  # fmt: skip


def retitle(world: World, thread: str) -> None:
    change = OpeningChange(f"改了{thread}", None, ThreadOptions())
    options = EditOptions("正文也改了", opening=change)
    Moderator(world.forum, FOUNDER_ID).does("post.edit", world.opening(thread), options=options)


def wait_for_approval(world: World) -> None:
    world.threads["pending"] = world.forum.thread(
        world.members["reader"], title="等人看过", state=ThreadState.PENDING
    )
    with working(world.forum) as uow:
        posts = update(Post).where(Post.thread_id == world.threads["pending"])
        uow.session.execute(posts.values(state="pending"))


def approve(world: World) -> None:
    moderator = Moderator(world.forum, FOUNDER_ID)
    moderator.does("post.approve", world.opening("pending"))


def visit(world: World) -> None:
    me = world.members["reader"]
    with working(world.forum) as uow:
        note_board_visits(uow, {(me, FIRST_BOARD_ID): uow.now, (me, world.boards["far"]): uow.now})


def see(world: World) -> None:
    with working(world.forum) as uow:
        seen = Sighting(f"m{FOUNDER_ID}", FOUNDER_ID, None, uow.now, uow.now)
        note_sightings(uow, [seen], visit_gap=timedelta(minutes=15))


def rename_board(world: World) -> None:
    with world.forum.read() as s:
        draft = draft_of(s.get_one(Board, world.boards["below"]))
    draft = replace(draft, name="改名的树洞", rules="新版规")
    world.does(edit_board, "founder", board_id=world.boards["below"], draft=draft)


def announce(world: World) -> None:
    draft = AnnouncementDraft("今晚维护", utc_now() - timedelta(days=1), body="停一小时")
    world.does(create_announcement, "founder", draft=draft)


def join(world: World) -> None:
    with working(world.forum) as uow:
        guest = world.forum.actor(None)
        register_member(
            uow, guest, name="新来的人", email="new@example.org", password_hash="x" * 60
        )


def count_anew(world: World) -> None:
    world.changes(Thread, world.threads["plain"], reply_count=33)
    world.forget()
    world.pages()
    with working(world.forum) as uow:
        assert recount_threads(uow)


CHANGES: dict[str, Callable[[World], Any]] = {
    "settings": set_up,
    "a reply": lambda world: reply(world, "plain"),
    "a reply in a board below": lambda world: reply(world, "below"),
    "a reply in another board's sticky thread": lambda world: reply(world, "far"),
    "a new thread": start,
    "a sticky thread": lambda world: world.moderates("thread.stick", "new", StickOptions(1)),
    "sticky everywhere": lambda world: world.moderates("thread.stick", "new", StickOptions(3)),
    "undone": lambda world: Moderator(world.forum, FOUNDER_ID).undoes(world.log_id),
    "an end date of a foreign sticky thread": lambda world: world.moderates(
        "thread.stick", "far", StickOptions(3), expires_at=utc_now() + timedelta(days=3)
    ),
    "undone as well": lambda world: Moderator(world.forum, FOUNDER_ID).undoes(world.log_id),
    "a highlight": lambda world: world.moderates("thread.highlight", "plain", HighlightOptions(2)),
    "a digest": lambda world: world.moderates("thread.digest", "plain", DigestOptions(2)),
    "an icon": lambda world: world.moderates("thread.icon", "plain", IconOptions("hot")),
    "a recommendation": lambda world: world.moderates("thread.recommend", "plain"),
    "a closed thread": lambda world: world.moderates("thread.close", "plain"),
    "moved": lambda world: world.moderates(
        "thread.move", "new", MoveOptions(world.boards["far"], None, True)
    ),
    "another title, also of a pointer": lambda world: retitle(world, "new"),
    "another title of a foreign sticky thread": lambda world: retitle(world, "far"),
    "a deletion": lambda world: world.moderates("thread.delete", "plain"),
    "restored": lambda world: world.moderates("thread.restore", "plain"),
    "deleted everywhere": lambda world: world.moderates("thread.delete", "far"),
    "something waits": wait_for_approval,
    "approved": approve,
    "a favorite": lambda world: world.does(
        toggle_favorite_board, "reader", board_id=FIRST_BOARD_ID
    ),
    "another's favorite": lambda world: world.does(
        toggle_favorite_board, "moderator", board_id=FIRST_BOARD_ID
    ),
    "a visit": visit,
    "an earlier visit": lambda world: world.changes(
        Member, world.members["other"], previous_visit_at=None
    ),
    "a right": lambda world: world.changes(Member, world.members["muted"], group_id=10),
    "somebody seen": see,
    "another name of a board": rename_board,
    "an announcement": announce,
    "a friend": lambda world: world.does(
        create_link, "founder", draft=LinkDraft("甲站", "https://a.example/", "")
    ),
    "somebody joins": join,
    "counted anew": count_anew,
}


def test_every_page_follows_everything_it_is_made_from(world: World) -> None:
    before = world.pages()
    for name, change in CHANGES.items():
        change(world)
        kept = world.pages()
        world.forget()
        drawn = world.pages()

        changed = [key for key in drawn if kept[key] != drawn[key]]
        assert not changed, (name, changed)
        assert name in ("settings", "counted anew") or drawn != before, name
        assert not any("CANARY" in page for (who, _), page in drawn.items() if who != "moderator")
        before = drawn
