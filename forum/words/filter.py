"""Which words of the list are in a text, and what does the text become?

Linear in the text. Words without gaps are found by an automaton that holds none of which another one
is a part: so at most one ends at any place, however much the words of the list overlap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ahocorasick_rs import AhoCorasick, MatchKind

from forum.models import WordAction
from forum.words.folding import BARRIER, Folded, fold
from forum.words.gaps import GappedPatterns
from forum.words.patterns import Pattern, parse_pattern

# Which word, from which place, to which place.
_Found = tuple[int, int, int]


@dataclass(frozen=True)
class WordRule:
    """A word of the list."""

    id: int
    find: str
    action: WordAction
    replacement: str = ""


@dataclass(frozen=True)
class Judgement:
    """The words that refuse a text, and those for which it waits. A word of which a shorter one is a
    part is not named beside it."""

    refused: tuple[WordRule, ...] = ()
    held: tuple[WordRule, ...] = ()


@dataclass(frozen=True)
class Replaced:
    """What a text became, and by which words."""

    text: str
    rules: tuple[WordRule, ...] = ()


class WordFilter:
    """A list of words, made ready. Immutable; safe between threads."""

    def __init__(self, rules: Iterable[WordRule]) -> None:
        by_action: dict[WordAction, list[tuple[WordRule, Pattern]]] = {
            one: [] for one in WordAction
        }
        for rule in rules:
            by_action[rule.action].append((rule, parse_pattern(rule.find)))
        self._refusing = _Detector(by_action[WordAction.REFUSE])
        self._holding = _Detector(by_action[WordAction.HOLD])
        self._replacing = _Replacer(by_action[WordAction.REPLACE])

    @property
    def is_empty(self) -> bool:
        return self._refusing.is_empty and self._holding.is_empty and self._replacing.is_empty

    def judge(self, *texts: str) -> Judgement:
        """Which words refuse or hold any of the texts."""
        refused: dict[int, WordRule] = {}
        held: dict[int, WordRule] = {}
        for text in texts:
            folded = fold(text).text
            refused.update((rule.id, rule) for rule in self._refusing.found_in(folded))
            held.update((rule.id, rule) for rule in self._holding.found_in(folded))
        return Judgement(_in_order(refused), _in_order(held))

    def replace(self, text: str) -> Replaced:
        """The text with words replaced: first those with gaps, in their order, then the others, the
        longest at the leftmost place. Nothing is replaced across a BARRIER, or twice."""
        return self._replacing.replace(text)


def _in_order(rules: dict[int, WordRule]) -> tuple[WordRule, ...]:
    return tuple(rules[rule_id] for rule_id in sorted(rules))


class _Detector:
    """Says which of its words a text holds."""

    def __init__(self, rules: Sequence[tuple[WordRule, Pattern]]) -> None:
        plain = _plain(rules)
        smallest = _smallest(list(plain))
        self._rules = [plain[word] for word in smallest]
        self._finder = AhoCorasick(smallest) if smallest else None
        self._gapped_rules, self._gapped = _gapped(rules)

    @property
    def is_empty(self) -> bool:
        return self._finder is None and not self._gapped_rules

    def found_in(self, text: str) -> list[WordRule]:
        found: list[WordRule] = []
        if self._finder is not None:
            matches = self._finder.find_matches_as_indexes(text, overlapping=True)
            found += [self._rules[index] for index in {index for index, _, _ in matches}]
        return found + [self._gapped_rules[index] for index in self._gapped.found_in(text)]


def _plain(rules: Iterable[tuple[WordRule, Pattern]]) -> dict[str, WordRule]:
    """The words without gaps; of two that are spelled alike the first."""
    plain: dict[str, WordRule] = {}
    for rule, pattern in rules:
        if not pattern.gaps:
            plain.setdefault(pattern.parts[0], rule)
    return plain


def _gapped(rules: Iterable[tuple[WordRule, Pattern]]) -> tuple[list[WordRule], GappedPatterns]:
    with_gaps = [(rule, pattern) for rule, pattern in rules if pattern.gaps]
    return [rule for rule, _ in with_gaps], GappedPatterns([pattern for _, pattern in with_gaps])


def _smallest(words: list[str]) -> list[str]:
    """The words that hold no other word."""
    if not words:
        return []
    finder = AhoCorasick(words)
    return [
        word
        for word in words
        if not finder.find_matches_as_indexes(word[1:])
        and not finder.find_matches_as_indexes(word[:-1])
    ]


class _Replacer:
    """Puts its words' replacements into a text."""

    def __init__(self, rules: Sequence[tuple[WordRule, Pattern]]) -> None:
        plain = _plain(rules)
        gapped, self._gapped = _gapped(rules)
        self._finder = (
            AhoCorasick(list(plain), matchkind=MatchKind.LeftmostLongest) if plain else None
        )
        self._first_gapped = len(plain)
        self._rules = [*plain.values(), *gapped]

    @property
    def is_empty(self) -> bool:
        return not self._rules

    def replace(self, text: str) -> Replaced:
        if self.is_empty:
            return Replaced(text)
        folded = fold(text)
        found = [
            (self._first_gapped + index, start, end)
            for index, start, end in self._gapped.stretches_in(folded.text)
        ]
        found.sort(key=itemgetter(1))
        if self._finder is not None:
            others = self._finder.find_matches_as_indexes(_without(folded.text, found))
            # Very many may be found: no list is made or sorted that is not needed.
            found = sorted([*found, *others], key=itemgetter(1)) if found else others
        return self._written(text, folded, found) if found else Replaced(text)

    def _written(self, text: str, folded: Folded, found: Sequence[_Found]) -> Replaced:
        written: list[str] = []
        used: set[int] = set()
        at = 0
        for index, start, end in found:
            if folded.starts is not None:
                start, end = folded.span(start, end)
                if start < at:  # two words met in one character that folds to several
                    continue
            used.add(index)
            written.append(text[at:start])
            written.append(self._rules[index].replacement)
            at = end
        written.append(text[at:])
        rules = {self._rules[index].id: self._rules[index] for index in used}
        return Replaced("".join(written), _in_order(rules))


def _without(text: str, found: Sequence[_Found]) -> str:
    """The text with barriers where something was found, of the same length."""
    if not found:
        return text
    written: list[str] = []
    at = 0
    for _, start, end in found:
        written += [text[at:start], BARRIER * (end - start)]
        at = end
    return "".join([*written, text[at:]])
