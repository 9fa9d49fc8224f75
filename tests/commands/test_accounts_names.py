"""Which names may somebody carry?"""

import pytest

from forum.commands.accounts.naming import checked_name
from forum.core.errors import Invalid
from forum.settings import Accounts

ACCOUNTS = Accounts()


@pytest.mark.parametrize(
    "name",
    ["abc", "王小", "王小明", "红领之家的人", "A·B·C", "a-b_c.d", "Łukasz", "Ἀθηνᾶ", "ガンダム", "x" * 15, "七个字的名字啊"],
)  # fmt: skip
def test_names_people_have(name: str) -> None:
    assert checked_name(ACCOUNTS, name)


def test_compatibility_forms_become_plain() -> None:
    assert checked_name(ACCOUNTS, " ＡＢＣ１ ") == "ABC1"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("ab", "name_width"),
        ("王", "name_width"),
        ("x" * 16, "name_width"),
        ("八个字的名字真长", "name_width"),
        ("", "name_width"),
        ("a b", "name_characters"),
        ("王\u3000小明", "name_characters"),
        ("abc\u200b", "name_characters"),  # zero-width space
        ("abc\u200d", "name_characters"),  # zero-width joiner
        ("\u202eabc", "name_characters"),  # right-to-left override
        ("abc\u2066", "name_characters"),
        ("abc\u00ad", "name_characters"),  # soft hyphen
        ("abc\u3164", "name_characters"),  # Hangul filler
        ("abc\u115f", "name_characters"),
        ("abc\u034f", "name_characters"),  # combining grapheme joiner
        ("abc\ufe0f", "name_characters"),  # variation selector
        ("abc\U000e0100", "name_characters"),
        ("abc\ue000", "name_characters"),  # private use
        ("abc\x00", "name_characters"),
        ("abc\n", "name_characters"),
        ("a\u0301\u0301\u0301\u0301bc", "name_characters"),  # a tower of accents
        ("\u0301abc", "name_characters"),
        ("<b>x</b>", "name_characters"),
        ('a"b', "name_characters"),
        ("a@b.cn", "name_characters"),
        ("a/b", "name_characters"),
        ("a&b", "name_characters"),
        ("😀😀", "name_characters"),
        ("···", "name_characters"),
        ("\u2800\u2800", "name_characters"),  # blank braille
        ("12345", "name_digits"),
        ("admin", "name_reserved"),
        ("ADMIN", "name_reserved"),
        ("аdmin", "name_reserved"),  # Cyrillic а
        ("ａｄｍｉｎ", "name_reserved"),
        ("管理员", "name_reserved"),
    ],
)
def test_names_that_are_refused(name: str, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_name(ACCOUNTS, name)
    assert (refused.value.key, refused.value.field) == (key, "name")


def test_a_star_in_a_reserved_name_stands_for_anything() -> None:
    accounts = Accounts(reserved_names=("*官方*",))

    with pytest.raises(Invalid, match="name_reserved"):
        checked_name(accounts, "官方客服")
    assert checked_name(accounts, "普通人") == "普通人"
