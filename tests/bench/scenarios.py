"""What is asked of the forum, and how the numbers are named."""

import secrets
from dataclasses import astuple, dataclass
from random import Random
from urllib.parse import quote, urlencode

from forum.importers.synthetic.texts import vocabulary
from tests.bench.visitors import PASSWORD, Visitor
from tests.bench.wrk import Request

FIRST_BOARD = 1001  # forum/importers/synthetic: half of all threads are here
PER_PAGE = 10
PER_LIST = 20
# What quick mode measures of the pages and searches below.
QUICK = ("index", "board 1", "thread 1", "space", "guide")
QUICK_SEARCHES = ("search, 2 characters, common", "search, 4 characters")
SEARCHED_NARROWLY = ("search, 2 characters, common", "search, 4 characters")
GROWING = ("index", "board 1", "thread 1", "space")


@dataclass(frozen=True)
class Size:
    """How large the forum under test is."""

    posts: int
    threads: int
    longest: int
    members: int
    boards: int = 20
    seed: int = 1

    @classmethod
    def usual(cls, posts: int) -> "Size":
        """The proportions of the measured forum."""
        return cls(posts, posts // 10, min(20_000, posts // 10), 10_000)

    @property
    def name(self) -> str:
        """What a folder is called that holds such a forum."""
        if self == Size.usual(self.posts):
            return str(self.posts)
        return "-".join(str(number) for number in astuple(self))

    @property
    def small_board(self) -> int:
        return FIRST_BOARD - 1 + self.boards

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
        "guide": "/guide/newthread",
    }


def searches(seed: int) -> dict[str, tuple[str, ...]]:
    """Words by what is measured with them: out of the very vocabulary the forum was written with.

    It is ordered by how often a word is used, so its ranks say what is common and what is rare.
    """
    words = vocabulary(Random(seed))

    def of(length: int, first: int, last: int) -> tuple[str, ...]:
        return tuple(word for word in words[first:last] if len(word) == length)[:20]

    return {
        "search, 2 characters, common": of(2, 0, 60),
        "search, 2 characters, middling": of(2, 400, 600),
        "search, 2 characters, rare": of(2, 7000, 8000),
        "search, 4 characters": of(4, 0, 400),
    }


def search_path(words: str) -> str:
    return f"/search?q={quote(words)}&kind=posts"


def as_members(path: str, visitors: list[Visitor]) -> list[Request]:
    """The same page asked for by one member after another."""
    return [Request(path, cookie=visitor.cookie) for visitor in visitors]


def as_searchers(words: tuple[str, ...], visitors: list[Visitor]) -> list[Request]:
    """One word after another, each asked for by the next member."""
    return [
        Request(search_path(words[index % len(words)]), cookie=visitor.cookie)
        for index, visitor in enumerate(visitors)
    ]


def logins(names: list[str]) -> list[Request]:
    """The login box of a page, sent by one member after another."""
    return [
        Request("/login", "", "POST", urlencode({"name": name, "password": PASSWORD, "next": "/"}))
        for name in names
    ]


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
