"""What time is it? The only place that asks the machine."""

from datetime import UTC, datetime

# The years a date may be typed in. Beyond them lie what no zone can show any more, and typing errors.
FIRST_YEAR, LAST_YEAR = 1970, 2200


def utc_now() -> datetime:
    """Now, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)


def is_usable(at: datetime) -> bool:
    """May somebody have meant this moment? As it was typed, in the zone of whoever typed it."""
    return FIRST_YEAR <= at.year <= LAST_YEAR


def first_version() -> int:
    """Where the versions of a new row begin: microseconds of the clock.

    SQLite gives the id of the newest row that went to the next one. Counted from 1 its versions
    would be those of the row before, and what is kept of that one would stand.
    """
    return int(utc_now().timestamp() * 1_000_000)
