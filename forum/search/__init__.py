"""Which posts hold these words? The index of titles and posts, on either database.

What the index says is a proposal: who may see a post is decided again in the real tables
(queries/search.py), so a stale index can hide a post and never show one.
"""

from forum.search.backends import Backend, backend_of
from forum.search.finding import found
from forum.search.tokens import IndexRow, Words, normalised, parse_words
from forum.search.wanted import FIRST_DAY, Wanted

__all__ = [
    "FIRST_DAY",
    "Backend",
    "IndexRow",
    "Wanted",
    "Words",
    "backend_of",
    "found",
    "normalised",
    "parse_words",
]
