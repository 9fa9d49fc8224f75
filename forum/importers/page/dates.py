"""Which moment do the page's words for a date mean? Absolute and relative, against the time it was saved."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from forum.importers.page.facts import Precision, When

DATE = (
    r"(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d{2}(?::\d{2})?)?"
    r"|刚刚|半 ?小时前|\d{1,6} ?(?:秒|分钟|小时|天)前"
    r"|(?:今天|昨天|前天) ?\d{1,2}:\d{2}(?::\d{2})?)"
)
_ABSOLUTE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_AGO = re.compile(r"(\d{1,6}) ?(秒|分钟|小时|天)前")
_DAY = re.compile(r"(今天|昨天|前天) ?(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DAYS_BACK = {"今天": 0, "昨天": 1, "前天": 2}
_SECOND, _MINUTE, _DAY_LONG = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
FIRST_YEAR, LAST_YEAR = (
    1971,
    2199,
)  # outside these a "date" is a slip, and arithmetic near year 1 overflows


def page_zone(offset_minutes: int) -> timezone:
    return timezone(timedelta(minutes=offset_minutes))


def parse_moment(text: str, zone: timezone) -> tuple[datetime, Precision] | None:
    """An absolute date in the page's zone, or None when it is none (or none that exists)."""
    match = _ABSOLUTE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(g) if g else 0 for g in match.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    if match[6]:
        return moment, Precision.SECOND
    return moment, Precision.MINUTE if match[4] else Precision.DAY


def parse_when(text: str, *, saved_at: datetime | None, zone: timezone) -> When:
    """The moment the words mean, as exactly as they say it.

    Relative words follow Discuz: up to an hour by seconds and minutes, hours within the same day,
    昨天 and 前天 with their time, 3 to 7 天前 as whole days. Days are days of the page's zone.
    """
    words = text.strip()
    absolute = parse_moment(words, zone)
    if absolute is not None:
        moment, precision = absolute
        if precision is Precision.DAY:
            return When(words, moment + _DAY_LONG - _SECOND, moment, precision)
        return When(words, moment, moment, precision)
    if saved_at is None:
        return When(words, None, None, Precision.UNKNOWN)
    return _relative(words, saved_at.astimezone(zone))


def _relative(words: str, saved: datetime) -> When:
    if words == "刚刚":
        return When(words, saved, saved - _SECOND, Precision.SECOND)
    if words.replace(" ", "") == "半小时前":
        return When(
            words, saved - timedelta(seconds=1801), saved - timedelta(hours=1), Precision.MINUTE
        )
    ago = _AGO.fullmatch(words)
    if ago is not None:
        return _ago(words, int(ago[1]), ago[2], saved)
    named = _DAY.fullmatch(words)
    if named is not None:
        day = _midnight(saved) - _DAYS_BACK[named[1]] * _DAY_LONG
        hour, minute, second = int(named[2]), int(named[3]), int(named[4] or 0)
        if hour < 24 and minute < 60 and second < 60:
            moment = day + timedelta(hours=hour, minutes=minute, seconds=second)
            precision = Precision.SECOND if named[4] else Precision.MINUTE
            return When(words, moment, moment, precision)
    return When(words, None, None, Precision.UNKNOWN)


def _ago(words: str, number: int, unit: str, saved: datetime) -> When:
    if unit == "天":
        if number > 36_500:
            return When(words, None, None, Precision.UNKNOWN)
        day = _midnight(saved) - number * _DAY_LONG
        return When(words, day + _DAY_LONG - _SECOND, day, Precision.DAY)
    step, precision = {
        "秒": (_SECOND, Precision.SECOND),
        "分钟": (_MINUTE, Precision.MINUTE),
        "小时": (timedelta(hours=1), Precision.HOUR),
    }[unit]
    latest = saved - number * step
    return When(words, latest, latest - step + _SECOND, precision)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
