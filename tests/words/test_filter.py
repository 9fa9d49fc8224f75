"""The word filter finds what a plain search finds, whatever list and text are like."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.models import WordAction
from forum.words import BARRIER, PatternError, WordFilter, WordRule, parse_pattern
from forum.words.folding import fold
from tests.words import oracle

REFUSE, HOLD, REPLACE = WordAction.REFUSE, WordAction.HOLD, WordAction.REPLACE


def filter_of(*words: str, action=REFUSE, replacement="") -> WordFilter:
    return WordFilter(
        WordRule(number, word, action, replacement) for number, word in enumerate(words, start=1)
    )


def refused(filter_: WordFilter, *texts: str) -> list[str]:
    return [rule.find for rule in filter_.judge(*texts).refused]


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("赌博", "来赌博吧"),
        ("Casino", "the CASINO"),
        ("casino", "ｃａｓｉｎｏ"),  # full width
        ("casino", "ca\u200bsi\u00adno"),  # characters that show nothing
        ("赌博", "赌\u3164博"),  # a letter that shows nothing
        ("赌博", "赌\u180b\u034f博"),  # marks that show nothing
        ("strasse", "Straße"),
        ("ガス", "ｶﾞｽ"),  # half width, two characters to one
        ("café", "cafe\u0301"),
        ("각", "\u1100\u1161\u11a8"),
        ("赌{2}博", "赌一一博"),
        ("赌{2}博", "赌博"),
        ("a{3}b{3}c", "a12b345c"),
        ("①", "1"),
    ],
)
def test_case_width_and_what_shows_nothing_do_not_matter(word, text):
    assert refused(filter_of(word), text) == [word]


@pytest.mark.parametrize(
    ("word", "text"),
    [("赌{2}博", "赌一一一博"), ("赌博", "赌 博"), ("ab{5}bc", "abc"), ("가", "각"), ("e", "é")],
)
def test_near_misses_are_none(word, text):
    assert refused(filter_of(word), text) == []


def test_a_word_in_a_word_is_enough():
    words = filter_of("赌", "赌博", "博彩")

    assert refused(words, "赌博彩票") == ["赌", "博彩"]


def test_refusing_and_holding_words_are_told_apart():
    words = WordFilter(
        [WordRule(1, "甲", REFUSE), WordRule(2, "乙", HOLD), WordRule(3, "丙", REPLACE, "**")]
    )

    judgement = words.judge("丙乙", "乙甲")

    assert [rule.id for rule in judgement.refused] == [1]
    assert [rule.id for rule in judgement.held] == [2]
    assert words.replace("丙乙").text == "**乙"


def test_what_is_replaced_is_what_was_typed():
    words = WordFilter(
        [
            WordRule(1, "casino", REPLACE, "**"),
            WordRule(2, "ガス", REPLACE, "气"),
            WordRule(3, "笨{3}蛋", REPLACE, "*"),
        ]
    )

    assert words.replace("A ＣＡ\u200bSINO, ｶﾞｽ! 笨大大的蛋").text == "A **, 气! *"
    assert words.replace("nothing").rules == ()


def test_nothing_is_replaced_across_a_barrier():
    words = filter_of("赌博", "笨{3}蛋", action=REPLACE, replacement="*")

    assert (
        words.replace(f"赌{BARRIER}博 笨{BARRIER}蛋 赌博").text == f"赌{BARRIER}博 笨{BARRIER}蛋 *"
    )


@pytest.mark.parametrize(
    ("find", "text", "becomes"),
    [
        (
            "ㅗ",
            "ㅎㅏ 안녕ㅗ",
            "ㅎㅏ 안녕*",
        ),  # a vowel that makes no syllable with what is before it
        ("ㅗ", f"ㅎㅏ{BARRIER}ㅗ", f"ㅎㅏ{BARRIER}*"),
        ("ﾞ", f"ｶﾞ {BARRIER}ﾞ", f"ｶﾞ {BARRIER}*"),
        ("\u0301", "e\u0301 q\u0301 x", "e\u0301 q* x"),
        ("안", "ㅎㅏ 안녕ㅗ", "ㅎㅏ *녕ㅗ"),
    ],
)
def test_what_joins_takes_nothing_with_it(find, text, becomes):
    assert filter_of(find, action=REPLACE, replacement="*").replace(text).text == becomes


JOINING = "aeㅎㅏㅗ안ﾞｶ\u0301\u0327\u1161\u11a8 "


@settings(max_examples=400, deadline=None)
@given(
    find=st.text(alphabet=JOINING, min_size=1, max_size=2),
    pieces=st.lists(st.text(alphabet=JOINING, max_size=5), min_size=1, max_size=4),
)
def test_barriers_stay_whatever_joins(find, pieces):
    try:
        words = filter_of(find, action=REPLACE, replacement="*")
    except PatternError:
        return

    assert len(words.replace(BARRIER.join(pieces)).text.split(BARRIER)) == len(pieces)


@pytest.mark.parametrize(
    ("find", "key"),
    [
        ("", "word_empty"), ("{3}", "word_empty"), ("\u200b", "word_empty"), ("x" * 101, "word_too_long"),
        ("a{51}b", "word_gap"), ("a{30}{30}b", "word_gap"), ("a{1}" * 10 + "b", "word_parts"),
        ("/a+/", "word_expression"),
    ],
)  # fmt: skip
def test_words_that_cannot_be_used_say_why(find, key):
    with pytest.raises(PatternError) as refusal:
        parse_pattern(find)

    assert refusal.value.key == key


def test_gaps_at_the_ends_and_of_nothing_mean_nothing():
    assert parse_pattern("{5}赌{0}博{3}").parts == ("赌博",)
    assert parse_pattern("Ａ{2}{3}b").key == "a{5}b"


LETTERS = st.text(alphabet="aabBcß가é", min_size=1, max_size=4)
WORDS = st.lists(
    st.builds(
        lambda parts, gaps: "".join(
            part + (f"{{{gap}}}" if index < len(parts) - 1 else "")
            for index, (part, gap) in enumerate(zip(parts, gaps, strict=False))
        ),
        st.lists(LETTERS, min_size=1, max_size=3),
        st.lists(st.integers(0, 4), min_size=3, max_size=3),
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(max_examples=400, deadline=None)
@given(words=WORDS, text=st.text(alphabet="aabBcß가é x", max_size=40))
def test_it_finds_what_a_plain_search_finds(words, text):
    found = set(refused(filter_of(*words), text))
    wanted = {word for word in words if oracle.holds(text, word)}

    assert found <= wanted
    # What is left out holds another word without gaps that is named.
    for word in wanted - found:
        pattern = parse_pattern(word)
        assert not pattern.gaps
        assert any(parse_pattern(one).key in pattern.key for one in found)


@settings(max_examples=400, deadline=None)
@given(
    words=st.dictionaries(
        st.from_regex(r"[ab]{1,3}(\{[1-3]\}[ab]{1,2}){0,2}", fullmatch=True),
        st.sampled_from(["", "*", "<>"]),
        max_size=6,
    ),
    text=st.text(alphabet=f"abx{BARRIER}", max_size=40),
)
def test_it_replaces_what_a_plain_search_replaces(words, text):
    rules = [
        WordRule(number, find, REPLACE, to) for number, (find, to) in enumerate(words.items(), 1)
    ]

    assert WordFilter(rules).replace(text).text == oracle.replaced(text, words)


@given(st.text())
def test_folding_knows_where_everything_came_from(text):
    folded = fold(text)

    last = 0
    for place in range(len(folded.text)):
        start, end = folded.span(place, place + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last or start == folded.span(place - 1, place)[0]
        last = start
