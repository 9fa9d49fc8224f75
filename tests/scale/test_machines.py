"""Do two servers that share a PostgreSQL and a Redis behave like one?"""

import http.client
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute
from PIL import Image
from sqlalchemy import select, text

from forum.core.db import Database
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.http.budgets import Budgets
from forum.models import OutgoingMail
from tests.bench.servers import ROOT
from tests.conftest import BACKENDS
from tests.databases import execute, named
from tests.factories import Forum
from tests.scale.machines import KeepingVisitor, Machine, Visitor

PASSWORD = "a password of some length"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("postgresql" not in BACKENDS, reason="two machines need PostgreSQL"),
]


@pytest.fixture(scope="module")
def environment(
    postgresql_server: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """What both machines are told: the same database (empty), Redis, secret and data folder."""
    name = f"machines_{os.getpid()}"
    execute(postgresql_server, f'CREATE DATABASE "{name}"')
    yield {
        "FORUM_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "FORUM_DATABASE_URL": named(postgresql_server, name),
        "FORUM_REDIS_URL": redis_url,
        "FORUM_SECRET_KEY": "the same 32 characters everywhere",
        "FORUM_BASE_URL": "http://forum.test",
    }
    execute(postgresql_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def database(environment: dict[str, str]) -> Iterator[Database]:
    database = Database(environment["FORUM_DATABASE_URL"])
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def forum(database: Database, machines: tuple[Machine, Machine]) -> Forum:
    return Forum(database)


@pytest.fixture(scope="module")
def machines(environment: dict[str, str]) -> Iterator[tuple[Machine, Machine]]:
    folder = Path(environment["FORUM_DATA_DIR"])
    pair = tuple(Machine(environment, folder / f"server{number}.log") for number in (1, 2))
    try:
        for machine in pair:  # both at once over nothing: one of them migrates and fills
            machine.begin()
        for machine in pair:
            machine.wait()
        yield pair[0], pair[1]
    finally:
        for machine in pair:
            if machine.process is not None and machine.process.poll() is None:
                machine.end()


@pytest.fixture(scope="module")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def member(machines: tuple[Machine, Machine], forum: Forum, password_hash: str, request) -> Visitor:
    """Somebody who has logged in at the first machine."""
    name = f"会员{abs(hash(request.node.name)) % 10**8}"
    forum.member(name, password_hash=password_hash)
    visitor = Visitor(machines[0])
    assert visitor.log_in(name, PASSWORD).status == 303
    return visitor


def test_a_login_at_one_holds_at_the_other_and_ends_at_both(
    machines: tuple[Machine, Machine], member: Visitor
) -> None:
    first, second = machines
    assert member.get("/favorites", second).status == 200

    member.post("/logout", second)

    assert member.get("/favorites", first).status == 403


def test_what_is_posted_at_one_shows_at_once_at_the_other(
    machines: tuple[Machine, Machine], member: Visitor, forum: Forum
) -> None:
    first, second = machines
    path = f"/thread-{forum.thread()}-1-1.html"
    guest = Visitor(second)
    assert "这是第一台机器上的回帖" not in guest.get(path, first).text
    assert guest.get(path, second).status == 200

    posted = member.post(path.replace("-1-1.html", "/reply"), source="这是第一台机器上的回帖。")

    assert posted.status == 303, posted.text
    for machine in machines:
        assert "这是第一台机器上的回帖" in guest.get(path, machine).text


def test_the_flood_interval_holds_across_machines(
    machines: tuple[Machine, Machine], member: Visitor, forum: Forum
) -> None:
    path = f"/thread-{forum.thread()}/reply"

    statuses = [member.post(path, one, source=f"一句话 {one.port}").status for one in machines]

    assert statuses == [303, 429]


def test_wrong_passwords_are_counted_across_machines(
    machines: tuple[Machine, Machine], forum: Forum, password_hash: str
) -> None:
    forum.member("被猜的人", password_hash=password_hash)
    guesser = Visitor(machines[0])
    for number in range(6):
        guesser.log_in("被猜的人", f"wrong {number}", machines[number % 2])

    answers = [Visitor(one).log_in("被猜的人", PASSWORD) for one in machines]

    assert [answer.status for answer in answers] == [429, 429]
    assert all("分钟" in answer.text for answer in answers)


def test_searches_are_paced_across_machines(machines: tuple[Machine, Machine]) -> None:
    first, second = machines
    guest = Visitor(first)

    statuses = [
        guest.get(f"/search?q={words}", one).status
        for words, one in (("aaaa", first), ("bbbb", second), ("aaaa", second), ("cccc", first))
    ]

    assert statuses == [200, 429, 200, 429]


def test_a_networks_budget_is_one_for_all(redis_url: str) -> None:
    first, second = (Budgets(redis_url, RateLimitItemPerMinute(3)) for _ in range(2))

    taken = [one.takes("198.51.100.1") for one in (first, second, first, second, first)]

    assert taken == [True, True, True, False, False]


def test_a_picture_uploaded_at_one_is_at_the_other_and_stays(
    machines: tuple[Machine, Machine], member: Visitor
) -> None:
    first, second = machines
    picture = io.BytesIO()
    Image.new("RGB", (300, 300), "#a0431a").save(picture, "PNG")

    uploaded = member.upload("/settings/avatar", first, picture=picture.getvalue())

    assert uploaded.status == 303, uploaded.text
    found = re.search(r"/avatar/[^\"?]+", member.get("/settings/avatar", second).text)
    assert found
    at_first, at_second = (Visitor(one).get(found[0]) for one in machines)
    assert at_second.headers["content-type"] == "image/webp"
    assert (at_second.status, at_second.body) == (200, at_first.body)
    assert second.end() == 0
    second.begin()
    second.wait()
    assert Visitor(second).get(found[0]).body == at_first.body


def test_without_redis_budgets_are_kept_in_the_process() -> None:
    alone = Budgets("redis://127.0.0.1:1/0", RateLimitItemPerMinute(1))

    assert [alone.takes("198.51.100.1") for _ in range(2)] == [True, False]


def test_two_workers_send_each_letter_once(environment: dict[str, str], database: Database) -> None:
    with unit_of_work(database) as uow:
        for number in range(30):
            uow.session.add(
                OutgoingMail(
                    recipient=f"m{number}@forum.test", subject="一封信", body="您好。",
                    created_at=uow.now, due_at=uow.now - timedelta(seconds=1),
                )
            )  # fmt: skip
    command = [sys.executable, "-m", "flask", "--app", "app", "worker", "--once"]
    workers = [
        subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}) for _ in range(2)
    ]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]

    outbox = Path(environment["FORUM_DATA_DIR"]) / "outbox"
    letters = [path.read_text("utf-8", "replace") for path in outbox.glob("*.eml")]
    sent = sorted(
        line for letter in letters for line in letter.splitlines() if line.startswith("To: ")
    )
    assert sent == sorted(f"To: m{number}@forum.test" for number in range(30))
    with database.read_session() as s:
        assert set(s.scalars(select(OutgoingMail.attempt_count))) == {1}


def test_a_rolling_restart_loses_nothing_and_logs_nobody_out(
    machines: tuple[Machine, Machine], forum: Forum, member: Visitor, password_hash: str
) -> None:
    """Under load, one machine after the other is stopped by TERM and started again.

    The visitors do what a load balancer does: whoever finds a machine closed goes to the other, and
    one keeps its connections.
    """
    thread_id = forum.thread(title="滚动重启")
    reply_path = f"/thread-{thread_id}/reply"
    names = [f"回帖人{number}" for number in range(12)]
    for name in names:
        forum.member(name, password_hash=password_hash)
    over = threading.Event()
    lock = threading.Lock()
    served, logged_out, lost, replied = [0], [], [], []
    keeper = KeepingVisitor(machines[0])

    def through(visitor: Visitor, ask, turn: int):
        """The answer of the first machine that takes the request."""
        for attempt in range(400):
            machine = machines[(turn + attempt) % 2]
            try:
                return ask(visitor, machine)
            except ConnectionRefusedError:
                over.wait(0.02)
        raise AssertionError("both machines are closed")

    def read(number: int) -> None:
        """Guests, each a new one, of one thread: every answer is one view."""
        turn = 0
        while not over.is_set():
            turn += 1
            guest = Visitor(machines[0], agent=f"guest {number}-{turn}")
            try:
                answer = through(
                    guest, lambda v, m: v.get(f"/thread-{thread_id}-1-1.html", m), turn
                )
            except OSError as error:
                lost.append(("read", repr(error)))
                continue
            with lock:
                served[0] += answer.status == 200
            if answer.status != 200:
                lost.append(("read", answer.status))

    def stay(_number: int) -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            try:
                answer = through(member, lambda v, m: v.get("/favorites", m), turn)
            except OSError as error:
                lost.append(("stay", repr(error)))
                continue
            if answer.status != 200:
                logged_out.append(answer.status)

    def write(_number: int) -> None:
        for turn, name in enumerate(names):
            visitor = Visitor(machines[turn % 2])
            try:
                entered = through(visitor, lambda v, m, n=name: v.log_in(n, PASSWORD, m), turn)
                answer = through(
                    visitor, lambda v, m, n=name: v.post(reply_path, m, source=f"{n}到此一游"), turn
                )
            except OSError as error:
                lost.append(("write", repr(error)))
                continue
            if (entered.status, answer.status) == (303, 303):
                replied.append(name)
            else:
                lost.append(("write", entered.status, answer.status))

    def keep(_number: int) -> None:
        """What is sent is not sent again, whatever becomes of it; the form itself is refused."""
        turn = 0
        while not over.wait(0.02):
            turn += 1
            try:
                answer = through(keeper, lambda v, m: v.send("/register", m), turn // 20)
            except (OSError, http.client.HTTPException) as error:
                lost.append(("keep", repr(error)))
                continue
            if answer.status != 400:
                lost.append(("keep", answer.status))

    visitors = [
        threading.Thread(target=work, args=(number,))
        for number, work in enumerate((read, read, stay, write, keep))
    ]
    for visitor in visitors:
        visitor.start()
    for machine in machines:
        over.wait(1)
        assert machine.end() == 0
        machine.begin()
        machine.wait()
    over.wait(1)
    over.set()
    for visitor in visitors:
        visitor.join(60)
    keeper.close()
    for machine in machines:
        assert machine.end() == 0

    with forum.read() as s:
        views = s.scalar(text("SELECT view_count FROM threads WHERE id = :id"), {"id": thread_id})
        present = s.scalar(text("SELECT count(*) FROM online_visits WHERE member_id IS NULL"))
        sources = set(
            s.scalars(text("SELECT source FROM posts WHERE thread_id = :id"), {"id": thread_id})
        )
    assert (lost, logged_out) == ([], [])
    assert replied == names
    assert {f"{name}到此一游" for name in names} <= sources
    # Whoever replied was led to the thread or not; only the guests looked at it here.
    assert views == served[0]
    assert present >= served[0]  # everybody is in the one list of who is online
    assert served[0] > 50
    assert keeper.reused_count > 50
