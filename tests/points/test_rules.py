"""The registry of point rules: complete, and its cycles are read and written alike."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from forum.points.rules import REGISTRY, Cycle, Span, cycle_of

NOW = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)  # 01:30 of the next day in Shanghai
COMMANDS = Path(__file__).parents[2] / "forum" / "commands"


@pytest.mark.parametrize("text", ["none", "once", "day", "hours:6", "minutes:30"])
def test_a_cycle_is_read_as_it_is_written(text):
    assert str(cycle_of(text)) == text


@pytest.mark.parametrize("text", ["", "week", "hours", "hours:0", "day:2", "hours:x", "minutes:-1"])
def test_what_is_no_cycle_is_refused(text):
    with pytest.raises(ValueError):
        cycle_of(text)


def test_a_day_begins_at_midnight_of_the_site():
    began = Cycle(Span.DAY).since(NOW, ZoneInfo("Asia/Shanghai"))

    assert began == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def test_hours_reach_back_from_now():
    assert Cycle(Span.HOURS, 6).since(NOW, ZoneInfo("UTC")) == NOW - timedelta(hours=6)
    assert Cycle(Span.ONCE).since(NOW, ZoneInfo("UTC")) is None


def test_the_defaults_are_discuz_s():
    paid = {key: dict(rule.amounts) for key, rule in REGISTRY.items() if rule.amounts}

    assert paid == {
        "thread.posted": {2: 2},
        "post.replied": {2: 1},
        "thread.digested": {2: 5},
        "email.confirmed": {2: 10},
        "avatar.set": {2: 5},
        "day.visited": {2: 2},
        "poll.voted": {2: 1},
    }
