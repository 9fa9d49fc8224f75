"""Ten pages of a real X3.4 site against the facts its database held."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from forum.importers.page.extract import extract_page
from forum.importers.page.facts import BlockKind, Precision
from tests.importers.texts import PAGES, read

NAMES = sorted(path.stem for path in PAGES.glob("*.txt"))
# What stands under each post by the site's database: text, and the signature below it.
BODIES = {
    "thread-3-1": {
        1: (
            ("我是王小明，来自杭州，喜欢做饭和写代码。", "补充：也喜欢爬山。"),
            ("天下没有免费的午餐",),
        ),
        3: (("欢迎加入，记得看版规哦",), ()),
        4: (("Welcome! 你好",), ()),
    },
    "thread-6-1": {
        1: (
            (
                "第一天：登山。",
                "第二天：看日出。",
                "http://example.com/video/huashan.mp4\n第三天：下山，论剑。",
            ),
            (),
        ),
        6: (("好酒！好山！",), ()),
        2: (("太师叔好剑法！",), ()),
    },
    "thread-14-1": {
        1: (("机器是 2013 年的，换了 8G 内存和 512G 固态，速度飞起。预算：400 元。",), ()),
        2: (("固态是什么牌子的？",), ()),
    },
}


def facts_of(name, **options):
    return extract_page(read(PAGES / f"{name}.txt"), **options).facts


def truth_of(name):
    return json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))


def test_there_are_ten():
    assert len(NAMES) == 10


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_unknown(name):
    extraction = extract_page(read(PAGES / f"{name}.txt"))

    assert extraction.report.unknown() == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_thread_is_what_the_database_held(name):
    thread, truth = facts_of(name).thread, truth_of(name)

    assert thread.title == truth["thread"]["subject"]
    assert thread.author_name == truth["thread"]["author"]
    assert not thread.is_newest_first
    assert not thread.is_closed
    if thread.page_number == 1:
        assert thread.views == truth["thread"]["views"] - 1
        comments = sum(len(f.comments) for f in facts_of(name).floors)
        assert thread.replies == truth["thread"]["replies"] + comments
    else:
        assert (thread.views, thread.replies) == (None, None)


@pytest.mark.parametrize("name", NAMES)
def test_every_floor_is_what_the_database_held(name):
    facts, truth = facts_of(name), truth_of(name)
    floors = {floor.number: floor for floor in facts.floors}

    assert len(floors) == len(facts.floors) == len(truth["posts_on_page"])
    for post in truth["posts_on_page"]:
        floor = floors[post["floor"]]
        author = floor.author
        assert author.name == post["author"]
        assert author.total == post["credits"]
        assert author.group_title == post["grouptitle"]
        assert author.stars == post["stars"]
        assert author.are_stars_by_twos
        assert author.threads.low == author.threads.high == post["threads"]
        assert author.posts.low == author.posts.high == post["posts"]
        assert author.is_online
        assert (floor.blocked == "by_staff") == bool(post["status"] & 1)
        assert bool(floor.paragraphs) != bool(floor.blocked)
        assert floor.is_number_shown


@pytest.mark.parametrize("name", NAMES)
def test_relative_dates_hold_the_true_moment(name):
    facts, truth = facts_of(name), truth_of(name)
    posted = {
        p["floor"]: datetime.fromtimestamp(p["dateline"], UTC) for p in truth["posts_on_page"]
    }

    for floor in facts.floors:
        assert floor.when.precision is Precision.HOUR
        # the page's own clock shows no seconds
        assert floor.when.earliest <= posted[floor.number] <= floor.when.at + timedelta(seconds=59)


@pytest.mark.parametrize("name", BODIES)
def test_texts_and_signatures(name):
    floors = {floor.number: floor for floor in facts_of(name).floors}

    for number, (paragraphs, signature) in BODIES[name].items():
        assert floors[number].paragraphs == paragraphs
        assert floors[number].author.signature == signature


def test_the_site_of_the_pages():
    site = facts_of("thread-1-1").site

    assert site.name == "小站论坛"
    assert site.second_name == "peers small"
    assert site.icp is None
    assert site.hot_words == ("活动", "交友", "discuz")
    assert site.footer_names == ()
    assert site.footer_stock_names == ("Archiver", "手机版", "小黑屋")
    assert site.discuz_version == "X3.4"


def test_the_breadcrumb_names_category_and_board():
    thread = facts_of("thread-6-1").thread

    assert thread.category_name == "生活休闲"
    assert thread.board_names == ("旅行摄影",)


def test_a_prefix_that_the_breadcrumb_shows_too_belongs_to_the_title():
    thread = facts_of("thread-6-1").thread

    assert (thread.type_name, thread.bare_title) == (None, "[原创] 华山三日游记")


def test_staff_lines():
    one, six = facts_of("thread-1-1").thread, facts_of("thread-6-1").thread

    assert [(s.name, s.action) for s in one.staff_lines] == [("admin", "stick")]
    assert [(s.name, s.action) for s in six.staff_lines] == [("admin", "highlight")]


def test_comments_under_posts():
    floors = {floor.number: floor for floor in facts_of("thread-4-1").floors}

    assert [(c.name, c.text) for c in floors[1].comments] == [
        ("王小明", "已收藏，周末试试"),
        ("韩梅梅", "步骤写得很清楚"),
    ]
    assert floors[2].comments == ()


def test_ratings_are_sorted_into_their_kinds_by_the_totals():
    rating = facts_of("thread-4-1").floors[0].rating

    assert rating.participants == 2
    assert rating.totals == (("威望", 2), ("金钱", 5))
    assert rating.is_consistent
    assert [(r.name, r.amounts, r.reason) for r in rating.rows] == [
        ("令狐冲", (("威望", 1),), "赞一个!"),
        ("admin", (("威望", 1), ("金钱", 5)), "很给力!"),
    ]


def test_a_quote_and_code():
    floors = facts_of("thread-11-1").floors

    assert [block.kind for block in floors[0].blocks] == [
        BlockKind.TEXT,
        BlockKind.CODE,
        BlockKind.TEXT,
    ]
    assert floors[0].blocks[1].lines[0] == 'with open("big.txt", encoding="utf-8") as fp:'
    quote, text, code = floors[2].blocks
    assert quote.kind is BlockKind.QUOTE
    assert quote.quoted_name == "carol"
    assert quote.quoted_when.at == datetime(2026, 11, 22, 10, 24, tzinfo=UTC)
    assert quote.lines == ('受教了。请问 HTML & "引号" 会被转义吗？',)
    assert text.lines == ("会的，放心。",)
    assert code.lines == ("SELECT * FROM t WHERE a < 3 AND b = 'x';",)
    assert floors[2].rating.rows[0].reason == "热心回复"


def test_a_sticky_reply_keeps_its_floor():
    floors = facts_of("thread-6-1").floors

    assert [floor.number for floor in floors] == [1, 6, 2, 3, 4, 5]
    assert floors[1].is_sticky_reply
    assert floors[1].author.name == "乔峰"


def test_attachments_that_the_guest_could_not_see_are_noted():
    floor = facts_of("thread-6-1").floors[0]

    assert floor.attachments == ("本帖子中包含更多资源",)


def test_a_poll_is_no_text():
    floor = facts_of("thread-7-1").floors[0]

    assert floor.paragraphs == ("欢迎投票，可多选。",)
    assert floor.poll.max_choices == 2
    assert floor.poll.voters == 6
    assert [(o.text, o.votes) for o in floor.poll.options] == [
        ("睡觉", 2), ("爬山", 2), ("看书", 2), ("打游戏", 2), ("陪孩子", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "number", "has_next"),
    [("thread-9-1", 1, True), ("thread-9-2", 2, True), ("thread-9-3", 3, False)],
)
def test_pages_of_a_thread(name, number, has_next):
    thread = facts_of(name).thread

    assert (thread.page_number, thread.page_count) == (number, 3)
    assert thread.has_next_page is has_next
    assert thread.author_name == "陈独秀"


def test_a_certain_signature_is_taken_from_the_authors_replies_too():
    floors = {floor.number: floor for floor in facts_of("thread-4-1").floors}

    assert floors[4].author.name == floors[1].author.name
    assert floors[4].author.signature == floors[1].author.signature == ("红烧肉传人",)
    assert floors[4].paragraphs == ("可以的，只是颜色稍微浅一点。",)


def test_a_last_paragraph_that_may_be_a_signature_stays_text_and_is_doubted():
    facts = facts_of("thread-3-1")

    assert facts.floors[1].paragraphs == ("欢迎欢迎！", "红烧肉传人")
    assert [(d.key, d.detail) for d in facts.doubts] == [("may_end_in_signature", "红烧肉传人")]


def test_signatures_known_from_other_pages_settle_the_doubt():
    facts = facts_of("thread-3-1", known_signatures={"李雷": ("红烧肉传人",)})

    assert facts.floors[1].paragraphs == ("欢迎欢迎！",)
    assert facts.floors[1].author.signature == ("红烧肉传人",)
    assert facts.doubts == ()
