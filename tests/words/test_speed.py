"""10,000 words over 100 kB in 50 ms; twice the text takes about twice the time, whatever the list.

Who writes a post cannot write one that is slow with the list there is. Who writes the list can make one
that takes HOSTILE_S. Bounds are processor time, and wide: other tests run beside these.
"""

import random
import re
import time

import pytest

from forum.models import WordAction
from forum.words import WordFilter, WordRule

KB_100 = 100_000
USUAL_S = 0.05  # takes 2 to 7 ms
TRICKY_S = 0.4  # takes 12 to 93 ms
HOSTILE_S = 0.4  # takes 1 to 75 ms
MOST_HOSTILE_S = (
    1.5  # every word of 10,000 stands everywhere: 60 to 80 ms, 360 to 520 when replaced
)
READY_S = 1.0


def rules(words, action=WordAction.REFUSE):
    return [
        WordRule(number, word, action, "" if action != "replace" else "**")
        for number, word in enumerate(dict.fromkeys(words), 1)
    ]


def seconds(work) -> float:
    """Processor time, the best of a few tries: without what other work on the machine takes."""
    best = 9.0
    for _ in range(5):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best


def chinese(random_: random.Random, length: int) -> str:
    return "".join(chr(random_.randrange(0x4E00, 0x4E00 + 3000)) for _ in range(length))


def usual_list(count: int = 10_000) -> list[str]:
    random_ = random.Random(7)
    words = [chinese(random_, random_.randint(2, 6)) for _ in range(count - 2_000)]
    words += [f"{chinese(random_, 2)}{{3}}{chinese(random_, 2)}" for _ in range(1_000)]
    words += ["".join(random_.choices("abcdefgh", k=8)) for _ in range(1_000)]
    return words


@pytest.mark.parametrize("action", [WordAction.REFUSE, WordAction.REPLACE])
@pytest.mark.parametrize("kind", ["ascii", "chinese"])
def test_ten_thousand_words_over_a_hundred_kilobytes(action, kind):
    random_ = random.Random(1)
    words = WordFilter(rules(usual_list(), action))
    if kind == "ascii":
        text = "".join(random_.choices("abcdefgh ,.", k=KB_100))
    else:
        text = chinese(random_, KB_100 // 3)
    words.judge(text), words.replace(text)

    assert seconds(lambda: (words.judge(text), words.replace(text))) < USUAL_S


LETTERS = chinese(random.Random(5), 300)
_RANDOM = random.Random(3)
# The usual list, and words of single letters with gaps: 赌{3}博 is what people write.
EVERYDAY = usual_list(9_000) + [
    f"{_RANDOM.choice(LETTERS)}{{{_RANDOM.randint(1, 8)}}}{_RANDOM.choice(LETTERS)}"
    for _ in range(1_000)
]
_GAPPED = [word for word in EVERYDAY if "{" in word]
_PARTS = [part for word in _GAPPED for part in re.split(r"\{\d+\}", word)]
TRICKY = {
    "letters of words": LETTERS,
    "parts of words": _PARTS,
    "what words begin with": [word.split("{")[0] for word in _GAPPED],
    "words": [re.sub(r"\{\d+\}", "x", word) for word in EVERYDAY],
    "words with gaps": [re.sub(r"\{\d+\}", "x", word) for word in _GAPPED],
    "one letter": LETTERS[0],
    "one word": EVERYDAY[:1],
    "one word with a gap": [re.sub(r"\{\d+\}", "x", _GAPPED[-1])],
}


@pytest.mark.parametrize("name", TRICKY)
@pytest.mark.parametrize("action", [WordAction.REFUSE, WordAction.REPLACE])
def test_no_text_is_slow_with_an_everyday_list(name, action):
    words = WordFilter(rules(EVERYDAY, action))
    text = "".join(random.Random(1).choices(TRICKY[name], k=KB_100))[:KB_100]

    assert seconds(lambda: (words.judge(text), words.replace(text))) < TRICKY_S


HOSTILE = {
    "every length of one letter": (["a" * n for n in range(1, 101)], "a"),
    "words in words": (["ab" * n for n in range(1, 51)] + ["b" + "ab" * n for n in range(40)], "ab"),
    "gaps that hit everywhere": (["a{5}a{5}a", "a{50}b", "a{50}a{50}a{50}a"], "a"),
    "gaps between all lengths": (
        [f"{'a' * n}{{50}}{'a' * m}" for n in range(1, 40) for m in range(1, 40)], "a"
    ),
    "gaps between all letters, never near": (
        [f"{chr(97 + n)}{{3}}{chr(97 + m)}" for n in range(26) for m in range(26) if n != m],
        "".join(chr(97 + n) * 50 for n in range(26)),
    ),
    "many words, each of them once": (
        [f"w{n}x{{6}}y" for n in range(8_000)], "".join(f"w{n}xzzzzzy" for n in range(8_000))
    ),
    "many words, all of them there": (
        [f"w{n}x{{2}}y" for n in range(3_000)], "".join(f"w{n}xzzzzzy" for n in range(3_000))
    ),
}  # fmt: skip

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
MOST_HOSTILE = {
    "ten thousand words of two parts": [
        f"{_RANDOM.choice(_LETTERS)}{{{_RANDOM.randint(1, 50)}}}{''.join(_RANDOM.choices(_LETTERS, k=2))}"
        for _ in range(10_000)
    ],
    "ten thousand words of three parts": [
        "".join(
            f"{_RANDOM.choice(_LETTERS)}{{{_RANDOM.randint(1, 50)}}}" for _ in range(2)
        ) + _RANDOM.choice(_LETTERS)
        for _ in range(10_000)
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", MOST_HOSTILE)
@pytest.mark.parametrize("action", [WordAction.REFUSE, WordAction.REPLACE])
def test_ten_thousand_gaps_that_all_hit_are_linear(name, action):
    words = WordFilter(rules(MOST_HOSTILE[name], action))
    text = "".join(random.Random(1).choices(_LETTERS, k=KB_100))

    half = seconds(lambda: (words.judge(text[: KB_100 // 2]), words.replace(text[: KB_100 // 2])))
    whole = seconds(lambda: (words.judge(text), words.replace(text)))

    assert whole < MOST_HOSTILE_S
    assert whole < half * 3.5 + 0.05


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("action", [WordAction.REFUSE, WordAction.REPLACE])
def test_hostile_lists_cost_no_more_than_their_length(name, action):
    list_, unit = HOSTILE[name]
    words = WordFilter(rules(list_, action))
    text = (unit * (KB_100 // len(unit) + 1))[:KB_100]

    half = seconds(lambda: (words.judge(text[: KB_100 // 2]), words.replace(text[: KB_100 // 2])))
    whole = seconds(lambda: (words.judge(text), words.replace(text)))

    assert whole < HOSTILE_S
    assert whole < half * 3.5 + 0.05


def test_a_list_is_made_ready_quickly():
    list_ = rules(usual_list())

    assert seconds(lambda: WordFilter(list_)) < READY_S
