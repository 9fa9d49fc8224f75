"""Does every tag render as its sample pair says?"""

from pathlib import Path

import pytest

from forum.markup import render, sanitize
from forum.markup.tags import TAGS
from tests.markup.oracle import violations

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.bbcode"))


def read(name: str, kind: str) -> str:
    return (SAMPLES / f"{name}.{kind}").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_renders_as_written_down(name: str) -> None:
    html = render(read(name, "bbcode")).html

    # The files break lines after <br> and blocks so that people can read them.
    assert html == read(name, "html").replace("⏎\n", "").removesuffix("\n")
    assert violations(html) == []
    assert sanitize(html) == html


def test_every_tag_has_a_sample() -> None:
    assert {"star" if name == "*" else name for name in TAGS} <= set(NAMES)


def test_every_sample_has_both_halves() -> None:
    assert {path.stem for path in SAMPLES.glob("*.html")} == set(NAMES)
