"""What is asked of the forum, and how the numbers are named."""

import secrets
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from tests.bench.visitors import Visitor
from tests.bench.wrk import Request

FIRST_BOARD = 1001  # forum/importers/synthetic: half of all threads are here
PER_PAGE = 10
PER_LIST = 20


@dataclass(frozen=True)
class Size:
    """How large the forum under test is."""

    posts: int
    threads: int
    longest: int

    @property
    def long_thread(self) -> int:
        return self.threads

    @property
    def last_page(self) -> int:
        return (self.longest + PER_PAGE) // PER_PAGE

    @property
    def deep_list_page(self) -> int:
        """Page 500 of the large board, or the deepest a smaller forum has."""
        return min(500, self.threads // 2 // PER_LIST)


def paths(size: Size) -> dict[str, str]:
    """Pages by the names of the table."""
    thread, last = size.long_thread, size.last_page
    return {
        "index": "/",
        "board 1": f"/forum-{FIRST_BOARD}-1.html",
        "board deep": f"/forum-{FIRST_BOARD}-{size.deep_list_page}.html",
        "thread 1": f"/thread-{thread}-1-1.html",
        "thread middle": f"/thread-{thread}-{max(1, last // 2)}-1.html",
        "thread last": f"/thread-{thread}-{last}-1.html",
        "space": "/space-uid-1007.html",
    }


SEARCHES = {"search 会议": "会议", "search 产业工人": "产业工人"}


def search_path(words: str) -> str:
    return f"/search?q={quote(words)}&kind=posts"


def as_members(path: str, visitors: list[Visitor]) -> list[Request]:
    """The same page asked for by one member after another."""
    return [Request(path, cookie=visitor.cookie) for visitor in visitors]


def replies(visitors: list[Visitor], threads: list[int]) -> list[Request]:
    """One reply a member, each in the next of `threads`; no text comes twice."""
    asked = []
    for index, visitor in enumerate(visitors):
        key = secrets.token_hex(8)
        body = urlencode(
            {
                "csrf_token": visitor.csrf_token,
                "source": f"路过看看，顶一个！第{index}次，{key}。",
                "submission_key": key,
            }
        )
        path = f"/thread-{threads[index % len(threads)]}/reply"
        asked.append(Request(path, visitor.cookie, "POST", body))
    return asked
