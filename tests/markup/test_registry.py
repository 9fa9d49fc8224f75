"""Are the declarations of the tags complete, unique, and those the style sheets know?"""

import re
from itertools import product
from pathlib import Path

import pytest

from forum.markup.palette import PALETTE, palette_colour
from forum.markup.registry import DuplicateTag, Piece, TagRegistry
from forum.markup.sanitizer import ALLOWED_ATTRIBUTES, ALLOWED_ELEMENTS
from forum.markup.tags.fonts import FONTS, SIZES
from tests.markup.oracle import ELEMENTS

CSS = Path(__file__).parents[2] / "static" / "css"
RULES = (CSS / "components" / "markup.css").read_text(encoding="utf-8")
LIGHT, DARK = (CSS / "tokens-markup.css").read_text(encoding="utf-8").split("@media")


def test_a_second_entry_for_a_name_is_refused() -> None:
    registry = TagRegistry()
    registry.bbcode("b")(lambda call: Piece(""))

    with pytest.raises(DuplicateTag):
        registry.bbcode("b")(lambda call: Piece(""))


def test_the_tags_declare_exactly_what_the_judge_allows() -> None:
    assert set(ELEMENTS) == ALLOWED_ELEMENTS
    assert {
        (name, attribute) for name, found in ELEMENTS.items() for attribute in found
    } == ALLOWED_ATTRIBUTES


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Red", "red"),
        ("#F00", "red"),
        ("#ff000080", "red"),
        ("rgb(255, 0, 0)", "red"),
        ("rgba(254,1,1,0.5)", "red"),
        ("#999999", "gray"),
        ("Tomato", "darkorange"),
        ("transparent", ""),
        ("", None),
        ("none of these", None),
        ("rgb(1,2)", None),
    ],
)
def test_a_typed_colour_is_the_nearest_of_the_palette(typed: str, name: str | None) -> None:
    assert palette_colour(typed) == name


def test_every_class_has_a_rule() -> None:
    wanted = [*SIZES, *FONTS, *(f"{kind}-{name}" for kind in ("c", "bg") for name in PALETTE)]

    assert [name for name in wanted if not re.search(rf"\.{name}\b", RULES)] == []


@pytest.mark.parametrize("block", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_reads_on_every_background(block: str) -> None:
    shades = dict(re.findall(r"--bb-([a-z-]+): (#[0-9a-f]{6});", block))
    page = ("#ffffff", "#e6edf5") if block is LIGHT else ("#0f151b", "#24303c")
    texts = {name: shades[name] for name in PALETTE} | {"quiet": shades["quiet"]}
    backgrounds = [shades[f"{name}-bg"] for name in (*PALETTE, "code", "quote")]

    poor = [
        (name, back)
        for (name, text), back in product(texts.items(), (*backgrounds, *page))
        if _contrast(text, back) < 4.5 and not (name == "quiet" and back in backgrounds[:-1])
    ]
    assert poor == []


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
