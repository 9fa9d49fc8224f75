"""The saved page that the forum begins with: every fact it holds, and every line accounted for."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from forum.importers.page.extract import extract_page
from forum.importers.page.facts import Count
from forum.importers.page.lines import decode_page
from tests.importers.texts import SEED, read

CHINA = timezone(timedelta(hours=8))


@pytest.fixture(scope="module")
def extraction():
    return extract_page(read(SEED))


@pytest.fixture(scope="module")
def facts(extraction):
    return extraction.facts


def test_the_seed_is_the_document_that_came():
    digest = hashlib.sha256(SEED.read_bytes()).hexdigest()

    assert digest == "76df1d86a8e848c5c84f54685e96c38aa480f9728be7d798966248a1690653f5"


def test_the_site(facts):
    site = facts.site

    assert site.name == "新碶街道红领之家"
    assert site.second_name == "红领之家"
    assert site.icp == "浙ICP备15016945号-1"
    assert site.hot_words == ("活动", "交友", "discuz")
    assert site.footer_names == (
        "关于都市网", "服务条款", "开放平台", "广告服务", "商务洽谈",
        "都市网招聘", "都市网公益", "客服中心", "网站导航", "版权所有",
    )  # fmt: skip
    assert site.footer_stock_names == ("QQ",)
    assert site.discuz_version == "X3.1"
    assert site.nav_names == ()


def test_when_and_how_fast_it_was_made(facts):
    save = facts.save

    assert save.saved_at == datetime(2025, 3, 13, 1, 4, tzinfo=CHINA)
    assert save.saved_at.utcoffset() == timedelta(hours=8)
    assert str(save.processed_s) == "1.062500"
    assert save.processed_s == Decimal("1.062500")
    assert save.query_count == 26


def test_the_thread(facts):
    thread = facts.thread

    assert thread.title == "北仑推进产改工作行稳致远"
    assert thread.type_name is None
    assert (thread.views, thread.replies) == (881, 0)
    assert thread.is_newest_first
    assert not thread.is_closed
    assert thread.board_names == ()
    assert thread.author_name is None


def test_the_author(facts):
    author = facts.floors[0].author

    assert author.name is None
    assert [(c.label, c.count) for c in author.cells] == [
        ("主题", Count("1万", 10_001, 19_999)),
        ("帖子", Count("2万", 20_000, 29_999)),
        ("活动时间", Count("0", 0, 0)),
    ]
    assert author.threads == Count("1万", 10_001, 19_999)
    assert author.posts == Count("2万", 20_000, 29_999)
    assert author.group_title == "版主"
    assert author.custom_title is None
    assert (author.stars, author.star_images) == (7, 3)
    assert author.are_stars_by_twos
    assert author.total == 57_519
    assert author.signature == ()


def test_the_post(facts):
    (floor,) = facts.floors

    assert (floor.number, floor.label) == (1, "楼主")
    assert floor.when.at == datetime(2023, 12, 27, 23, 34, 1, tzinfo=UTC)
    assert floor.when.at == floor.when.earliest
    assert floor.edit is None
    assert floor.blocked is None


def test_the_paragraphs_are_the_lines_of_the_file_word_by_word(facts):
    lines = SEED.read_text(encoding="utf-8").split("\n")
    first = next(n for n, line in enumerate(lines) if line.startswith("发表于"))
    last = lines.index("回复")
    expected = tuple(line for line in lines[first + 1 : last] if line)

    paragraphs = facts.floors[0].paragraphs

    assert len(paragraphs) == 13
    assert paragraphs == expected
    assert paragraphs[0].startswith("“产业工人队伍建设改革是一项跨层级")
    assert paragraphs[-1].endswith("区总工会相关负责人表示。")
    assert [block.gap for block in facts.floors[0].blocks] == [0] + [1] * 12


def test_nothing_is_doubtful_and_no_line_is_unknown(extraction):
    assert extraction.facts.doubts == ()
    assert extraction.report.unknown() == ()
    assert extraction.report.counts() == {"fact": 33, "label": 11, "blank": 34, "unknown": 0}


def test_the_report_accounts_for_every_line(extraction):
    text = extraction.report.render()

    assert len(extraction.report.marks) == len(SEED.read_text(encoding="utf-8").split("\n"))
    assert "9  thread title" in text
    assert "35-59  floor 1 paragraph" in text
    assert text.endswith("78 lines: fact 33, label 11, blank 34, unknown 0")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text + "\n\n\n",
        lambda text: "\n\n" + text,
    ],
    ids=["crlf", "cr", "bom", "blank tail", "blank head"],
)
def test_line_ends_and_marks_change_nothing(facts, change):
    again = extract_page(change(read(SEED))).facts

    assert again.site == facts.site
    assert again.save == facts.save
    assert again.thread == facts.thread
    assert again.floors[0].paragraphs == facts.floors[0].paragraphs
    assert again.floors[0].author == facts.floors[0].author


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_other_encodings_read_the_same(encoding):
    text = read(SEED)

    assert decode_page(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("label", "wide"),
    [
        ("查看: 881|回复: 0", "查看： ８８１｜回复： ０"),
        ("Rank: 7Rank: 7Rank: 7", "Rank： 7 Rank： 7 Rank： 7"),
        ("57519", "５７５１９"),
        ("1万\n", "１万\n"),
        ("热搜: ", "热搜： "),
        ("GMT+8, 2025", "GMT+8， 2025"),
        ("( 浙ICP备15016945号-1 )", "（浙ICP备15016945号-1）"),
        ("打印 上一主题 下一主题", "打印\u3000上一主题\u00a0下一主题"),
    ],
)
def test_full_width_labels_and_digits_say_the_same(facts, label, wide):
    text = read(SEED)
    assert label in text

    again = extract_page(text.replace(label, wide)).facts

    assert again.site == facts.site
    assert again.save == facts.save
    assert again.thread == facts.thread
    assert again.floors[0].author.total == 57_519
    assert again.floors[0].author.stars == 7
    assert again.floors[0].author.threads.low == 10_001
    assert again.floors[0].paragraphs == facts.floors[0].paragraphs
