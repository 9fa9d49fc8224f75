"""Does anything that is hidden show on a side path? (security.md, row 12)

Every hidden thing has a word of its own; everybody who may not see it asks for every address.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.commands.search_index import reindex_thread
from forum.core.clock import utc_now
from forum.core.uow import unit_of_work
from forum.models import (
    Favorite,
    FavoriteKind,
    Member,
    Notice,
    Post,
    PostRevision,
    PostState,
    Setting,
    Thread,
    ThreadState,
)
from tests.factories import FIRST_BOARD_ID, Forum
from tests.walking import World, build, rules, visitor

OUTSIDERS = ("guest", "muted", "member", "elsewhere")


@dataclass
class Secrets:
    """Words nobody outside may meet, and the ids of what holds them."""

    words: dict[str, str] = field(default_factory=dict)
    threads: list[int] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    boards: list[int] = field(default_factory=list)


def hide(forum: Forum, world: World) -> Secrets:
    """Threads and posts in every state that is not for everybody, on a board that is."""
    secrets, owner = Secrets(), world.members["administrator"]
    assert owner is not None

    def word(of: str) -> str:
        return secrets.words.setdefault(of, f"canary{of.replace('-', '')}")

    hidden = forum.board(word("hidden-board"), is_hidden=True)
    staff = forum.board(word("staff-board"), viewers=(1, 2, 3))
    below = forum.board(word("board-below"), staff)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(  # who moderates elsewhere is in the staff's group, which is enough for that board
            update(Member).where(Member.id == world.members["elsewhere"]).values(group_id=10)
        )
    secrets.boards = [hidden, staff, below]
    for board, name in (
        (hidden, "thread-hidden"),
        (staff, "thread-staff"),
        (below, "thread-below"),
    ):
        secrets.threads.append(_thread(forum, owner, board, word(name), sticky_level=3, digest_level=3, heat=500))  # fmt: skip
    for state in (
        ThreadState.PENDING,
        ThreadState.RECYCLED,
        ThreadState.IGNORED,
        ThreadState.DRAFT,
    ):
        secrets.threads.append(_thread(forum, owner, FIRST_BOARD_ID, word(f"thread-{state.value}"), state=state))  # fmt: skip
    secrets.threads.append(_thread(forum, owner, FIRST_BOARD_ID, word("thread-access"), title="标题列出，内容有阅读权限", read_access=150))  # fmt: skip
    secrets.posts = _hidden_posts(forum, world, owner, word)
    with forum.read() as s:
        secrets.posts += s.scalars(select(Post.id).where(Post.thread_id.in_(secrets.threads)))
    with unit_of_work(forum.database) as uow:
        for thread_id in (*secrets.threads, world.ids["thread_id"]):
            reindex_thread(uow, thread_id)
        uow.session.add(Setting(section="search", values={"interval": 0}))
    return secrets


def _thread(forum: Forum, owner: int, board: int, word: str, **more: Any) -> int:
    more = {"title": f"{word} title", "source": f"{word} text", **more}
    thread_id = forum.thread(owner, board, replies=1, **more)
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Post)
            .where(Post.thread_id == thread_id, Post.floor == 2)
            .values(source=f"{word} reply", html=f"{word} reply")
        )
    return thread_id


def _hidden_posts(forum: Forum, world: World, owner: int, word: Callable[[str], str]) -> list[int]:
    """Replies in a thread everybody reads: waiting, deleted, blocked; and an old wording."""
    with unit_of_work(forum.database) as uow:
        thread = uow.session.get_one(Thread, world.ids["thread_id"])
        made = []
        for name, values in (
            ("post-pending", {"state": PostState.PENDING}),
            ("post-recycled", {"state": PostState.RECYCLED}),
            ("post-ignored", {"state": PostState.IGNORED}),
            ("post-blocked", {"is_blocked": True}),
        ):
            thread.last_floor += 1
            post = Post(
                thread_id=thread.id, floor=thread.last_floor, author_id=owner, renderer_version=1, source=word(name),
                html=word(name), created_at=utc_now(), address="192.0.2.9", **values,
            )  # fmt: skip
            uow.session.add(post)
            uow.session.flush()  # post.id
            made.append(post.id)
        revision = PostRevision(
            post_id=world.ids["post_id"], source=word("revision"), editor_id=owner, created_at=utc_now()
        )  # fmt: skip
        uow.session.add(revision)
        return made


@pytest.fixture
def world(forum: Forum) -> World:
    return build(forum)


@pytest.fixture
def secrets(forum: Forum, world: World) -> Secrets:
    return hide(forum, world)


def addresses(app: Flask, world: World, secrets: Secrets) -> list[str]:
    """Every GET address with every hidden thing in it, and every way of asking for lists."""
    found: set[str] = set()
    for rule in rules(app):
        found.add(world.address(rule))
        if rule.endswith(".php"):
            continue
        for name, ids in (
            ("thread_id", secrets.threads), ("post_id", secrets.posts), ("board_id", secrets.boards),
        ):  # fmt: skip
            if f":{name}>" in rule:
                found |= {world.address(rule, **{name: one}) for one in ids}
    for one in secrets.threads:
        found |= {f"/thread-{one}/floor?floor={floor}" for floor in (1, 2)}
        found |= {f"/forum.php?mod=viewthread&tid={one}", f"/archiver/tid-{one}.html"}
    thread_id = world.ids["thread_id"]
    for post_id in secrets.posts:
        found.add(f"/thread-{thread_id}/reply?quote={post_id}")
        found.add(f"/forum.php?mod=redirect&goto=findpost&ptid={thread_id}&pid={post_id}")
    found |= {f"/thread-{thread_id}/floor?floor={floor}" for floor in range(3, 9)}
    found |= {f"/search?q={word}&kind={kind}" for word in secrets.words.values() for kind in ("titles", "posts")}  # fmt: skip
    owner = world.members["administrator"]
    found |= {f"/space-uid-{owner}.html{asked}" for asked in ("", "?do=thread", "?do=reply")}
    found |= {f"/forum-2-1.html{asked}" for asked in ("?digest=1", "?order=created", "?filter=hot")}
    found |= {"/guide/new?rss=1", "/index.atom", "/forum-2.atom", f"/thread-{thread_id}-1-1.html?order=newest"}  # fmt: skip
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize("persona", OUTSIDERS)
def test_nothing_hidden_shows_on_any_path(
    app: Flask, forum: Forum, world: World, secrets: Secrets, persona: str
) -> None:
    member_id = world.members[persona]
    if member_id is not None:
        _knows_of_them(forum, member_id, secrets)
    client, leaks = visitor(app, forum, member_id), []

    for path in addresses(app, world, secrets):
        with client.get(path, follow_redirects=True) as answer:
            assert answer.status_code < 500, path
            if answer.mimetype.startswith("image"):
                continue
            text = answer.text.lower()
        asked = path.partition("q=")[2].partition("&")[0]  # a search repeats what was typed
        leaks += [
            f"{path}: {word}" for word in secrets.words.values() if word in text and word != asked
        ]
        if asked and any(f"/thread-{one}-" in text for one in secrets.threads[:-1]):
            leaks.append(f"{path} found what it may not")

    assert leaks == []


def _knows_of_them(forum: Forum, member_id: int, secrets: Secrets) -> None:
    """They once could see the threads: they kept them, and were told of answers."""
    with unit_of_work(forum.database) as uow:
        for thread_id in secrets.threads:
            uow.session.add(Favorite(member_id=member_id, kind=FavoriteKind.THREAD, target_id=thread_id, created_at=uow.now))  # fmt: skip
            uow.session.add(
                Notice(
                    member_id=member_id,
                    kind="replied",
                    thread_id=thread_id,
                    data={},
                    created_at=uow.now,
                )
            )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_words_are_there_for_those_who_may(
    app: Flask, forum: Forum, world: World, secrets: Secrets
) -> None:
    client, seen = visitor(app, forum, world.members["founder"]), set()

    for path in addresses(app, world, secrets):
        if "/search" in path:
            continue
        with client.get(path) as answer:
            if not answer.mimetype.startswith("image"):
                seen |= {word for word in secrets.words.values() if word in answer.text.lower()}

    # A draft is its author's alone.
    assert set(secrets.words.values()) - seen <= {secrets.words["thread-draft"]}
