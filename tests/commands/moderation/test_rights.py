"""Who may do what to which target: the registry's actions as a table people can read."""

from pathlib import Path

import pytest
from sqlalchemy import select

from forum.commands.moderation import ACTIONS, preview
from forum.commands.moderation.post_editing import EditOptions
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.thread_places import CopyOptions
from forum.core.clock import utc_now
from forum.core.errors import ForumError
from forum.models import Post, TargetKind, Thread, ThreadState
from forum.queries.site import site_of

TABLE = Path(__file__).with_name("rights.txt")
PERSONAS = ("guest", "member", "mod", "intern", "reviewer", "elsewhere", "super", "admin")


def table():
    rows = {}
    for line in TABLE.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            key, place, *answers = line.split()
            rows[key, place] = dict(zip(PERSONAS, answers, strict=True))
    return rows


@pytest.fixture
def world(forum):
    """A board with a moderator of each kind, one with another's, a secret one."""
    mine, theirs = forum.board("我的"), forum.board("别处")
    secret = forum.board("密室", viewers=(1,))
    author, peer = forum.member(), forum.moderator(mine, "李雷")
    people = {
        "guest": None,
        "member": forum.member("王五"),
        "mod": forum.moderator(mine),
        "intern": forum.moderator(mine, "实习", group_id=16),
        "reviewer": forum.moderator(mine, "审核", group_id=19),
        "elsewhere": forum.moderator(theirs, "外人"),
        "super": forum.member("超版", group_id=2),
        "admin": forum.member("管理", group_id=1),
    }
    places = {"own": (mine, author), "peer": (mine, peer), "secret": (secret, author)}
    threads = {}
    for place, (board, who) in places.items():
        for state in (ThreadState.VISIBLE, ThreadState.RECYCLED):
            threads[place, state] = forum.thread(who, board, replies=2, state=state)
    members = {
        "own": author, "peer": peer,
        "muted": forum.member("禁言", group_id=4, former_group_id=10),
        "banned": forum.member("禁访", group_id=5, former_group_id=10),
        "gagged": forum.member("禁言的版主", group_id=4, former_group_id=3),
    }  # fmt: skip
    return forum, people, threads, members, theirs


def options_of(action, other, board):
    known = {
        "thread.move": MoveOptions(board), "thread.copy": CopyOptions(board),
        "thread.merge": MergeOptions(other), "thread.split": SplitOptions("2", "新"),
        "post.edit": EditOptions("改过以后的内容，更清楚一些。"),
    }  # fmt: skip
    return known.get(action.key) or action.options()


def targets_of(forum, action, threads, members, place):
    state = (
        ThreadState.RECYCLED
        if "recycled" in action.states and "visible" not in action.states
        else ThreadState.VISIBLE
    )
    if action.targets is TargetKind.MEMBER:
        return members.get(place)
    if (place, state) not in threads:
        return None
    thread = threads[place, state]
    if action.targets is TargetKind.THREAD:
        return thread
    with forum.read() as s:
        post = s.scalars(select(Post).where(Post.thread_id == thread, Post.floor == 2)).one()
        return post.id if "visible" in action.states else None


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_table_says_who_may(world):
    forum, people, threads, members, elsewhere = world
    found = {}
    for key, action in ACTIONS.items():
        if action.site_wide or key == "post.restore":
            continue
        for place in ("own", "peer", "secret", "muted", "banned", "gagged"):
            target = targets_of(forum, action, threads, members, place)
            if target is None:
                continue
            answers = {}
            for name, member_id in people.items():
                actor = forum.actor(member_id)
                other = 0
                if key == "thread.merge":
                    with forum.read() as s:
                        board = s.get(Thread, target).board_id
                    other = forum.thread(members["own"], board)
                answers[name] = answer(
                    forum, actor, action, target, options_of(action, other, elsewhere)
                )
            found[key, place] = answers
    assert lines(found) == lines(table())


def answer(forum, actor, action, target, options):
    with forum.read() as s:
        try:
            shown = preview(s, actor, site_of(s), action.key, [target], options, now=utc_now())
        except ForumError as error:
            return "404" if error.status == 404 else "no"
        return "no" if shown.refused or shown.options_refused else "yes"


def lines(rows):
    return [
        f"{key:<18} {place:<7} " + " ".join(f"{answers[name]:<3}" for name in PERSONAS)
        for (key, place), answers in sorted(rows.items())
    ]
