"""Which words of the list are in a text, and what does the text become?

Linear in the text. Words without gaps are found by an automaton that holds none of which another one
is a part: so at most one ends at any place, however much the words of the list overlap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from forum.models import WordAction
from forum.words.folding import BARRIER, Folded, fold
from forum.words.gaps import Parts, Taken
from forum.words.patterns import Pattern, parse_pattern


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
        plain: dict[str, WordRule] = {}
        self._gapped: list[tuple[WordRule, Pattern]] = []
        for rule, pattern in rules:
            if pattern.gaps:
                self._gapped.append((rule, pattern))
            else:
                plain.setdefault(pattern.parts[0], rule)
        smallest = _smallest(list(plain))
        self._rules = [plain[word] for word in smallest]
        self._finder = AhoCorasick(smallest) if smallest else None
        self._parts = Parts(pattern for _, pattern in self._gapped)

    @property
    def is_empty(self) -> bool:
        return self._finder is None and not self._gapped

    def found_in(self, text: str) -> list[WordRule]:
        found: list[WordRule] = []
        if self._finder is not None:
            matches = self._finder.find_matches_as_indexes(text, overlapping=True)
            found += [self._rules[index] for index in {index for index, _, _ in matches}]
        if self._gapped:
            occurrences = self._parts.occurrences(text)
            found += [rule for rule, pattern in self._gapped if occurrences.holds(pattern)]
        return found


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
        plain: dict[str, WordRule] = {}
        self._gapped: list[tuple[WordRule, Pattern]] = []
        for rule, pattern in rules:
            if pattern.gaps:
                self._gapped.append((rule, pattern))
            else:
                plain.setdefault(pattern.parts[0], rule)
        self._rules = list(plain.values())
        self._finder = (
            AhoCorasick(list(plain), matchkind=MatchKind.LeftmostLongest) if plain else None
        )
        self._parts = Parts(pattern for _, pattern in self._gapped)

    @property
    def is_empty(self) -> bool:
        return self._finder is None and not self._gapped

    def replace(self, text: str) -> Replaced:
        if self.is_empty:
            return Replaced(text)
        folded = fold(text)
        found = self._gapped_spans(folded.text)
        found += self._plain_spans(_without(folded.text, found))
        if not found:
            return Replaced(text)
        return _written(text, folded, sorted(found, key=lambda one: one[0]))

    def _gapped_spans(self, text: str) -> list[tuple[int, int, WordRule]]:
        found: list[tuple[int, int, WordRule]] = []
        if not self._gapped:
            return found
        taken = Taken(text)
        occurrences = self._parts.occurrences(text)
        for rule, pattern in self._gapped:
            for start, end in occurrences.stretches(pattern, taken):
                if taken.take(start, end):
                    found.append((start, end, rule))
        return found

    def _plain_spans(self, text: str) -> list[tuple[int, int, WordRule]]:
        if self._finder is None:
            return []
        return [
            (start, end, self._rules[index])
            for index, start, end in self._finder.find_matches_as_indexes(text)
        ]


def _without(text: str, spans: Iterable[tuple[int, int, WordRule]]) -> str:
    """The text with barriers where something was found, of the same length."""
    written: list[str] = []
    at = 0
    for start, end, _ in sorted(spans, key=lambda one: one[0]):
        written += [text[at:start], BARRIER * (end - start)]
        at = end
    return "".join([*written, text[at:]])


def _written(text: str, folded: Folded, found: Sequence[tuple[int, int, WordRule]]) -> Replaced:
    written: list[str] = []
    used: dict[int, WordRule] = {}
    at = 0
    for start, end, rule in found:
        first, last = folded.span(start, end)
        if first < at:  # two words met in one character that folds to several
            continue
        written += [text[at:first], rule.replacement]
        used[rule.id] = rule
        at = last
    return Replaced("".join([*written, text[at:]]), _in_order(used))
