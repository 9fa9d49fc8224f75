"""A forum made for measures: everything adds up, the same seed makes the same, long threads cost no memory."""

import shutil
import tracemalloc

import pytest
from sqlalchemy import func, select

from forum.core.db import Database
from forum.core.uow import unit_of_work
from forum.importers.synthetic import Plan, load
from forum.models import Post, Thread

# The long thread begins in one batch of 2,000 posts and ends in the next.
SMALL = Plan(posts=2600, threads=60, members=30, boards=3, longest=1500, pool=20)
VERIFIERS = (
    ("counters", "no differences"),
    ("points", "no differences"),
    ("search", "missing: 0, outdated: 0, left over: 0, unanswered: 0"),
    ("modlog", "The log is whole."),
)


def test_what_was_made_is_what_the_verifiers_expect(app, database):
    told = []

    load(database, SMALL, told.append)

    run = app.test_cli_runner().invoke
    for group, well in VERIFIERS:
        said = run(args=[group, "verify"])
        assert (said.exit_code, said.output.splitlines()[-1]) == (0, well), group
    with database.read_session() as s:
        assert s.scalar(select(func.count(Post.id))) == SMALL.posts == sum(told)
        threads = s.execute(
            select(
                Thread.id, Thread.reply_count, Thread.last_floor, Thread.last_post_at,
                Thread.last_poster_id, Thread.view_count, Thread.heat,
            ).order_by(Thread.id)
        ).all()  # fmt: skip
        last = s.execute(
            select(Post.floor, Post.created_at, Post.author_id)
            .where(Post.thread_id == SMALL.threads)
            .order_by(Post.floor.desc())
            .limit(1)
        ).one()
    assert len(threads) == SMALL.threads
    long = threads[-1]
    assert (long.reply_count, long.last_floor) == (SMALL.longest, last.floor)
    assert (long.last_post_at, long.last_poster_id) == (last.created_at, last.author_id)
    assert all(one.view_count > one.reply_count for one in threads)
    assert long.heat == SMALL.members  # who all replied to it


def test_a_forum_is_loaded_once(database):
    load(database, SMALL, lambda _: None)

    with pytest.raises(ValueError, match="holds threads already"):
        load(database, SMALL, lambda _: None)


def test_the_same_seed_makes_the_same_posts(database, template, tmp_path):
    shutil.copyfile(template("sqlite"), tmp_path / "second.db")
    second = Database(f"sqlite:///{tmp_path / 'second.db'}")
    load(database, SMALL, lambda _: None)

    load(second, SMALL, lambda _: None)

    asked = select(
        Post.id, Post.thread_id, Post.floor, Post.author_id, Post.source, Post.created_at
    )
    with database.read_session() as first, second.read_session() as other:
        made = first.execute(asked.order_by(Post.id)).all()
        assert made == other.execute(asked.order_by(Post.id)).all()
    second.dispose()
    assert len({row.source for row in made}) == SMALL.posts


class Enough(Exception):
    """The first batch is written."""


def test_a_long_thread_is_never_held_as_a_whole(database):
    long = Plan(posts=20_010, threads=10, members=30, boards=3, longest=20_000, pool=20)

    def stop(_posts: int) -> None:
        raise Enough

    tracemalloc.start()
    try:
        with pytest.raises(Enough):
            load(database, long, stop)
        peak_mb = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()

    assert peak_mb < 50  # two thousand posts take 27, all twenty thousand would take 84
    with unit_of_work(database) as uow:
        assert uow.session.scalar(select(func.count(Post.id))) == 2000
