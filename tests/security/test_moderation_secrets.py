"""Does moderating a hidden board show anywhere else? Logs, records, previews, notices, appeals, mails.

An administrator works in a secret board; its name and the words in it are looked for on every page
and in every answer to an action, by everybody who may not read it: its own moderators of elsewhere,
and the member whose old posts are in it.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select, update

from forum.commands.appeals import appeal_decision
from forum.commands.moderation import ACTIONS, perform
from forum.commands.moderation.post_editing import EditOptions
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.reports import report_post
from forum.commands.search_index import reindex_thread
from forum.core.cache import CacheName
from forum.core.errors import NotFound
from forum.core.uow import unit_of_work
from forum.models import (
    Appeal,
    Member,
    ModLogEntry,
    OutgoingMail,
    Post,
    Report,
    Setting,
    Thread,
)
from tests.commands.moderation.acting import working
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID, Forum
from tests.security.test_secrets import Secrets, hide
from tests.walking import World, build, rules, visitor

WORD = "canarysecret"
ONE_DATABASE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
OUTSIDERS = ("guest", "banned", "muted", "member", "author", "elsewhere", "moderator", "super")


@dataclass
class Scene:
    """What happened in the secret board, and the ids of it all."""

    board: int = 0
    threads: list[int] = field(default_factory=list)
    posts: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    reports: list[int] = field(default_factory=list)
    appeals: list[int] = field(default_factory=list)
    open_thread: int = 0


@pytest.fixture
def world(forum: Forum) -> World:
    built = build(forum)
    built.members["super"] = forum.member("超版", group_id=2)
    return built


@pytest.fixture
def scene(forum: Forum, world: World) -> Scene:
    author, member = world.members["author"], world.members["member"]
    assert author is not None
    assert member is not None
    made = Scene(board=forum.board(f"{WORD}board", viewers=(1,)))
    for number in range(6):
        made.threads.append(
            forum.thread(
                author,
                made.board,
                title=f"{WORD}title{number}",
                source=f"{WORD}text{number}",
                replies=4,
                repliers=(author, member),
            )
        )
    deeper = forum.board(f"{WORD}boardbelow", viewers=(1,))
    made.open_thread = forum.thread(author, title="大家都读的主题", replies=3, repliers=(author,))
    others = forum.thread(member, title="别人的主题")
    carried = forum.thread(author, title="搬走以前的标题", replies=2)
    going = [
        forum.thread(author, made.board, title=f"{WORD}tgoing", source=f"{WORD}tgoing"),
        forum.thread(author, title="也不留下的主题"),
    ]
    pointed = [
        forum.thread(author, made.board, title=f"{WORD}tpointer", source=f"{WORD}tpointer"),
        forum.thread(author, title="留下指针的主题"),
    ]
    with forum.read() as s:
        made.posts = list(
            s.scalars(select(Post.id).where(Post.thread_id.in_(made.threads)).order_by(Post.id))
        )
        second = s.scalars(
            select(Post.id).where(Post.thread_id == made.threads[0], Post.floor == 3)
        )
        reply = second.one()
        opened = select(Post.id).where(Post.thread_id == made.open_thread, Post.floor == 2)
        open_reply = s.scalars(opened).one()
    with working(forum) as uow:
        report_post(
            uow, forum.actor(FOUNDER_ID), post_id=reply, reason="other", text=f"{WORD}report"
        )
    for key, ids, options in (
        ("thread.close", made.threads[:1], None),
        ("thread.stick", made.threads[:1], None),
        ("thread.merge", made.threads[1:2], MergeOptions(made.threads[2])),
        ("thread.split", made.threads[3:4], SplitOptions("2", f"{WORD}split")),
        ("post.warn", [reply], None),
        ("post.edit", [made.posts[0]], EditOptions(f"{WORD}texted", f"{WORD}titled")),
        ("post.block", [reply], None),
        ("thread.move", [carried], MoveOptions(made.board, leaves_redirect=True)),
        # One decision over a secret thread and one that everybody reads; the secret one comes first.
        ("thread.digest", [made.threads[4], made.open_thread], None),
        ("thread.highlight", [made.threads[4], others], None),
        ("thread.delete", [made.threads[5]], None),
        ("member.mute", [world.members["member"]], None),
        ("post.warn", [reply, open_reply], None),
        # Nothing is left of these but the log; nor of the pointers that the last one leaves.
        ("thread.delete", going, None),
        ("thread.purge", going, None),
        ("thread.move", pointed, MoveOptions(deeper, leaves_redirect=True)),
    ):
        with working(forum) as uow:
            done = perform(
                uow, forum.actor(FOUNDER_ID), key, ids, options, reason="理由", notifies=True
            )
            made.entries.append(done.entry_id)
    with forum.read() as s:
        left = select(Thread.id).where(Thread.moved_to_id.in_(pointed)).order_by(Thread.id)
        pointers = s.scalars(left).all()
    with working(forum) as uow:
        perform(uow, forum.actor(FOUNDER_ID), "thread.delete", pointers, reason="理由")
    with unit_of_work(forum.database) as uow:
        uow.session.execute(
            update(Thread).where(Thread.id == carried).values(title=f"{WORD}renamed")
        )
        uow.session.execute(update(Member).where(Member.id == member).values(group_id=10))
        uow.session.merge(Setting(section="moderation", values={"log_is_public": True}))
        uow.session.merge(Setting(section="search", values={"interval": 0}))
        uow.bump(CacheName.SITE)
        for thread_id in (*made.threads, carried):
            reindex_thread(uow, thread_id)
    made.threads.append(carried)
    for entry_id, who in product(made.entries, (author, member)):
        # Some are not the author's to appeal against.
        with suppress(NotFound), working(forum) as uow:
            text = "这个处理不对，请再看一遍。"
            appeal_decision(uow, forum.actor(who), entry_id=entry_id, text=text)
    with forum.read() as s:
        made.reports = list(s.scalars(select(Report.id)))
        made.appeals = list(s.scalars(select(Appeal.id)))
        made.entries = list(s.scalars(select(ModLogEntry.id)))
    assert made.appeals
    return made


def asked(app: Flask, world: World, scene: Scene) -> list[str]:
    """Every address with everything of the scene in it."""
    found: set[str] = set()
    ids = {
        "thread_id": [*scene.threads, scene.open_thread], "post_id": scene.posts, "board_id": [scene.board],
        "entry_id": scene.entries, "report_id": scene.reports, "appeal_id": scene.appeals,
    }  # fmt: skip
    for rule in rules(app):
        if rule.endswith(".php"):
            continue
        found.add(world.address(rule))
        for name, values in ids.items():
            if f":{name}>" in rule:
                found |= {world.address(rule, **{name: one}) for one in values}
    found |= {f"/moderation/log?{name}={one}" for name, values in (
        ("thread", scene.threads), ("board", [scene.board]), ("actor", [FOUNDER_ID]),
        ("member", [world.members["author"]]),
    ) for one in values}  # fmt: skip
    found |= {
        f"/moderation/{part}?board={scene.board}"
        for part in ("queue", "reports", "recycle-bin", "recycle-bin/replies")
    }
    found |= {"/moderation/reports?state=handled", "/moderation/appeals?state=answered"}
    found |= {f"/search?q={WORD}&kind={kind}" for kind in ("titles", "posts")}
    found |= {f"/forum-{FIRST_BOARD_ID}-1.html?order=created", "/index.atom", "/notices?part=system", "/notices?part=staff"}  # fmt: skip
    for who in ("author", "member"):
        found |= {f"/space-uid-{world.members[who]}.html?do={do}" for do in ("thread", "reply")}
    for key in ACTIONS:
        for one in (scene.threads[0], scene.posts[1], scene.posts[2]):
            found.add(f"/moderation/do/{key}?ids={one}")
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize("persona", OUTSIDERS)
@ONE_DATABASE
def test_what_happens_in_a_secret_board_stays_there(
    app: Flask, forum: Forum, world: World, scene: Scene, persona: str
) -> None:
    client, leaks = visitor(app, forum, world.members[persona]), []

    for path in asked(app, world, scene):
        with client.get(path, follow_redirects=True) as answer:
            assert answer.status_code < 500, path
            if answer.mimetype.startswith("image"):
                continue
            text = answer.text
        typed = path.startswith("/search")  # a search repeats what was typed
        leaks += [path] if f"{WORD}t" in text or (WORD in text and not typed) else []

    assert leaks == []


@pytest.mark.slow
@ONE_DATABASE
def test_the_scene_is_there_for_who_may(
    app: Flask, forum: Forum, world: World, scene: Scene
) -> None:
    client = visitor(app, forum, world.members["founder"])
    seen = [path for path in asked(app, world, scene) if WORD in client.get(path).text]

    for part in ("/moderation/log", "/moderation/reports", "/moderation/appeals", "/moderation/"):
        assert part in seen


@pytest.mark.slow
@pytest.mark.parametrize("persona", OUTSIDERS)
@ONE_DATABASE
def test_no_answer_to_an_action_shows_its_target(
    app: Flask, forum: Forum, world: World, scene: Scene, persona: str
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client, leaks = visitor(app, forum, world.members[persona]), []
    before = _entries(forum)

    for key, action in ACTIONS.items():
        hidden = {"thread": scene.threads[0], "post": scene.posts[1]}.get(action.targets)
        mine = {"thread": scene.open_thread, "post": world.ids["post_id"]}.get(action.targets)
        sent = {
            "board_id": FIRST_BOARD_ID,
            "floors": "2",
            "title": "新的",
            "other_id": world.ids["thread_id"],
        }
        tries = [{**sent, "ids": [hidden]}, {**sent, "ids": [mine, hidden]}] if hidden else []
        if key == "thread.merge":
            tries.append({"ids": [scene.open_thread], "other_id": scene.threads[0]})
        if key in ("thread.move", "thread.copy"):
            tries.append({"ids": [scene.open_thread], "board_id": scene.board})
        for fields in tries:
            for extra in ({}, {"preview": "1"}):
                answer = client.post(f"/moderation/do/{key}", data={**fields, **extra})
                assert answer.status_code < 500, (key, fields)
                leaks += [f"{key} {fields}"] if WORD in answer.text else []
    for post_id in scene.posts[:3]:
        for path, fields in (
            (f"/post-{post_id}/report", {"reason": "spam", "text": "x"}),
            (f"/thread-{scene.open_thread}/reply?quote={post_id}", {"source": ""}),
            ("/moderation/queue", {"decision": "approve", "ids": [post_id]}),
            ("/preview", {"source": f"[quote]{post_id}[/quote] [url=/post-{post_id}.html]x[/url]"}),
        ):
            answer = client.post(path, data=fields)
            leaks += [path] if WORD in answer.text else []
    for number in (*scene.reports, *scene.appeals):
        for path, fields in (
            (f"/moderation/reports/{number}", {"outcome": "upheld"}),
            (f"/moderation/reports/{number}/escalate", {}),
        ):
            answer = client.post(path, data=fields, follow_redirects=True)
            leaks += [path] if WORD in answer.text else []

    assert leaks == []
    assert _entries(forum) == before


def _entries(forum: Forum) -> list[int]:
    with forum.read() as s:
        return list(s.scalars(select(ModLogEntry.id)))


@pytest.mark.slow
@ONE_DATABASE
@pytest.mark.parametrize("persona", ["guest", "member", "elsewhere"])
def test_no_preview_shows_what_is_deleted_or_waits(
    app: Flask, forum: Forum, world: World, persona: str
) -> None:
    secrets: Secrets = hide(forum, world)
    app.config["WTF_CSRF_ENABLED"] = False
    client, leaks = visitor(app, forum, world.members[persona]), []

    for key, action in ACTIONS.items():
        for one in {"thread": secrets.threads, "post": secrets.posts[:6]}.get(action.targets, []):
            fields = {"ids": [one], "board_id": FIRST_BOARD_ID, "other_id": world.ids["thread_id"], "floors": "2", "title": "新"}  # fmt: skip
            for answer in (
                client.get(f"/moderation/do/{key}?ids={one}"),
                client.post(f"/moderation/do/{key}", data={**fields, "preview": "1"}),
            ):
                found = [word for word in secrets.words.values() if word in answer.text.lower()]
                leaks += [f"{key} {one} {found}"] if found else []

    assert leaks == []


@ONE_DATABASE
def test_no_letter_carries_it_away(forum: Forum, world: World, scene: Scene) -> None:
    with forum.read() as s:
        texts = [str(vars(mail)) for mail in s.scalars(select(OutgoingMail))]

    assert [text for text in texts if WORD in text] == []
