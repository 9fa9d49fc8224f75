"""What a saved text says is shown as it says it: nothing of it is read as markup."""

import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum.importers.page.bbcode import MOST_BREAKS, literal
from forum.markup import plain_text, render
from forum.markup.tags import TAGS


def shown(source):
    """What a reader sees of the rendered source."""
    text = re.sub(r"<br ?/?>", "\n", render(source).html)
    return html.unescape(re.sub(r"<[^<>]*>", "", text)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    "text",
    [
        "[b]x[/b]",
        "[sup]上标[/sup]与[sub]下标[/sub]",
        "[url=http://example.com/]a[/url]",
        "[[b]]",
        "[/quote]",
        "[quote][quote]",
        "[code]a[/code]",
        "[list][*]a[/list]",
        "[hide=100]later versions may know this[/hide]",
        "a [1] b [注] c",
        "[原创] 华山三日游记",
        "[b][/b]",
        "[[b][/b]b]",
    ],
)
def test_what_looks_like_a_tag_is_text(text):
    assert shown(literal(text)) == text
    assert "<strong>" not in render(literal(text)).html


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            [*(f"[{name}]" for name in sorted(TAGS)), *(f"[/{name}]" for name in sorted(TAGS)),
             "[", "]", "/", "[color=red]", "[*]", "b", "[b", "字", "\n", "[zz]"]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_no_text_becomes_markup(parts):
    text = "".join(parts).strip()

    made = render(literal(text)).html

    assert set(re.findall(r"<(\w+)", made)) <= {"br", "p"}
    assert re.sub(r"\s", "", shown(literal(text))) == re.sub(r"\s", "", text)


def test_a_text_of_thousands_of_tags_changes_its_brackets_instead():
    text = "[b]" * (MOST_BREAKS + 1)

    assert shown(literal(text)) == "［b]" * (MOST_BREAKS + 1)


def test_search_reads_the_text_itself():
    assert plain_text(literal("用 [b] 加粗")) == "用 [b] 加粗"
