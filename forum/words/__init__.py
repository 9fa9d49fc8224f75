"""The word filter: which words of a list does a text hold, and what does it become?"""

from forum.words.filter import Judgement, Replaced, WordFilter, WordRule
from forum.words.folding import BARRIER
from forum.words.patterns import Pattern, PatternError, parse_pattern

__all__ = [
    "BARRIER",
    "Judgement",
    "Pattern",
    "PatternError",
    "Replaced",
    "WordFilter",
    "WordRule",
    "parse_pattern",
]
