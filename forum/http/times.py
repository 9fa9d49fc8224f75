"""How is a moment shown? Discuz!'s relative rule, in the viewer's zone and language."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from forum.http.language import gettext as _
from forum.http.language import ngettext

# A day from either end of the calendar every zone has the moment.
_FIRST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
_LAST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


@dataclass(frozen=True)
class ShownTime:
    """`text` as shown, `title` the absolute time, `iso` for machines."""

    text: str
    title: str
    iso: str


def local_time(at: datetime, zone: ZoneInfo) -> datetime:
    """A moment in a zone; one at the edge of the calendar a day off, for a page must not fail at it."""
    return min(max(at, _FIRST), _LAST).astimezone(zone)


def absolute(at: datetime, zone: ZoneInfo) -> str:
    """2023-12-28 07:34:01; month and day without leading zeros, as the site's date format has it."""
    local = local_time(at, zone)
    return f"{local.year}-{local.month}-{local.day} {local:%H:%M:%S}"


def shown_time(
    at: datetime, now: datetime, zone: ZoneInfo, *, is_relative: bool = True
) -> ShownTime:
    """Relative within seven days, absolute before (viewthread.md section 4)."""
    title = absolute(at, zone)
    text = _relative(at, now, zone) if is_relative else None
    return ShownTime(text or title, title, at.isoformat(timespec="seconds"))


def _relative(at: datetime, now: datetime, zone: ZoneInfo) -> str | None:
    seconds = int((now - at).total_seconds())
    local, today = local_time(at, zone), now.astimezone(zone).date()
    if seconds < 0:
        return None
    if local.date() == today:
        if seconds > 3600:
            hours = seconds // 3600
            return ngettext("%(num)d hour ago", "%(num)d hours ago", hours)
        if seconds > 1800:
            return _("half an hour ago")
        if seconds > 60:
            minutes = seconds // 60
            return ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)
        if seconds > 0:
            return ngettext("%(num)d second ago", "%(num)d seconds ago", seconds)
        return _("just now")
    days = (today - local.date()).days
    clock = f"{local:%H:%M}"
    if days == 1:
        return _("yesterday %(clock)s", clock=clock)
    if days == 2:
        return _("2 days ago %(clock)s", clock=clock)
    if now - at < timedelta(days=8) and days <= 7:
        return ngettext("%(num)d day ago", "%(num)d days ago", days)
    return None


def clock_text(now: datetime, zone: ZoneInfo) -> str:
    """The footer's clock: GMT+8, 2025-3-13 01:04."""
    return _clock_text(now.replace(second=0, microsecond=0), zone)


@lru_cache(maxsize=64)
def _clock_text(minute: datetime, zone: ZoneInfo) -> str:
    local = minute.astimezone(zone)
    offset = local.utcoffset() or timedelta(0)
    hours = offset.total_seconds() / 3600
    shown = f"{hours:+g}" if hours else ""
    return f"GMT{shown}, {local.year}-{local.month}-{local.day} {local:%H:%M}"
