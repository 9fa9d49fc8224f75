"""What holds for every text that can be put together from tags? Sources come from a grammar of nested and broken tags."""

from hypothesis import given, settings
from hypothesis import strategies as st

from forum.markup import RenderOptions, plain_text, render, sanitize
from forum.markup.parser import MAX_DEPTH, MAX_TAGS, Is, parse
from forum.markup.scanner import clean_source, scan
from forum.markup.tags import TAGS
from tests.markup.oracle import cleaned_by_nh3, tree, violations

_ARGUMENTS = st.sampled_from(
    [
        "",
        "=",
        "=1",
        "=a",
        "=s",
        "=red",
        "=#fff",
        "=50%,red",
        "=2,2",
        "=center",
        "=left",
        "=30, 2, left",
        "=宋体",
        "=http://a.example/",
        "=/post-3.html",
        "=javascript:alert(1)",
        '="x" onclick="y',
        "=a@b.example",
        "=100,100",
    ]
)
_TEXTS = st.sampled_from(
    [
        "x",
        " ",
        "\n",
        "a|b",
        "\t",
        "  ",
        "http://a.example/b",
        "http://a.example/a.png",
        "a@b.example",
        "<b>",
        "&amp;",
        '"',
        "'",
        "[",
        "]",
        "[/",
        "=",
        "中文",
        "<script>",
        "\x00",
        "\U0010fffd",
        "/static/a.gif",
        "|",
        "[x]",
        "-->",
    ]
) | st.text(max_size=6)
_NAMES = st.sampled_from(sorted(TAGS))

_openers = st.builds("[{}{}]".format, _NAMES, _ARGUMENTS)
_closers = st.builds("[/{}]".format, _NAMES)
_broken = st.lists(st.one_of(_TEXTS, _openers, _closers), max_size=40).map("".join)
_nested = st.recursive(
    _TEXTS,
    lambda inner: st.one_of(
        st.builds("[{0}{1}]{2}[/{0}]".format, _NAMES, _ARGUMENTS, inner),
        st.builds("[table][tr][td]{}[/td][/tr]{}[/table]".format, inner, inner),
        st.builds("[list][*]{}[*]{}[/list]".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=25,
)
SOURCES = st.one_of(_broken, _nested, st.builds("{}{}".format, _nested, _broken))
_steady = settings(max_examples=400, deadline=None, derandomize=True)


@_steady
@given(SOURCES)
def test_output_holds_only_what_a_post_may_hold(source: str) -> None:
    html = render(source).html

    assert violations(html) == []


@_steady
@given(SOURCES)
def test_sanitising_again_changes_nothing(source: str) -> None:
    html = render(source).html

    assert sanitize(html) == html
    assert tree(cleaned_by_nh3(html)) == tree(html)


@_steady
@given(SOURCES)
def test_parsing_loses_no_character(source: str) -> None:
    text = clean_source(source)

    assert "".join(token.raw for token in scan(text, TAGS)) == text
    assert "".join(event.raw for event in parse(text, RenderOptions())) == text


@_steady
@given(SOURCES)
def test_events_balance_within_the_limits(source: str) -> None:
    stack = []
    opened = 0
    for event in parse(clean_source(source * 3), RenderOptions()):
        if event.literal:
            continue
        if event.kind is Is.OPEN:
            stack.append(event)
            opened += 1
            assert len(stack) <= MAX_DEPTH
        elif event.kind is Is.CLOSE:
            assert stack.pop() is event.owner
    assert stack == []
    assert opened <= MAX_TAGS


@_steady
@given(SOURCES, st.integers(min_value=0, max_value=30))
def test_plain_text_is_one_line_within_the_limit(source: str, limit: int) -> None:
    text = plain_text(source, limit=limit)

    assert len(text) <= limit
    assert "\n" not in text


def test_what_is_over_a_limit_is_literal_text() -> None:
    deep = render("[b]" * 25 + "x" + "[/b]" * 25).html
    many = render("[b]x[/b]" * (MAX_TAGS + 5)).html

    assert deep == "<strong>" * MAX_DEPTH + "[b]" * 5 + "x" + "[/b]" * 5 + "</strong>" * MAX_DEPTH
    assert many.count("<strong>") == MAX_TAGS
    assert many.endswith("[b]x[/b]" * 5)
