"""Which tokens come of a text, and which words of what was typed?"""

from datetime import date

import pytest

from forum.search.marks import excerpt, marked
from forum.search.tokens import normalised, parse_words, text_tokens
from forum.search.wanted import range_tokens


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("会议，通知", " 会议 通知 "),
        ("我爱Python3！", " 我爱 python3 "),
        ("ＡＢＣ　ｄ", " abc d "),
        ("STRASSE straße", " strasse strasse "),
        ("foo_bar 3.11", " foo bar 3 11 "),
        ("カタカナ ひらがな 한국어", " カタカナ ひらがな 한국어 "),
        ("《》…！", ""),
        ("", ""),
        ("𠀀𠀁", " 𠀀𠀁 "),
    ],
)
def test_a_text_is_brought_to_its_runs(text: str, normal: str) -> None:
    assert normalised(text) == normal


def test_a_run_gives_its_pairs_and_its_last_character() -> None:
    assert text_tokens(" 会议室 a1 人 ") == {"会议", "议室", "室", "a1", "人"}


@pytest.mark.parametrize(
    ("typed", "needles"),
    [
        ("会议 通知", [["会议", "通知"]]),
        ('"会议 通知"', [["会议 通知"]]),
        ("“会议 通知”", [["会议 通知"]]),
        ('"会议', [["会议"]]),
        ("会议|通知 人", [["会议"], ["通知", "人"]]),
        ("｜会议｜", [["会议"]]),
        ("Python 人a", [[" python ", "人 a "]]),
        ("a a a", [[" a "]]),
        ('！ | ""', []),
    ],
)
def test_typed_words_become_phrases(typed: str, needles: list[list[str]]) -> None:
    words = parse_words(typed)

    assert [[phrase.needle for phrase in group] for group in words.alternatives] == needles


def test_only_so_many_words_count() -> None:
    assert len(parse_words(" ".join(map(str, range(40)))).phrases) == 10


def test_a_range_of_days_is_covered_by_few_tokens() -> None:
    def told(first: date, last: date) -> list[str]:
        return [token.replace("§", "") for token in range_tokens(first, last)]

    assert told(date(2025, 1, 1), date(2025, 12, 31)) == ["y2025"]
    assert told(date(2024, 11, 30), date(2026, 2, 1)) == [
        "d20241130", "m202412", "y2025", "m202601", "d20260201",
    ]  # fmt: skip
    assert told(date(2025, 2, 2), date(2025, 2, 1)) == []


def test_an_excerpt_shows_the_first_match_between_dots() -> None:
    text = "前" * 100 + "会议" + "后" * 300

    pieces = excerpt(text, parse_words("会议").phrases, length=60)

    shown = "".join(piece.text for piece in pieces)
    assert shown == "…" + "前" * 40 + "会议" + "后" * 18 + "…"
    assert [piece.text for piece in pieces if piece.is_match] == ["会议"]
    assert "".join(piece.text for piece in excerpt("短文", (), length=60)) == "短文"


@pytest.mark.parametrize(
    ("text", "typed", "matches"),
    [
        ("会，议 会议", "会议", ["会议"]),
        ("a ab A", "a", ["a", "A"]),
        ("爱 Python，真", "爱python", ["爱 Python"]),
        ("会议，通知", '"会议 通知"', ["会议，通知"]),
        ("会议通知", '"会议 通知"', []),
        ("ﬁne ㈱会议", "fine 会议", ["ﬁne", "会议"]),
        ("a.b+c", "a.b", ["a.b"]),
    ],
)
def test_matches_are_marked(text: str, typed: str, matches: list[str]) -> None:
    pieces = marked(text, parse_words(typed).phrases)

    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.is_match] == matches
