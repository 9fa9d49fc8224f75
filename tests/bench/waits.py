"""How long do members wait who reply while moderators' batches run? `python -m tests.bench.waits`.

Replies are made by processes of their own, with the real command; the batch runs here. Told of both:
the wait for the write lock and the time it was held, by the wall and by the processor, because on a
busy machine the two differ; and of the longest waits, who held the lock meanwhile. With `--check`
it ends in a table of what was promised (BOUNDS) and fails when something is above it.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import event, select, text, update
from sqlalchemy.engine import make_url

from forum import serving
from forum.commands.moderation import ACTIONS
from forum.commands.moderation.batches import run_batch, start_batch, start_undo_batch
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.posts import reply_to_thread
from forum.core import migrations
from forum.core.clock import utc_now
from forum.core.config import load_config
from forum.core.db import Database
from forum.core.errors import ForumError
from forum.core.uow import UnitOfWork, unit_of_work
from forum.models import Member, ModBatch, Thread
from forum.modlog.seal import INFO_KEY, seal_for
from forum.policies.actor import Actor
from forum.queries.actors import actor_for_member
from forum.queries.site import site_of
from tests.bench import databases
from tests.bench.machine import describe
from tests.bench.scenarios import Size

SIZE = Size(posts=60_000, threads=4_000, longest=20_000, members=1_000)
FOUNDER_ID = 1
UNHURRIED_GROUP = 17  # may write as often as it likes
PAUSE_S = 0.05  # between two replies of a member

# What is promised: a batch of 1,000 threads, 10,000 posts split off or merged (seconds); of each of them, the processor
# time of its longest step, the wait of a reply for the lock (milliseconds), and replies that failed.
WHOLE_S = {"threads": 60.0, "posts": 10.0}
STEP_MS, WAIT_MS = 200, 300


@dataclass(frozen=True)
class Measured:
    """What one batch took."""

    name: str
    bound_s: float | None
    whole_s: float
    step_ms: int
    wait_ms: int
    problems: int

    def lines(self) -> list[tuple[str, float, float]]:
        """(what, bound, found)."""
        whole = (
            [(f"{self.name}: whole, s", self.bound_s, round(self.whole_s, 1))]
            if self.bound_s
            else []
        )
        return [
            *whole,
            (f"{self.name}: longest step, ms of processor", STEP_MS, self.step_ms),
            (f"{self.name}: longest wait of a reply, ms", WAIT_MS, self.wait_ms),
            (f"{self.name}: replies that failed", 0, self.problems),
        ]


def checked(measured: list[Measured]) -> bool:
    """Print what was promised and what was found; whether all of it was kept."""
    print("\n| promised | at most | found | |\n|---|--:|--:|---|")
    lines = [line for one in measured for line in one.lines()]
    for what, bound, found in lines:
        print(f"| {what} | {bound:g} | {found:g} | {'kept' if found <= bound else 'ABOVE'} |")
    return all(found <= bound for _, bound, found in lines)


@dataclass
class Hold:
    """One transaction: when it asked for the lock, had it, and was done."""

    asked: float
    had: float
    done: float = 0.0
    processor_s: float = 0.0
    ending_s: float = 0.0  # of it, the commit
    slowest_s: float = 0.0  # of it, the statement that took longest
    slowest: str = ""


@dataclass
class Clocked:
    """A database whose transactions are timed: those of the thread that asked for it."""

    database: Database
    holds: list[Hold] = field(default_factory=list)
    asked: float = 0.0  # when the statement that runs began
    timed: int = 0

    def __post_init__(self) -> None:
        dialect: Any = self.database.write_engine.dialect
        begin, commit, back = dialect.do_begin, dialect.do_commit, dialect.do_rollback
        used, timed = [0.0], threading.get_ident()
        self.timed = timed
        event.listen(self.database.write_engine, "before_cursor_execute", self._asked)
        event.listen(self.database.write_engine, "after_cursor_execute", self._answered)

        def timed_begin(connection: Any) -> None:
            if threading.get_ident() != timed:
                begin(connection)
                return
            asked = time.monotonic()
            begin(connection)
            self.holds.append(Hold(asked, time.monotonic()))
            used[0] = time.thread_time()

        def ended(end: Callable[[Any], None]) -> Callable[[Any], None]:
            def timed_end(connection: Any) -> None:
                ending = time.monotonic()
                end(connection)
                if threading.get_ident() != timed:
                    return
                if self.holds and not self.holds[-1].done:
                    self.holds[-1].done = time.monotonic()
                    self.holds[-1].ending_s = self.holds[-1].done - ending
                    self.holds[-1].processor_s = time.thread_time() - used[0]

            return timed_end

        dialect.do_begin, dialect.do_commit, dialect.do_rollback = (
            timed_begin,
            ended(commit),
            ended(back),
        )

    def _asked(self, _connection: Any, _cursor: Any, _sql: str, *_rest: Any) -> None:
        if threading.get_ident() == self.timed:
            self.asked = time.monotonic()

    def _answered(self, _connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        if threading.get_ident() != self.timed:
            return
        took = time.monotonic() - self.asked
        if self.holds and not self.holds[-1].done and took > self.holds[-1].slowest_s:
            self.holds[-1].slowest_s, self.holds[-1].slowest = took, " ".join(sql.split())[:90]

    @contextlib.contextmanager
    def unit(self) -> Iterator[UnitOfWork]:
        with unit_of_work(self.database, address="192.0.2.7") as uow:
            yield uow


def reply(url: str, member_id: int, ids: list[int], stop: Path, told: Path) -> None:
    """What a replying process does until `stop` is there."""
    clocked, chance = Clocked(Database(url)), Random(member_id)
    refused, problems = 0, []
    whole: list[tuple[float, float]] = []
    number = 0
    while not stop.exists():
        number += 1
        actor = _actor(clocked.database, member_id)
        words = f"第 {number} 次回复，来自 {member_id}，说一句 {chance.random()}。"
        began = time.monotonic()
        try:
            with clocked.unit() as uow:
                reply_to_thread(uow, actor, thread_id=chance.choice(ids), source=words)
        except ForumError:
            refused += 1  # the thread is in the bin, or in hand
        except Exception as problem:
            problems.append(repr(problem)[:200])
        whole.append((began, time.monotonic()))
        if number == 1:
            serving.settle()  # as a server process does
            told.with_suffix(".begun").touch()
        time.sleep(PAUSE_S)
    holds = [asdict(one) for one in clocked.holds]
    answer = {"whole": whole, "holds": holds, "refused": refused, "problems": problems}
    told.write_text(json.dumps(answer))
    clocked.database.dispose()


def _actor(database: Database, member_id: int) -> Actor:
    with database.read_session() as s:
        database.cache.refresh(s)
        return actor_for_member(s, site_of(s), member_id, utc_now())


@dataclass
class Scene:
    """A forum to measure in."""

    url: str
    clocked: Clocked
    folder: Path
    members: int
    settling_s: float = 2.0  # of the repliers, before the batch begins
    measured: list[Measured] = field(default_factory=list)

    @contextlib.contextmanager
    def replying(self, ids: list[int]) -> Iterator[list[dict[str, Any]]]:
        """Members who reply to these threads; what they tell when they have stopped."""
        answers: list[dict[str, Any]] = []
        stop = self.folder / "stop"
        stop.unlink(missing_ok=True)
        (self.folder / "ids").write_text(json.dumps(ids))
        with self.clocked.database.read_session() as s:
            people = s.scalars(
                select(Member.id).where(Member.id != FOUNDER_ID, Member.group_id >= 10)
                .order_by(Member.post_count).limit(self.members)
            ).all()  # fmt: skip
        with self.clocked.unit() as uow:
            uow.session.execute(
                update(Member).where(Member.id.in_(people)).values(group_id=UNHURRIED_GROUP)
            )
        told = [self.folder / f"told-{one}" for one in people]
        for one in told:
            one.with_suffix(".begun").unlink(missing_ok=True)
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.bench.waits", "--reply", self.url, str(one), str(self.folder)],
                cwd=databases.ROOT,
            )
            for one in people
        ]  # fmt: skip
        try:
            # A process that starts takes a second of a processor; the server's have long started.
            while not all(one.with_suffix(".begun").exists() for one in told):
                time.sleep(0.2)
            time.sleep(self.settling_s)
            yield answers
        finally:
            stop.touch()
            for process in processes:
                process.wait(60)
        answers += [json.loads(one.read_text()) for one in told]


def measure(
    scene: Scene,
    name: str,
    begin: Callable[[UnitOfWork], int],
    ids: list[int],
    bound_s: float | None = None,
) -> int:
    """Run one batch beside the repliers and print a line about it.

    :param bound_s: what the whole may take at most.
    :returns: the batch's entry.
    """
    clocked = scene.clocked
    with scene.replying(ids) as answers:
        clocked.holds.clear()
        began = time.monotonic()
        with clocked.unit() as uow:
            batch_id = begin(uow)
        run_batch(clocked.unit, batch_id)
        ended = time.monotonic()
    steps = [one for one in clocked.holds if one.done]
    theirs = [
        Hold(**one) for answer in answers for one in answer["holds"] if began < one["asked"] < ended
    ]
    whole = sorted(
        b - a for answer in answers for a, b in answer["whole"] if began < a and a < ended
    )
    with clocked.database.read_session() as s:
        batch = s.get_one(ModBatch, batch_id)
        assert batch.entry_id is not None, batch.error
        state, entry_id = batch.state.value, batch.entry_id
    held = sorted(one.done - one.had for one in steps)
    waits = sorted(one.had - one.asked for one in theirs) or [0.0]
    print(
        f"| {name} | {ended - began:.1f} s, {state} | {len(steps)} | {_ms(_at(held, 0.5))} | "
        f"{_ms(held[-1])} ({_ms(max(one.processor_s for one in steps))}) | {len(whole)} | "
        f"{_ms(_at(whole, 0.5))} | {_ms(_at(whole, 0.99))} | {_ms(_at(whole, 1))} | {_ms(waits[-1])} | "
        f"{sum(answer['refused'] for answer in answers)} |",
        flush=True,
    )
    problems = [one for answer in answers for one in answer["problems"]]
    scene.measured.append(
        Measured(
            name, bound_s, ended - began, _ms(max(one.processor_s for one in steps)), _ms(waits[-1]), len(problems)
        )
    )  # fmt: skip
    for problem in problems[:3]:
        print("  problem:", problem, flush=True)
    for one in sorted(steps, key=lambda one: one.had - one.done)[:3]:
        print(
            f"  step {steps.index(one) + 1}: {_ms(one.done - one.had)} ms, processor "
            f"{_ms(one.processor_s)}, commit {_ms(one.ending_s)}, slowest statement "
            f"{_ms(one.slowest_s)}: {one.slowest}",
            flush=True,
        )
    for one in sorted(theirs, key=lambda one: one.asked - one.had)[:3]:
        print(f"  {_explained(one, steps, theirs)}", flush=True)
    return entry_id


def _explained(waiting: Hold, steps: list[Hold], theirs: list[Hold]) -> str:
    """Who held the lock while somebody waited for it."""

    def during(holds: list[Hold]) -> list[float]:
        both = (
            min(waiting.had, one.done) - max(waiting.asked, one.had) for one in holds if one.done
        )
        return [seconds for seconds in both if seconds > 0]

    batch, others = during(steps), during([one for one in theirs if one is not waiting])
    return (
        f"waited {_ms(waiting.had - waiting.asked)} ms: {len(batch)} steps {_ms(sum(batch))}, "
        f"{len(others)} replies {_ms(sum(others))}"
    )


def _at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m tests.bench.waits", description=__doc__)
    asked.add_argument("--reply", nargs=3, help=argparse.SUPPRESS)
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument(
        "--folder", type=Path, default=databases.ROOT / "instance" / "bench" / "waits"
    )
    asked.add_argument("--forum", type=Path, help="an SQLite forum of yours, to be copied")
    asked.add_argument("--members", type=int, default=8)
    asked.add_argument("--targets", type=int, default=1000)
    asked.add_argument("--check", action="store_true", help="fail above what is promised")
    asked.add_argument("--only", nargs="*", default=["thread.delete", "thread.merge"])
    given = asked.parse_args()
    if given.reply:
        url, member_id, folder = given.reply
        ids = json.loads((Path(folder) / "ids").read_text())
        reply(url, int(member_id), ids, Path(folder) / "stop", Path(folder) / f"told-{member_id}")
        return
    folder = given.folder / given.database
    with databases.served(given.database, _made(folder)) as server:
        if given.forum is None:
            databases.load(folder, server, SIZE)
        forum = given.forum or folder / "louceng.db"
        with (
            tempfile.TemporaryDirectory() as work,
            _copied(forum, server, Path(work)) as url,
        ):
            measured = _run(url, Path(work), given)
    if given.check and not checked(measured):
        raise SystemExit(1)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def _copied(forum: Path, server: str | None, work: Path) -> Iterator[str]:
    """A copy of the forum: what is measured changes it."""
    if server is None:
        for suffix in ("", "-wal"):
            source = forum.with_name(forum.name + suffix)
            if source.exists():
                shutil.copy(source, work / f"work.db{suffix}")
        yield f"sqlite:///{work / 'work.db'}"
        return
    from sqlalchemy import create_engine

    loaded = make_url(server).database
    engine = create_engine(make_url(server).set(database="template1"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS waits WITH (FORCE)"))
        connection.execute(text(f'CREATE DATABASE waits TEMPLATE "{loaded}"'))
    yield make_url(server).set(database="waits").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE waits WITH (FORCE)"))
    engine.dispose()


def _run(url: str, work: Path, given: argparse.Namespace) -> list[Measured]:
    database = Database(url)
    migrations.upgrade(database)
    database.info[INFO_KEY] = seal_for(load_config({"FORUM_DATA_DIR": str(work)}))
    scene = Scene(url, Clocked(database), work, given.members)
    founder = _actor(database, FOUNDER_ID)
    with database.read_session() as s:
        longest = s.scalar(select(Thread.id).order_by(Thread.reply_count.desc()).limit(1)) or 0
        posts = s.scalar(select(Thread.last_floor).where(Thread.id == longest)) or 0
        visible = list(
            s.scalars(
                select(Thread.id)
                .where(Thread.state == "visible", Thread.id != longest)
                .order_by(Thread.id)
            )
        )
    os.sync()  # what making the forum wrote is not what is measured
    # Those who reply find some threads that nobody acts on.
    ids, rest = visible[: min(given.targets, len(visible) - 50)], visible[-50:]
    print(
        f"{describe()}; {given.members} members, one reply each {_ms(PAUSE_S)} ms and what it takes"
    )
    print("| batch | whole | steps | median ms | longest ms (processor) | replies | median ms | p99 | longest | longest wait for the lock | refused |")  # fmt: skip
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|", flush=True)

    def starting(
        key: str, target_ids: list[int], options: Any = None
    ) -> Callable[[UnitOfWork], int]:
        return lambda uow: start_batch(
            uow, founder, key, target_ids, options or ACTIONS[key].options(), reason="measured", notifies=True
        )  # fmt: skip

    def undoing(entry_id: int) -> Callable[[UnitOfWork], int]:
        return lambda uow: start_undo_batch(uow, founder, entry_id)

    for key in given.only:
        if key == "thread.merge":
            half = posts // 2
            halves = SplitOptions(f"{half + 1}-{posts}", "分出来的")
            entry = measure(scene, f"split of {posts - half:,}", starting("thread.split", [longest], halves), rest, WHOLE_S["posts"])  # fmt: skip
            with database.read_session() as s:
                other = s.scalar(select(Thread.id).order_by(Thread.id.desc()).limit(1)) or 0
            merging = starting("thread.merge", [longest], MergeOptions(other))
            entry = measure(scene, f"merge of {posts - half:,}", merging, rest, WHOLE_S["posts"])
            measure(scene, "its undo", undoing(entry), rest)
            continue
        if key == "member.clean":
            with database.read_session() as s:
                who = s.scalar(
                    select(Member.id).where(Member.id != FOUNDER_ID)
                    .order_by(Member.post_count.desc()).limit(1)
                ) or 0  # fmt: skip
                wrote = s.scalar(select(Member.post_count).where(Member.id == who)) or 0
            entry = measure(scene, f"clean-up of {wrote:,}", starting(key, [who]), rest)
            measure(scene, "its undo", undoing(entry), rest)
            continue
        entry = measure(
            scene, f"{key}, {len(ids):,}", starting(key, ids), ids + rest, WHOLE_S["threads"]
        )
        measure(scene, "its undo", undoing(entry), ids + rest)
    database.dispose()
    return scene.measured


if __name__ == "__main__":
    main()
