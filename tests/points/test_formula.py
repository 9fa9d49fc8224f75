"""The formula of the total: what it knows, and what it refuses."""

import pytest

from forum.points.formula import FormulaError, compiled

DEFAULT = "posts + digests*5 + p1*2 + p2 + p3"


@pytest.mark.parametrize(
    ("text", "values", "total"),
    [
        (DEFAULT, {"posts": 3, "digests": 1, "p1": 2, "p2": 7, "p3": 1}, 20),
        (DEFAULT, {}, 0),
        (DEFAULT, {"p2": -4}, -4),
        ("2+3*4", {}, 14),
        ("(2+3)*4", {}, 20),
        ("10/4", {}, 3),
        ("5/2", {}, 3),
        ("-5/2", {}, -3),
        ("0.1*30", {}, 3),
        ("posts/threads", {"posts": 5}, 0),
        (" ( posts ) - -p8 ", {"posts": 1, "p8": 2}, 3),
        ("posts*" * 60 + "posts", {"posts": 99999}, 10**15),
    ],
)
def test_a_formula_is_worked_out(text, values, total):
    assert compiled(text).total(values) == total


@pytest.mark.parametrize(
    "text",
    [
        "", "posts +", "posts posts", "p9", "p0", "os", "__import__('os')", "posts ** 2", "1e9",
        "(posts", "posts)", "posts;1", "posts//2", "(" * 30 + "1" + ")" * 30, "1+" * 300 + "1",
        "10000000000", "a.b", "posts\x00",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(FormulaError):
        compiled(text)


def test_a_text_is_parsed_once():
    assert compiled("posts + p1") is compiled("posts + p1")
    assert compiled("posts + p1").names == {"posts", "p1"}
