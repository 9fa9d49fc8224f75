"""What is left of a text without its markup, and how is its length counted?"""

from forum.markup import message_bytes, plain_text, quote_source, render

EDITED = "[i=s] 本帖最后由 小明 于 2024-1-2 03:04 编辑 [/i]\n\n"
QUOTED = "[quote][url=/post-3.html]小明 发表于 昨天[/url]\nold words[/quote]\n\n"


def test_markup_falls_away_and_words_stay_apart() -> None:
    source = (
        "[b]one[/b]\n[list][*]two[*]three[/list][table]a|b\nc[/table][url=/x]label[/url] [unknown]"
    )

    assert plain_text(source) == "one two three a b c label [unknown]"


def test_code_is_kept_and_pictures_and_edit_marks_are_not() -> None:
    assert (
        plain_text(EDITED + "see[code]x = [b][/code][img]http://a.example/b.png[/img]")
        == "see x = [b]"
    )


def test_quotes_can_be_left_out() -> None:
    assert plain_text(QUOTED + "new") == "小明 发表于 昨天 old words new"
    assert plain_text(QUOTED + "new", with_quotes=False) == "new"


def test_a_cut_text_ends_in_an_ellipsis() -> None:
    assert plain_text("一二三四五", limit=5) == "一二三四五"
    assert plain_text("一二三四五六", limit=5) == "一二三四…"


def test_the_minimum_counts_bytes_outside_quotes() -> None:
    assert message_bytes("中文") == 6
    assert message_bytes(QUOTED + "中文 ") == 6
    assert message_bytes(QUOTED) == 0
    assert message_bytes("[b]x[/b]") == 8
    assert message_bytes("[quote]never closed") == 19


def test_a_quote_names_its_post_and_renders_as_one_block() -> None:
    source = quote_source("[b]hello[/b] world", author="小明", at_text="2024-1-2 03:04", post_id=12)

    assert (
        source
        == "[quote][url=/post-12.html]小明 发表于 2024-1-2 03:04[/url]\nhello world[/quote]\n\n"
    )
    assert render(source + "reply").quoted_post_ids == (12,)


def test_a_quote_drops_earlier_quotes_marks_media_and_code() -> None:
    source = EDITED + QUOTED + "a[img]http://a.example/b.png[/img][code]x[/code][table]t|u[/table]b"

    assert _quoted(source) == "a\nb"


def test_a_quote_is_cut_to_a_hundred_characters_and_three_lines() -> None:
    assert _quoted("长" * 150) == "长" * 100 + " ..."
    assert _quoted("1\n\n2\n \n3\n4") == "1\n2\n3"


def test_text_cannot_break_out_of_a_quote() -> None:
    for text in ("x[/quote]y", "x[/qu[code]z[/code]ote]y", "[/url][/quote][b]", "[QUOTE]x"):
        quoted = quote_source(text, author="[/url][/quote]a", at_text="b", post_id=1)

        html = render(quoted + "after").html
        assert html.count("<blockquote") == 1
        assert html.endswith("</blockquote><br>after")
        assert "<strong>" not in html


def _quoted(source: str) -> str:
    quote = quote_source(source, author="a", at_text="b", post_id=1)
    return quote.partition("[/url]\n")[2].removesuffix("[/quote]\n\n")
