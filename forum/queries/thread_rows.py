"""What does a list of threads show of each? One row type for boards, the guide and the space page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, literal_column

from forum.models import Thread, ThreadState

NEW_FOR = timedelta(days=7)  # an older thread carries no New, however new its replies

# Written out, not as a parameter: or neither database would see that the index over 精华 fits.
IS_DIGEST = Thread.digest_level > literal_column("0")

COLUMNS = (
    Thread.id, Thread.board_id, Thread.type_id, Thread.title, Thread.state, Thread.sticky_level,
    Thread.digest_level, Thread.highlight_color, Thread.highlight_background,
    Thread.highlight_bold, Thread.highlight_italic, Thread.highlight_underline, Thread.is_closed,
    Thread.read_access, Thread.moved_to_id, Thread.has_images, Thread.author_id,
    Thread.author_name, Thread.created_at, Thread.reply_count, Thread.comment_count,
    Thread.view_count, Thread.heat, Thread.last_post_at, Thread.last_poster_id,
    Thread.last_poster_name, Thread.icon, Thread.stamp, Thread.is_recommended,
    Thread.last_log_id,
)  # fmt: skip


@dataclass(frozen=True)
class ThreadRow:
    """A thread as its list knows it."""

    id: int
    board_id: int
    type_id: int | None
    title: str
    state: ThreadState
    sticky_level: int
    digest_level: int
    highlight_color: int
    highlight_background: int
    highlight_bold: bool
    highlight_italic: bool
    highlight_underline: bool
    is_closed: bool
    read_access: int
    moved_to_id: int | None
    has_images: bool
    author_id: int
    author_name: str
    created_at: datetime
    reply_count: int
    comment_count: int
    view_count: int
    heat: int
    last_post_at: datetime
    last_poster_id: int | None
    last_poster_name: str
    icon: str  # 图标: a key of modlog/marks.py
    stamp: str  # 图章: likewise
    is_recommended: bool
    last_log_id: int | None  # 本主题由 X 于 T 置顶

    @property
    def is_moved(self) -> bool:
        return self.state is ThreadState.REDIRECT

    @property
    def is_pending(self) -> bool:
        return self.state is ThreadState.PENDING

    @property
    def target_id(self) -> int:
        """The thread its link opens: where a pointer points to."""
        return self.moved_to_id or self.id

    @property
    def shown_replies(self) -> int:
        """回复 counts comments too."""
        return self.reply_count + self.comment_count

    @property
    def shown_views(self) -> int:
        """Nobody replies without having looked; an import may know less."""
        return max(self.view_count, self.shown_replies)

    @property
    def highlight(self) -> str:
        """The classes of its title."""
        names = []
        if self.highlight_color:
            names.append(f"highlight-{self.highlight_color}")
        if self.highlight_background:
            names.append(f"highlight-back-{self.highlight_background}")
        for is_on, style in (
            (self.highlight_bold, "bold"),
            (self.highlight_italic, "italic"),
            (self.highlight_underline, "underline"),
        ):
            if is_on:
                names.append(f"highlight-{style}")
        return " ".join(names)

    @property
    def shows_history(self) -> bool:
        """Does it carry a mark of which the log says who gave it? An import brings marks along without."""
        is_marked = self.sticky_level or self.digest_level or self.is_closed or self.icon
        return bool(is_marked or self.highlight) and self.last_log_id is not None

    def hot_level(self, levels: tuple[int, ...]) -> int:
        """热帖 0 to 3: how many of the levels its heat is above."""
        return sum(self.heat > level for level in levels)

    def page_numbers(self, posts_per_page: int) -> tuple[int, ...]:
        """The pages linked behind the title: 2 to 6, and the last."""
        last = -(-(self.reply_count + 1) // posts_per_page)
        numbers = tuple(range(2, min(last, 6) + 1))
        return (*numbers, last) if last > 6 else numbers

    def is_young(self, now: datetime) -> bool:
        """May it carry New?"""
        return not self.is_moved and now - self.created_at < NEW_FOR

    def is_autoclosed(self, days: int, now: datetime) -> bool:
        """Did the board close it by itself? `days` as Board.autoclose_days."""
        if days == 0:
            return False
        return (self.created_at if days > 0 else self.last_post_at) + timedelta(abs(days)) < now


def thread_row(row: Row[*tuple[Any, ...]]) -> ThreadRow:
    """From a result row that begins with COLUMNS."""
    return ThreadRow(*row[: len(COLUMNS)])
