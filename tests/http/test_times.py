"""Moments as Discuz shows them: relative within seven days, in the viewer's zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from flask import Flask

from forum.http.times import clock_text, shown_time

CHINA = ZoneInfo("Asia/Shanghai")
# 2026-03-10 15:00:00 in China
NOW = datetime(2026, 3, 10, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "chinese", "english"),
    [
        ({"seconds": 0}, "刚刚", "just now"),
        ({"seconds": 1}, "1 秒前", "1 second ago"),
        ({"seconds": 60}, "60 秒前", "60 seconds ago"),
        ({"seconds": 61}, "1 分钟前", "1 minute ago"),
        ({"seconds": 1800}, "30 分钟前", "30 minutes ago"),
        ({"seconds": 1801}, "半小时前", "half an hour ago"),
        ({"seconds": 3600}, "半小时前", "half an hour ago"),
        ({"seconds": 3601}, "1 小时前", "1 hour ago"),
        ({"hours": 15}, "15 小时前", "15 hours ago"),
        ({"hours": 15, "seconds": 1}, "昨天 23:59", "yesterday 23:59"),
        ({"days": 1}, "昨天 15:00", "yesterday 15:00"),
        ({"days": 2}, "前天 15:00", "2 days ago 15:00"),
        ({"days": 3}, "3 天前", "3 days ago"),
        ({"days": 7}, "7 天前", "7 days ago"),
        ({"days": 8}, "2026-3-2 15:00:00", "2026-3-2 15:00:00"),
        ({"days": 400}, "2025-2-3 15:00:00", "2025-2-3 15:00:00"),
        ({"seconds": -1}, "2026-3-10 15:00:01", "2026-3-10 15:00:01"),
    ],
)
def test_a_moment_is_told_relative_to_now(
    app: Flask, ago: dict[str, int], chinese: str, english: str
) -> None:
    at = NOW - timedelta(**ago)

    with app.test_request_context("/"):
        assert shown_time(at, NOW, CHINA).text == chinese
    with app.test_request_context("/?lang=en"):
        assert shown_time(at, NOW, CHINA).text == english


def test_the_title_is_absolute_and_machines_get_iso(app: Flask) -> None:
    with app.test_request_context("/"):
        shown = shown_time(NOW - timedelta(minutes=5), NOW, CHINA)
        plain = shown_time(NOW - timedelta(minutes=5), NOW, CHINA, is_relative=False)

    assert shown.title == "2026-3-10 14:55:00"
    assert shown.iso == "2026-03-10T06:55:00+00:00"
    assert plain.text == "2026-3-10 14:55:00"


def test_yesterday_is_the_viewers(app: Flask) -> None:
    at = NOW - timedelta(hours=8)

    with app.test_request_context("/"):
        assert shown_time(at, NOW, CHINA).text == "8 小时前"
        assert shown_time(at, NOW, ZoneInfo("UTC")).text == "昨天 23:00"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Asia/Shanghai", "GMT+8, 2026-3-10 15:00"),
        ("Asia/Kolkata", "GMT+5.5, 2026-3-10 12:30"),
        ("UTC", "GMT, 2026-3-10 07:00"),
    ],
)
def test_the_clock_of_the_footer(zone: str, text: str) -> None:
    assert clock_text(NOW, ZoneInfo(zone)) == text


@pytest.mark.parametrize(
    "edge", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
def test_a_moment_at_the_edge_of_the_calendar_is_shown_in_every_zone(
    app: Flask, edge: datetime
) -> None:
    with app.test_request_context("/"):
        years = {
            shown_time(edge, NOW, ZoneInfo(name)).text.partition("-")[0]
            for name in available_timezones()
        }
    assert years <= {"1", "9999"}
