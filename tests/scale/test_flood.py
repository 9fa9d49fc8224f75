"""Do members get their pages while a thousand addresses ask for three times what guests can have?"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import quantiles

import pytest

from forum.core.db import Database
from forum.core.passwords import hash_password
from tests.bench.servers import ROOT
from tests.factories import Forum
from tests.scale.machines import Machine, Visitor

SOURCES = 1000
THREADS = 100
FLOOD_S = 8
QUIET_S = 2
TIMES = 3  # what guests can have
REACHED = 2.9  # of it was asked for
ATTEMPTS = 3
PASSWORD = "a password of some length"


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def machine(database_url: str, database: Database, tmp_path: Path):
    """The forum with its usual two processes."""
    forum = Forum(database)
    for _ in range(THREADS):
        forum.thread(replies=9)
    forum.member("会员", password_hash=hash_password(PASSWORD))
    environment = {
        "FORUM_DATA_DIR": str(tmp_path),
        "FORUM_DATABASE_URL": database_url,
        "FORUM_BASE_URL": "http://forum.test",
    }
    machine = Machine(environment, tmp_path / "server.log", workers=2)
    try:
        machine.begin()
        machine.wait()
        yield machine
    finally:
        machine.end()


def flood(machine: Machine, *, rate: float, seconds: float, sources: int) -> dict:
    """What crawlers were answered; a process of its own, so that they do not wait for the test."""
    words = [str(word) for word in (machine.port, rate, seconds, sources, THREADS)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.scale.flood", *words],
        cwd=ROOT, capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def p95_of(member: Visitor, until: threading.Event) -> tuple[float, list[int]]:
    """A member reads page after page, each on a connection of its own."""
    times, statuses, turn = [], [], 0
    while not until.is_set():
        turn += 1
        began = time.monotonic()
        answer = member.get(f"/thread-{1 + turn % THREADS}-1-1.html")
        times.append(time.monotonic() - began)
        statuses.append(answer.status)
        until.wait(0.02)
    return quantiles(times, n=20)[18], statuses


def quiet(member: Visitor) -> tuple[float, list[int]]:
    over = threading.Event()
    threading.Timer(QUIET_S, over.set).start()
    return p95_of(member, over)


@pytest.mark.slow
def test_a_flood_of_crawlers_leaves_members_their_pages(machine: Machine, capsys) -> None:
    member = Visitor(machine)
    assert member.log_in("会员", PASSWORD).status == 303
    for number in range(24):  # both processes compile their templates first
        assert member.get(f"/thread-{1 + number}-1-1.html").status == 200
    for attempt in range(ATTEMPTS):
        # The better of two: were the machine busy with something else, three times would be too few.
        capacity = max(flood(machine, rate=0, seconds=1, sources=-8)["answered"] for _ in range(2))
        quiet_before, _ = quiet(member)
        found, under_flood, statuses = under(machine, member, rate=TIMES * capacity)
        light_off = seconds_until_guests_may_search(machine)
        quiet_after, _ = quiet(member)
        # The machine itself may have been busier or less busy before: what is quiet lies between.
        is_fair = under_flood < 3 * (quiet_before + quiet_after) / 2
        if is_fair and found["rate"] >= REACHED * capacity:
            break  # else something else had the processors; once more

    with capsys.disabled():
        print(
            f"\nattempt {attempt + 1}: guests {capacity:.0f}/s, flood {found['rate']:.0f}/s answered {found['answered']:.0f}/s "
            f"{found['statuses']} late {found['late']}, member p95 {quiet_before * 1000:.1f} ms, "
            f"under flood {under_flood * 1000:.1f} ms ({len(statuses)} pages), after "
            f"{quiet_after * 1000:.1f} ms, light off after {light_off:.1f} s"
        )
    # Crawlers share the processors with the server; when something else has them, they fall behind.
    assert found["rate"] >= REACHED * capacity, "the flood was no flood: the machine is too busy"
    assert set(statuses) == {200}  # none refused
    assert found["statuses"].get("503", 0) > found["asked"] / 10  # light mode was on
    assert is_fair
    assert light_off < 10


def under(machine: Machine, member: Visitor, *, rate: float) -> tuple[dict, float, list[int]]:
    """What crawlers were answered, and a member's p95 and statuses meanwhile."""
    over = threading.Event()
    found: dict = {}

    def crawl() -> None:
        try:
            found.update(flood(machine, rate=rate, seconds=FLOOD_S, sources=SOURCES))
        finally:
            over.set()

    crawling = threading.Thread(target=crawl)
    crawling.start()
    p95, statuses = p95_of(member, over)
    crawling.join()
    return found, p95, statuses


def seconds_until_guests_may_search(machine: Machine) -> float:
    """Every process of the server has to be asked: whichever answers."""
    began, well = time.monotonic(), 0
    guest = Visitor(machine, source="127.0.251.1")
    while well < 8:
        well = well + 1 if guest.get("/search").status == 200 else 0
        assert time.monotonic() - began < 20
        time.sleep(0.1)
    return time.monotonic() - began - 8 * 0.1
