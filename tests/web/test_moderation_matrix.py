"""Who may do what to what, from where to where? The table of moderation_matrix.txt, asked by real requests.

A cell that says no is sent for good, with the mark of a preview where one is needed: it must be
refused and change nothing. One that says yes is shown what it would do; deeds are done below.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from forum.commands.moderation import ACTIONS
from forum.core.cache import CacheName
from forum.core.uow import unit_of_work
from forum.models import (
    BoardModerator,
    MemberState,
    ModLogEntry,
    NetworkBan,
    Post,
    PostState,
    TargetKind,
    Thread,
    ThreadState,
)
from forum.modlog.registry import Action
from tests.commands.moderation.acting import row
from tests.factories import Forum
from tests.walking import visitor

TABLE = Path(__file__).with_name("moderation_matrix.txt")
PERSONAS = (
    "guest", "banned", "muted", "muted-mod", "member", "intern", "reviewer", "source", "both", "editor", "super", "inspector",
    "admin", "founder",
)  # fmt: skip
SECRET_TITLE = "金丝雀的密谈"
MARK = re.compile(
    r'name="previewed"[^>]*value="([0-9a-f]+)"|value="([0-9a-f]+)"[^>]*name="previewed"'
)


@dataclass(frozen=True)
class Scene:
    """People, boards, and by place what is there: a thread, one in the bin, posts of some states, their author."""

    people: dict[str, int | None]
    boards: dict[str, int]
    threads: dict[str, int]
    binned: dict[str, int]
    posts: dict[tuple[str, PostState], int]
    authors: dict[str, int]
    ban_id: int


def rows() -> dict[tuple[str, str], list[str]]:
    """(action, place) -> answers in the order of PERSONAS."""
    found = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            key, place, *answers = line.split()
            assert (key, place) not in found, f"{key} {place} stands twice"
            assert len(answers) == len(PERSONAS), line
            found[key, place] = answers
    return found


@pytest.fixture
def scene(app: Flask, forum: Forum) -> Scene:
    app.config["WTF_CSRF_ENABLED"] = False  # rights are asked for, not tokens
    source, target = forum.board("源版"), forum.board("目标版")
    secret = forum.board("密室", viewers=(1,))
    author, hidden = forum.member("作者"), forum.member("知情者", group_id=1)
    people: dict[str, int | None] = {
        "guest": None,
        "banned": forum.member("禁止访问", group_id=5),
        "muted": forum.member("禁言", group_id=4),
        "member": forum.member("路人"),
        "muted-mod": forum.moderator(source, "禁言的版主", group_id=4),
        "intern": forum.moderator(source, "实习版主", group_id=16),
        "reviewer": forum.moderator(source, "审核员", group_id=19),
        "source": forum.moderator(source, "源版主"),
        "both": forum.moderator(source, "两版主"),
        "editor": forum.member("网站编辑", group_id=17),
        "super": forum.member("超版", group_id=2),
        "inspector": forum.member("信息监察员", group_id=18),
        "admin": forum.member("管理员", group_id=1),
        "founder": forum.member("创始人", group_id=1, is_founder=True),
    }
    with unit_of_work(forum.database) as uow:
        uow.session.add(
            BoardModerator(board_id=target, member_id=people["both"], appointed_at=uow.now)
        )
        uow.bump(CacheName.SITE)
    peer, chief = forum.moderator(source, "同级版主"), forum.member("同级管理", group_id=1)
    first = forum.member("同级创始人", group_id=1, is_founder=True)
    punished = {
        "banned": forum.member("被禁访问者", group_id=5, former_group_id=10),
        "locked": forum.member(
            "被锁定者", group_id=4, former_group_id=10, state=MemberState.LOCKED
        ),
        "muted": forum.member("被禁言者", group_id=4, former_group_id=10),
        "muted-peer": forum.member("被禁言的同级", group_id=4, former_group_id=3),
        "muted-chief": forum.member("被禁言的管理", group_id=4, former_group_id=1),
    }
    authors = {
        **punished,
        "own": author, "target": author, "secret": hidden, "peer": peer, "chief": chief, "first": first,
        "spare": author, **{f"self:{name}": who or author for name, who in people.items()},
    }  # fmt: skip
    where = {"target": target, "secret": secret}
    threads, binned, posts = {}, {}, {}
    for place, who in authors.items():
        title = SECRET_TITLE if place == "secret" else place
        board = where.get(place, source)
        threads[place] = forum.thread(who, board, replies=len(REPLIES), title=title)
        binned[place] = forum.thread(who, board, title=title, state=ThreadState.RECYCLED)
    with unit_of_work(forum.database) as uow:
        for place, thread_id in threads.items():
            for floor, state in enumerate(REPLIES, 2):
                post = uow.session.scalars(
                    select(Post).where(Post.thread_id == thread_id, Post.floor == floor)
                ).one()
                post.state, posts[place, state] = state, post.id
        ban = NetworkBan(network="198.51.100.9", reason="爬虫", created_at=uow.now)
        uow.session.add(ban)
        uow.session.flush()  # ban.id
        ban_id = ban.id
    boards = {"source": source, "target": target, "secret": secret}
    return Scene(people, boards, threads, binned, posts, authors, ban_id)


REPLIES = (PostState.VISIBLE, PostState.RECYCLED, PostState.PENDING)

# Each kind of target is asked for in these places.
PLACES = {
    TargetKind.THREAD: ("own", "target", "secret", "peer", "chief", "first"),
    TargetKind.POST: ("own", "target", "secret", "peer", "chief", "first"),
    TargetKind.MEMBER: ("own", "peer", "chief", "first"),
    TargetKind.NETWORK: ("own",),
}


PUNISHED = ("banned", "locked", "muted", "muted-peer", "muted-chief")


def places_of(action: Action) -> tuple[str, ...]:
    """Where an action is asked for; what minds the author's rank, on one's own things as well, and on
    what muted staff wrote; what punishes, on who is punished already."""
    if action.key == "member.release":
        return PUNISHED
    if action.replaces_punishment or action.key == "member.ban":
        return (*PLACES[action.targets], *PUNISHED)
    own = ("self", "muted-peer") if action.minds_rank else ()
    return (*PLACES[action.targets], *own)


def target_of(scene: Scene, action: Action, place: str, who: str) -> int:
    """What there is to act on, in a state the action knows."""
    place = f"self:{who}" if place == "self" else place
    if action.targets is TargetKind.NETWORK:
        return scene.ban_id
    if action.targets is TargetKind.MEMBER:
        return scene.authors[place]
    if action.targets is TargetKind.THREAD:
        return (scene.binned if action.states == {ThreadState.RECYCLED} else scene.threads)[place]
    return scene.posts[place, next(one for one in REPLIES if one in action.states)]


def fields_of(scene: Scene, key: str, place: str, who: str = "guest") -> dict[str, Any]:
    """What a form about a place holds: own, own+secret (a batch), own>target (from there to there)."""
    things, _, to = place.partition(">")
    ids = [target_of(scene, ACTIONS[key], one, who) for one in things.split("+")]
    sent: dict[str, Any] = {"ids": ids, "reason": "理由"}
    if key in ("thread.move", "thread.copy"):
        away = "source" if things == "target" else "target"
        sent["board_id"] = scene.boards[to or away]
    if key == "thread.merge":
        sent["other_id"] = scene.threads[to or "spare"]
    if key == "thread.split":
        sent |= {"floors": "2", "title": "新的"}
    if key == "post.edit":
        sent["source"] = "改过以后的内容，更清楚一些。"
    if key == "thread.stick":
        sent["level"] = to.removeprefix("level") or "1"
    return sent


def answer(client: FlaskClient, forum: Forum, key: str, sent: dict[str, Any]) -> str:
    path = f"/moderation/do/{key}"
    shown = client.post(path, data={**sent, "preview": "1"})
    assert shown.status_code < 500, (key, sent)
    if shown.status_code in (403, 404):
        assert SECRET_TITLE not in shown.text, (key, sent)
    found = MARK.search(shown.text)
    # `can_do` gives the button of the deed; a refused place has it, but no mark of having seen it.
    is_offered = (
        shown.status_code == 200 and 'name="preview" value="1"' in shown.text and found is not None
    )
    if is_offered and "form-errors" not in shown.text:
        return "yes"
    mark = (found[1] or found[2]) if found else hashlib.sha256(b"").hexdigest()[:32]
    done = client.post(path, data={**sent, "previewed": mark})
    assert done.status_code in (200, 403, 404, 409, 422), (key, sent, done.status_code)
    return "404" if done.status_code == 404 else "no"


def log_size(forum: Forum) -> int:
    with forum.read() as s:
        return s.scalar(select(text("count(*)")).select_from(ModLogEntry)) or 0


def facts(forum: Forum) -> list[tuple[Any, ...]]:
    """Everything an action on the scene could change, but for what reading changes too."""
    with forum.read() as s:
        return [
            *map(tuple, s.execute(select(Thread.id, Thread.board_id, Thread.state, Thread.title, Thread.is_closed,
                 Thread.sticky_level, Thread.digest_level, Thread.reply_count, Thread.version).order_by(Thread.id))),
            *map(tuple, s.execute(select(Post.id, Post.thread_id, Post.state, Post.is_blocked, Post.source).order_by(Post.id))),
            *map(tuple, s.execute(text("SELECT id, group_id, state, total FROM members ORDER BY id"))),
        ]  # fmt: skip


def test_the_table_is_what_requests_are_answered(
    app: Flask, forum: Forum, scene: Scene, backend: str
) -> None:
    wanted = {
        cell: line
        for cell, line in rows().items()
        # Rights do not ask the database: there, the places with more than one board are enough.
        if backend == "sqlite" or cell[1] in ("target", "secret") or {"+", ">"} & set(cell[1])
    }
    before, found = facts(forum), {cell: [] for cell in wanted}
    for name in PERSONAS:
        client = visitor(app, forum, scene.people[name])
        for (key, place), answers in found.items():
            answers.append(answer(client, forum, key, fields_of(scene, key, place, name)))

    assert log_size(forum) == 0
    assert facts(forum) == before
    assert list(lines(found)) == list(lines(wanted))


def lines(table: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    for (key, place), answers in table.items():
        yield f"{key:<20} {place:<18} " + " ".join(f"{one:<3}" for one in answers)


def test_every_action_is_in_the_table_at_every_place() -> None:
    # A network is banned by a form of its own (routes.txt), where there is nothing to act on yet.
    wanted = {
        (key, place)
        for key, action in ACTIONS.items()
        if key != "network.ban"
        for place in places_of(action)
    }

    assert wanted - set(rows()) == set()
    assert {key for key, _ in rows()} == {key for key, _ in wanted}


DEEDS = {
    "thread.close": lambda forum, one: row(forum, Thread, one).is_closed,
    "thread.delete": lambda forum, one: row(forum, Thread, one).state is ThreadState.RECYCLED,
    "thread.move": lambda forum, one: row(forum, Thread, one).board_id,
}


@pytest.mark.parametrize("key", DEEDS)
def test_who_may_does_it(app: Flask, forum: Forum, scene: Scene, key: str) -> None:
    answers = dict(zip(PERSONAS, rows()[key, "own"], strict=True))
    assert set(answers.values()) == {"yes", "no"}

    for number, name in enumerate((one for one in PERSONAS if answers[one] == "yes"), 1):
        thread_id = forum.thread(scene.authors["own"], scene.boards["source"])
        client = visitor(app, forum, scene.people[name])
        sent = {**fields_of(scene, key, "own"), "ids": [thread_id]}
        shown = client.post(f"/moderation/do/{key}", data={**sent, "preview": "1"})
        found = MARK.search(shown.text)
        assert found
        done = client.post(
            f"/moderation/do/{key}", data={**sent, "previewed": found[1] or found[2]}
        )

        assert done.status_code == 303, name
        assert DEEDS[key](forum, thread_id) in (True, scene.boards["target"]), name
        assert log_size(forum) == number


@pytest.mark.parametrize(
    ("key", "smuggled"),
    [
        ("thread.close", "secret"),
        ("thread.close", "target"),
        ("thread.delete", "secret"),
        ("thread.delete", "target"),
        ("thread.delete", "peer"),
        ("thread.stick", "secret"),
    ],
)
def test_a_smuggled_target_stops_the_whole_batch(
    app: Flask, forum: Forum, scene: Scene, key: str, smuggled: str
) -> None:
    client = visitor(app, forum, scene.people["source"])
    many = [forum.thread(scene.authors["own"], scene.boards["source"]) for _ in range(3)]
    sent = {**fields_of(scene, key, "own"), "ids": [*many, scene.threads[smuggled]]}
    # Seen with targets that are allowed, then one more is put into the form.
    shown = client.post(f"/moderation/do/{key}", data={**sent, "ids": many, "preview": "1"})
    found = MARK.search(shown.text)
    assert found
    before = facts(forum)

    for mark in (found[1] or found[2], mark_of(client, key, sent)):
        done = client.post(f"/moderation/do/{key}", data={**sent, "previewed": mark})
        assert done.status_code in (200, 403, 404)
        assert (done.status_code == 404) is (smuggled == "secret")
        assert SECRET_TITLE not in done.text

    assert facts(forum) == before
    assert log_size(forum) == 0


def mark_of(client: FlaskClient, key: str, sent: dict[str, Any]) -> str:
    """The mark of a preview of exactly this form, where there is one."""
    found = MARK.search(client.post(f"/moderation/do/{key}", data={**sent, "preview": "1"}).text)
    return (found[1] or found[2]) if found else "0" * 32


def test_an_undo_is_for_the_boards_of_the_entry(app: Flask, forum: Forum, scene: Scene) -> None:
    client = visitor(app, forum, scene.people["founder"])
    sent = fields_of(scene, "thread.close", "secret")
    assert client.post("/moderation/do/thread.close", data=sent).status_code == 303
    with forum.read() as s:
        entry_id = s.scalars(select(ModLogEntry.id)).one()
    before = facts(forum)

    for name in PERSONAS[:-2]:
        outsider = visitor(app, forum, scene.people[name])
        for asked in (
            outsider.get(f"/moderation/undo/{entry_id}"),
            outsider.post(f"/moderation/undo/{entry_id}"),
        ):
            assert asked.status_code in (303, 403, 404), name
            assert SECRET_TITLE not in asked.text

    assert facts(forum) == before
    assert log_size(forum) == 1
