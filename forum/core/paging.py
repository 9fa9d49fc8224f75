"""Which page numbers does a pager show? The arithmetic of Discuz `multi`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pager:
    """A pager's state. `numbers` are the linked pages around the current one."""

    page: int
    page_count: int
    numbers: tuple[int, ...]

    @property
    def shows_first(self) -> bool:
        return bool(self.numbers) and self.numbers[0] > 1

    @property
    def shows_last(self) -> bool:
        return bool(self.numbers) and self.numbers[-1] < self.page_count

    @property
    def previous(self) -> int | None:
        return self.page - 1 if self.page > 1 else None

    @property
    def next(self) -> int | None:
        return self.page + 1 if self.page < self.page_count else None


def pager(page: int, total: int, per_page: int, *, max_pages: int | None = None) -> Pager:
    """A pager over `total` things; `page` is brought into range.

    Shows at most 10 numbers less the digits of the current page plus one, the current one third.
    """
    page_count = max(1, -(-total // per_page))
    if max_pages is not None:
        page_count = min(page_count, max_pages)
    page = min(max(1, page), page_count)
    shown = 10 - len(str(page)) + 1
    start = max(1, min(page - 2, page_count - shown + 1))
    return Pager(page, page_count, tuple(range(start, min(page_count, start + shown - 1) + 1)))
