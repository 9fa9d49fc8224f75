"""Mutated copies of real pages: other names, numbers, orders and cuts never break the reading of a page."""

import re
import time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from forum.importers.page import labels
from forum.importers.page.extract import extract_page
from forum.importers.page.facts import NotAThreadPage, as_plain
from tests.importers.texts import OPENING, PAGES, SEED, floor, page, panel, read

TEXTS = {path.stem: read(path) for path in [SEED, *sorted(PAGES.glob("*.txt"))]}
SEED_TEXT = read(SEED)
# Lines that only the page itself writes, said here a second time on purpose.
CHROME = re.compile(
    r"Rank: \d.*|.*只看该作者.*|.*使用道具 举报.*|查看: \d+\|回复: \d+|打印 上一主题 下一主题|\[复制链接\]"
    r"|GMT.*Processed in.*|您需要登录后才可以回帖.*|快速回复 返回顶部.*|热搜: .*|立即注册 找回密码"
    r"|.*距离下一级还需.*|电梯直达 跳转到指定楼层|返回列表 发新帖"
)
QUICK = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
names = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn")),
    min_size=1,
    max_size=15,
).filter(
    lambda name: (
        not re.search(r"[#|\[\]:：发查积主回板楼»›]", name) and name.strip("-0123456789,万") != ""
    )
)


def checked(text):
    """Extract, or None when refused; whatever comes out holds together."""
    try:
        extraction = extract_page(text)
    except NotAThreadPage:
        return None
    facts = extraction.facts
    for post in facts.floors:
        for paragraph in post.paragraphs:
            for line in paragraph.split("\n"):
                assert not CHROME.fullmatch(line.strip()), line
    count = len(re.split(r"\r\n|\r|\n", text.removesuffix("\n")))
    assert len(extraction.report.marks) in (count, count - 1)
    assert sum(extraction.report.counts().values()) == len(extraction.report.marks)
    assert extraction.report.render()
    assert as_plain(facts)
    return facts


@pytest.mark.parametrize("name", TEXTS)
def test_cut_at_every_line(name):
    lines = TEXTS[name].split("\n")
    step = 1 if len(lines) < 300 else 3

    for end in range(0, len(lines), step):
        checked("\n".join(lines[:end]))
        checked("\n".join(lines[end:]))


@QUICK
@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
def test_lines_taken_out(name, data):
    lines = TEXTS[name].split("\n")
    gone = data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=20))

    checked("\n".join(line for n, line in enumerate(lines) if n not in gone))


@QUICK
@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
def test_blocks_in_another_order(name, data):
    blocks = TEXTS[name].split("\n\n")
    start = data.draw(st.integers(0, len(blocks) - 1))
    size = data.draw(st.integers(1, 12))
    moved, rest = blocks[start : start + size], blocks[:start] + blocks[start + size :]
    to = data.draw(st.integers(0, len(rest)))

    checked("\n\n".join(rest[:to] + moved + rest[to:]))


@QUICK
@given(name=st.sampled_from(sorted(TEXTS)), data=st.data())
def test_all_numbers_changed(name, data):
    shift = data.draw(st.integers(0, 10**6))

    checked(re.sub(r"\d+", lambda m: str(int(m[0]) + shift), TEXTS[name]))


@QUICK
@given(text=st.text(max_size=300))
def test_any_text_at_all(text):
    checked(text)
    checked(SEED_TEXT.replace("\n\n", f"\n{text}\n", 1))


@QUICK
@given(data=st.data())
def test_pieces_of_pages_mixed(data):
    pieces = [line for text in TEXTS.values() for line in text.split("\n\n")]

    checked("\n\n".join(data.draw(st.lists(st.sampled_from(pieces), max_size=60))))


@QUICK
@given(author=names, site=names, group=names)
def test_other_names(author, site, group):
    assume(len({author, site, group}) == 3)
    assume(not {author, site} & (labels.HEAD | labels.PANEL | labels.PROFILE))
    text = TEXTS["thread-3-1"]
    text = text.replace("韩梅梅", author).replace("小站论坛", site).replace("版主\n", f"{group}\n")

    facts = checked(text)

    assert facts.site.name == site
    assert facts.floors[2].author.name == author
    assert facts.floors[2].author.group_title == group
    assert facts.floors[2].paragraphs == ("欢迎加入，记得看版规哦",)


@QUICK
@given(
    views=st.integers(0, 10**9),
    threads=st.integers(0, 10**7),
    posts=st.integers(0, 10**7),
    total=st.integers(-(10**6), 10**8),
    stars=st.integers(1, 15),
)
def test_other_numbers_in_the_seed(views, threads, posts, total, stars):
    def short(number):
        return f"{number // 10_000}万" if number > 10_000 else str(number)

    images = stars // 4 + stars % 4 // 2 + stars % 2
    text = SEED_TEXT.replace("881", str(views), 1).replace("57519", str(total))
    cards = f"{short(threads)}\n\n主题\n\n{short(posts)}\n"
    text = text.replace("1万\n\n主题\n\n2万\n", cards)
    text = text.replace("Rank: 7" * 3, f"Rank: {stars}" * images)

    facts = checked(text)

    author = facts.floors[0].author
    assert facts.thread.views == views
    assert author.threads.low <= threads <= author.threads.high
    assert author.posts.low <= posts <= author.posts.high
    assert author.total == total
    assert (author.stars, author.star_images) == (stars, images)
    assert author.are_stars_by_twos
    assert len(facts.floors[0].paragraphs) == 13


@QUICK
@given(paragraphs=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")),
                                   min_size=1, max_size=60), min_size=1, max_size=8))  # fmt: skip
def test_any_paragraphs_come_out_as_they_went_in(paragraphs):
    kept = [p for p in (p.replace("\ufeff", "") for p in paragraphs) if p.strip()]
    assume(kept and not any("发表于" in p or "复制代码" in p for p in kept))
    assume(not any(re.match(r"提示|本|回帖奖励", p) or p.strip() in ("回复", "点评") for p in kept))

    text = page(floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "\n\n".join(kept), links=OPENING))
    facts = extract_page(text).facts

    assert facts.floors[0].paragraphs == tuple(kept)


def test_the_order_of_the_header_rows_does_not_matter():
    text = SEED_TEXT.replace("查看: 881|回复: 0\n", "").replace(
        "立即注册 找回密码\n", "查看: 881|回复: 0\n立即注册 找回密码\n"
    )

    facts = checked(text)

    assert (facts.thread.views, facts.thread.title) == (881, "北仑推进产改工作行稳致远")
    assert facts.site.name == "新碶街道红领之家"


def test_the_footer_in_another_order():
    head, _, foot = SEED_TEXT.partition("关于都市网")
    parts = ("关于都市网" + foot).split("\n\n")

    facts = checked(head + "\n\n".join(reversed(parts)))

    assert facts.site.icp == "浙ICP备15016945号-1"
    assert facts.site.second_name == "红领之家"
    assert facts.save.query_count == 26
    assert facts.site.discuz_version == "X3.1"


def test_a_long_thread_is_read_in_linear_time_and_says_how_far_it_is():
    def seconds(count):
        text = page(
            floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
            *(
                floor(panel(f"会员{n}"), f"{n}#", "2024-3-2 08:00:01", "好")
                for n in range(2, count)
            ),
        )
        calls = []
        started = time.perf_counter()
        facts = extract_page(text, progress=lambda done, whole: calls.append((done, whole))).facts
        took = time.perf_counter() - started
        assert len(facts.floors) == count - 1
        whole = len(text.split("\n"))
        assert calls == [(n, whole) for n in range(5_000, whole, 5_000)]
        return took

    seconds(50)
    small, large = min(seconds(300), seconds(300)), seconds(2_400)

    assert large < small * 8 * 4 + 0.5


@pytest.mark.parametrize(
    "line",
    [
        "A" * 200_000,
        "发表于 " * 40_000,
        "于 于 " * 300,
        "[" * 2_000,
        "Rank: 7" * 250,
        "回复" * 80,
        "收藏" * 60,
        "1 " * 900 + "/ 3 页",
        "参与人数 3" + "a" * 190,
        "( ICP " * 300,
        "x|" * 900,
    ],
    ids=lambda line: line[:10],
)
def test_lines_made_to_be_slow_are_not(line):
    started = time.perf_counter()

    checked(SEED_TEXT.replace("\n\n", f"\n{line}\n\n"))

    assert time.perf_counter() - started < 2


def test_thousands_of_headings_are_not_slow():
    started = time.perf_counter()

    for heading in (
        "点评",
        "评分",
        "参与人数 3",
        "回复",
        "举报",
        "收藏0",
        "多选投票: ( 最多可选 2 项 ), 共有 6 人参与投票",
        "积分",
        "复制代码",
    ):
        checked(SEED_TEXT.replace("\n回复\n", f"\n{heading}\n" * 3_000 + "\n回复\n"))

    assert time.perf_counter() - started < 20
