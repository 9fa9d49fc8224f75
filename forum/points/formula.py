"""What is a member's total? A small arithmetic over counters, parsed by ourselves.

Discuz! hands its formula to `eval`; ours knows names, numbers, + - * / and brackets, nothing else.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache

NAMES = ("posts", "threads", "digests", *(f"p{number}" for number in range(1, 9)))
MAX_LENGTH = 500
MAX_DEPTH = 20
# What a BIGINT column and the page can bear; a formula may multiply without bound.
LARGEST = 10**15

Values = Mapping[str, int]
_Node = Callable[[Values], Fraction]
_TOKEN = re.compile(r"\s*(?:(\d{1,9}(?:\.\d{1,6})?)|([a-z]+[0-9]?)|([-+*/()]))")


class FormulaError(ValueError):
    """The text is no formula. `at` is the position of what was not understood."""

    def __init__(self, at: int) -> None:
        super().__init__(f"not understood at {at}")
        self.at = at


class Formula:
    """A compiled formula."""

    def __init__(self, words: tuple[str, ...], node: _Node) -> None:
        self.words = words  # numbers, names and signs in their order
        self.names = frozenset(word for word in words if word in NAMES)
        self._node = node

    def total(self, values: Values) -> int:
        """The rounded result (halves away from zero); names that are absent count 0."""
        exact = self._node(values)
        half = Fraction(1, 2)
        whole = int(exact + half) if exact >= 0 else -int(-exact + half)
        return max(-LARGEST, min(LARGEST, whole))


@lru_cache(maxsize=32)
def compiled(text: str) -> Formula:
    """The formula of a text, parsed once.

    :raises FormulaError: it is none.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(MAX_LENGTH)
    parser = _Parser(text)
    node = parser.sum(0)
    if parser.kind != "end":
        raise FormulaError(parser.at)
    return Formula(tuple(parser.words), node)


class _Parser:
    """Recursive descent: sum -> product -> signed -> atom."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.words: list[str] = []
        self.next_at = 0
        self.advance()

    def advance(self) -> None:
        self.at = self.next_at
        if self.at >= len(self.text):
            self.kind, self.value = "end", ""
            return
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            raise FormulaError(self.at)
        self.next_at = match.end()
        number, name, sign = match.groups()
        self.kind = "number" if number else "name" if name else "sign"
        self.value = number or name or sign
        self.words.append(self.value)

    def take(self, *signs: str) -> str | None:
        if self.kind != "sign" or self.value not in signs:
            return None
        sign = self.value
        self.advance()
        return sign

    def sum(self, depth: int) -> _Node:
        node = self.product(depth)
        while sign := self.take("+", "-"):
            node = _binary(sign, node, self.product(depth))
        return node

    def product(self, depth: int) -> _Node:
        node = self.signed(depth)
        while sign := self.take("*", "/"):
            node = _binary(sign, node, self.signed(depth))
        return node

    def signed(self, depth: int) -> _Node:
        if self.take("-"):
            inner = self.atom(depth)
            return lambda values: -inner(values)
        return self.atom(depth)

    def atom(self, depth: int) -> _Node:
        if depth > MAX_DEPTH:
            raise FormulaError(self.at)
        if self.take("("):
            node = self.sum(depth + 1)
            if not self.take(")"):
                raise FormulaError(self.at)
            return node
        kind, value = self.kind, self.value
        if kind == "number":
            number = Fraction(value)
            self.advance()
            return lambda values: number
        if kind == "name" and value in NAMES:
            self.advance()
            return lambda values: Fraction(values.get(value, 0))
        raise FormulaError(self.at)


def _binary(sign: str, left: _Node, right: _Node) -> _Node:
    if sign == "+":
        return lambda values: left(values) + right(values)
    if sign == "-":
        return lambda values: left(values) - right(values)
    if sign == "*":
        return lambda values: left(values) * right(values)
    return lambda values: _quotient(left(values), right(values))


def _quotient(dividend: Fraction, divisor: Fraction) -> Fraction:
    # A member with no posts must not break every page: p1/posts is 0 for them.
    return dividend / divisor if divisor else Fraction(0)
