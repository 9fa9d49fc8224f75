"""Does a hostile text stay text? Every payload alone, as an address, as an argument, and inside other tags."""

import re
from pathlib import Path

import pytest

from forum.markup import RenderOptions, message_bytes, plain_text, quote_source, render, sanitize
from tests.markup.oracle import cleaned_by_nh3, tree, violations

FOLDER = Path(__file__).parent / "hostile"
_ESCAPE = re.compile(r"\\(?:U([0-9a-f]{8})|u([0-9a-f]{4})|([nrt\\]))")
_SINGLE = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}


def payloads(name: str) -> list[str]:
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [_ESCAPE.sub(_unescaped, line) for line in lines if line]


def _unescaped(match: re.Match[str]) -> str:
    return _SINGLE[match[3]] if match[3] else chr(int(match[1] or match[2], 16))


FILES = sorted(path.stem for path in FOLDER.glob("*.txt"))
ALL = [line for name in FILES for line in payloads(name)]
SCHEMES = payloads("schemes")

FRAMES = (
    "{}",
    "[b]{}[/b]",
    "[quote]{}[/quote]",
    "[code]{}[/code]",
    "[url={}]x[/url]",
    "[url]{}[/url]",
    "[url=http://a.example]{}[/url]",
    "[img]{}[/img]",
    "[img={}]http://a.example/a.png[/img]",
    "[email={}]x[/email]",
    "[email]{}[/email]",
    "[color={}]x[/color]",
    "[size={}]x[/size]",
    "[font={}]x[/font]",
    "[list={}][*]x[/list]",
    "[table][tr][td]{}[/td][/tr][/table]",
    "[table]a|{}|b\n{}[/table]",
    "[list][*]{}[*]{}[/list]",
    "http://a.example/{}",
)


def test_there_are_enough_payloads() -> None:
    assert len(ALL) >= 250


def test_the_judge_is_not_blind() -> None:
    assert sum(bool(violations(line)) for line in payloads("html")) >= 40


@pytest.mark.parametrize("name", FILES)
def test_no_payload_gets_through(name: str) -> None:
    for payload in payloads(name):
        for frame in FRAMES:
            html = render(frame.replace("{}", payload)).html

            assert violations(html) == [], (frame, payload)
            assert sanitize(html) == html


@pytest.mark.parametrize("name", FILES)
def test_another_sanitiser_finds_nothing_to_take_out(name: str) -> None:
    for payload in payloads(name):
        html = render(payload).html

        assert tree(cleaned_by_nh3(html)) == tree(html), payload


@pytest.mark.parametrize("name", FILES)
def test_raw_payloads_do_not_pass_the_second_wall_alone(name: str) -> None:
    for payload in payloads(name):
        cleaned = sanitize(payload.encode("utf-8", "replace").decode())

        found = [problem for problem in violations(cleaned) if not problem.startswith("unbalanced")]
        assert found == [], payload


@pytest.mark.parametrize("payload", SCHEMES)
def test_a_strange_address_is_no_picture(payload: str) -> None:
    found = render(f"[img]{payload}[/img]")

    assert [
        src for src in re.findall(r'src="([^"]*)"', found.html) if not src.startswith("http")
    ] == []
    assert found.image_count == found.html.count("<img")


@pytest.mark.parametrize(
    "payload", [line for line in SCHEMES if not line.startswith(("http", "mailto"))]
)
def test_only_the_allowed_schemes_become_links(payload: str) -> None:
    html = render(f"[url={payload}]x[/url]").html

    assert ">x</a>" not in html


def test_options_do_not_open_a_hole() -> None:
    for options in (
        RenderOptions(allow_images=False),
        RenderOptions(allow_links=False),
        RenderOptions(allow_bbcode=False),
        RenderOptions(site_hosts=frozenset({"a.example"})),
    ):
        for payload in ALL:
            assert violations(render(payload, options=options).html) == [], payload


def test_the_other_doors_take_anything() -> None:
    for payload in ALL:
        plain_text(payload)
        message_bytes(payload)
        quote = quote_source(payload, author=payload, at_text=payload, post_id=7)

        found = render(quote)
        assert violations(found.html) == []
        assert found.html.startswith('<blockquote class="bb-quote"><a href="/post-7.html">'), (
            payload
        )
        assert found.html.count("<blockquote") == 1
        assert found.quoted_post_ids == (7,)
