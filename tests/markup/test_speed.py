"""Does rendering take time in proportion to the size, whatever the text?

Bounds are wide because machines share their processors; quadratic behaviour misses them by far.
"""

import time

import pytest

from forum.markup import message_bytes, plain_text, quote_source, render

PATTERNS = {
    "brackets": "[",
    "closing brackets": "]",
    "slashes": "[/",
    "open bold": "[b]",
    "close bold": "[/b]",
    "bold": "[b]x[/b]",
    "crossing": "[b][i]x[/b][/i]",
    "open quotes": "[quote]x",
    "quote then bold": "[quote][b]x[/quote]",
    "open address": "[url=",
    "open url": "[url]",
    "urls": "[url]http://a.example[/url]",
    "open image": "[img]",
    "images": "[img]http://a.example/b[/img]",
    "open code": "[code]",
    "bad code": "[code=x]",
    "items": "[*]",
    "open lists": "[list][*]",
    "open tables": "[table]a|b\n",
    "open cells": "[table][tr][td]",
    "aligned": "[align=left][b]x[/align]",
    "addresses": "http://a.example ",
    "one address": "http://",
    "address brackets": "http://a.example)))))",
    "less": "<",
    "ampersands": "&",
    "greater": ">",
    "quotes": "\"'",
    "lines": "\n",
    "spaces": "  ",
    "tabs": "\t",
    "pipes": "|",
    "long size": "[size=11111",
    "chinese": "中文。",
}
FRAMES = {
    "plain": ("", ""),
    "code far": ("[code=x]" * 50, "[/code]"),
    "image far": ("[img]" * 50, "[/img]"),
    "in list": ("[list]", "[/list]"),
    "in table": ("[table]", "[/table]"),
    "deep": ("[b]" * 25, "[/b]" * 25),
}


def text_of(pattern: str, size: int, frame: str = "plain") -> str:
    before, after = FRAMES[frame]
    return before + (pattern * (size // len(pattern) + 1))[:size] + after


def seconds(source: str) -> float:
    start = time.process_time()
    render(source)
    return time.process_time() - start


def fits(source: str, bound: float) -> bool:
    """Whether one of five runs stays in the bound: a slow run may be somebody else's doing, a quick one is ours."""
    return any(seconds(source) < bound for _ in range(5))


@pytest.mark.parametrize(
    "pattern", ["[", "[b]", "[/b]", "[quote]", "[url=", "[img]", "[code]", "<", "\n", "[*]"]
)
def test_ten_kilobytes_take_less_than_fifty_milliseconds(pattern: str) -> None:
    assert fits(text_of(pattern, 10_000), 0.05)


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("name", PATTERNS)
def test_ten_kilobytes_of_anything_are_cheap(name: str, frame: str) -> None:
    assert fits(text_of(PATTERNS[name], 10_000, frame), 0.3)


@pytest.mark.parametrize("name", PATTERNS)
def test_time_grows_with_the_size(name: str) -> None:
    small = seconds(text_of(PATTERNS[name], 64_000))

    # Two doublings (linear takes 4 times as long, a square 16); a floor keeps the noise of very short
    # times out, and a busy machine may slow the longer run down by half.
    assert fits(text_of(PATTERNS[name], 256_000), max(small, 0.03) * 12)


def test_nested_quotes_are_cheap() -> None:
    source = "[quote]" * 700 + "x" * 100 + "[/quote]" * 700

    assert fits(source, 0.05)


@pytest.mark.parametrize("name", ["brackets", "open bold", "open code", "less", "lines"])
def test_the_other_doors_are_linear_too(name: str) -> None:
    source = text_of(PATTERNS[name], 256_000)

    start = time.process_time()
    plain_text(source)
    message_bytes(source)
    quote_source(source, author="x", at_text="y", post_id=1)
    assert time.process_time() - start < 4
