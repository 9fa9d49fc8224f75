"""Pages as other Discuz sites save them: what the ten and the seed do not show."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from forum.importers.page.facts import BlockKind, NotAThreadPage, Precision
from tests.importers.texts import (
    ACTIONS,
    OPENING,
    OPENING_NEWEST_FIRST,
    TAIL,
    extract,
    floor,
    page,
    panel,
)

CHINA = timezone(timedelta(hours=8))


def by_number(text):
    facts = extract(text).facts
    return facts, {f.number: f for f in facts.floors}


def test_several_floors_with_names_and_x31_labels():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "大家周末去哪里？\n\n推荐一下。", links=OPENING),
        floor(panel("Ann 安", cells=(("1万", "主题"), ("12万", "帖子"), ("-3", "威望"))), "沙发",
              "2024-3-1 09:00:00", "去爬山。"),
        floor(panel("404", custom="山里人"), "板凳", "2024-3-2 10:30:59", "在家睡觉。\n第二行。"),
        crumbs="小城论坛网»论坛 › 生活 › 旅行 › 周边 › 周末去哪里",
    )  # fmt: skip

    facts, floors = by_number(text)

    assert [f.author.name for f in facts.floors] == ["老王", "Ann 安", "404"]
    assert floors[2].author.posts.low == 120_000
    assert floors[2].author.posts.high == 129_999
    assert floors[2].author.cells[2].count.low == -3
    assert floors[1].author.posts.low == 12
    assert floors[3].author.custom_title == "山里人"
    assert floors[3].author.group_title == "中级会员"
    assert floors[3].paragraphs == ("在家睡觉。\n第二行。",)
    assert floors[1].paragraphs == ("大家周末去哪里？", "推荐一下。")
    assert floors[2].when.at == datetime(2024, 3, 1, 1, 0, tzinfo=UTC)
    assert facts.thread.board_names == ("旅行", "周边")
    assert facts.thread.category_name == "生活"
    assert facts.site.name == "小城论坛网"


def test_newest_first_keeps_the_opening_post_on_top_and_the_numbers():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING_NEWEST_FIRST),
        *(
            floor(panel(f"会员{n}"), label, f"2024-3-{n} 08:00:00", f"第 {n} 楼")
            for n, label in ((6, "6#"), (5, "5#"), (4, "地板"), (3, "板凳"), (2, "沙发"))
        ),
    )

    facts, floors = by_number(text)

    assert facts.thread.is_newest_first
    assert [f.number for f in facts.floors] == [1, 6, 5, 4, 3, 2]
    assert floors[4].paragraphs == ("第 4 楼",)


def test_newest_first_is_told_by_the_floors_when_no_link_says_so():
    text = page(
        *(floor(panel(f"会员{n}"), f"{n}#", f"2024-3-{n} 08:00:00", "嗯") for n in (9, 8, 7)),
        cell="楼主: 老王",
    )

    facts, _ = by_number(text)

    assert facts.thread.is_newest_first
    assert facts.thread.author_name == "老王"
    assert facts.thread.views is None


SAVED = datetime(2024, 3, 10, 12, 0, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("words", "at", "earliest", "precision"),
    [
        ("刚刚", SAVED, SAVED - timedelta(seconds=1), Precision.SECOND),
        ("38 秒前", SAVED - timedelta(seconds=38), SAVED - timedelta(seconds=38), Precision.SECOND),
        ("5 分钟前", SAVED - timedelta(minutes=5), SAVED - timedelta(seconds=359), Precision.MINUTE),
        ("半小时前", SAVED - timedelta(seconds=1801), SAVED - timedelta(hours=1), Precision.MINUTE),
        ("3 小时前", SAVED - timedelta(hours=3), SAVED - timedelta(seconds=4 * 3600 - 1), Precision.HOUR),
        ("昨天 23:59", datetime(2024, 3, 9, 23, 59, tzinfo=CHINA), None, Precision.MINUTE),
        ("前天\u00a000:10", datetime(2024, 3, 8, 0, 10, tzinfo=CHINA), None, Precision.MINUTE),
        ("4 天前", datetime(2024, 3, 6, 23, 59, 59, tzinfo=CHINA), datetime(2024, 3, 6, tzinfo=CHINA),
         Precision.DAY),
        ("2024-3-2", datetime(2024, 3, 2, 23, 59, 59, tzinfo=CHINA), datetime(2024, 3, 2, tzinfo=CHINA),
         Precision.DAY),
        ("2024-3-2 07:05", datetime(2024, 3, 2, 7, 5, tzinfo=CHINA), None, Precision.MINUTE),
    ],
)  # fmt: skip
def test_dates(words, at, earliest, precision):
    text = page(floor(panel("老王"), "楼主", words, "开头", links=OPENING))

    when = extract(text).facts.floors[0].when

    assert (when.at, when.precision) == (at, precision)
    assert when.earliest == (earliest or at)


def test_days_are_days_of_the_pages_own_zone():
    text = page(
        floor(panel("老王"), "楼主", "昨天 23:30", "开头", links=OPENING),
        gmt="GMT-3.5",
        saved="2024-3-10 00:10",
    )

    facts = extract(text).facts

    zone = timezone(timedelta(hours=-3, minutes=-30))
    assert facts.save.saved_at == datetime(2024, 3, 10, 0, 10, tzinfo=zone)
    assert facts.floors[0].when.at == datetime(2024, 3, 9, 23, 30, tzinfo=zone)


@pytest.mark.parametrize("words", ["2023-2-30 08:00:00", "昨天 25:10", "0001-1-1 00:00"])
def test_a_date_that_does_not_exist_is_kept_as_words(words):
    text = page(floor(panel("老王"), "楼主", words, "开头", links=OPENING))

    when = extract(text).facts.floors[0].when

    assert (when.at, when.text, when.precision) == (None, words, Precision.UNKNOWN)


def test_relative_dates_without_the_save_time_stay_open():
    text = page(floor(panel("老王"), "楼主", "3 小时前", "开头", links=OPENING))
    text = text[: text.index("GMT+8")]

    facts = extract(text).facts

    assert facts.save.saved_at is None
    assert facts.floors[0].when.at is None


def test_quotes_edit_marks_and_phones():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01",
              "本帖最后由 老王 于 2024-3-1 08:30 编辑\n\n开头。", links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01",
              "老王 发表于 2024-3-1 08:00\n开头。\n ...\n\n不同意。\n\n\n真的。",
              links="来自手机 | 只看该作者"),
        floor(panel("老王"), "板凳", "2024-3-2 09:00:01", "小李 发表于 昨天 08:00\n不同意。\n\n好吧。"),
    )  # fmt: skip

    facts, floors = by_number(text)

    assert floors[1].edit.name == "老王"
    assert floors[1].edit.when.at == datetime(2024, 3, 1, 8, 30, tzinfo=CHINA)
    assert floors[1].paragraphs == ("开头。",)
    quote = floors[2].blocks[0]
    assert (quote.kind, quote.quoted_name) == (BlockKind.QUOTE, "老王")
    assert quote.lines == ("开头。", " ...")
    assert floors[2].paragraphs == ("不同意。", "真的。")
    assert [b.gap for b in floors[2].blocks] == [0, 1, 2]
    assert floors[2].is_from_phone
    assert floors[3].blocks[0].quoted_when.at == datetime(2024, 3, 9, 8, 0, tzinfo=CHINA)
    assert facts.thread.author_name == "老王"


def test_a_date_in_the_text_is_no_post_header():
    body = "这篇文章\n发表于 2023-1-1\n很有名。\n\n发表于 2023-1-1 10:00:00 | 只看该作者\n\n楼主"
    text = page(floor(panel("老王"), "楼主", "2024-3-1 08:00:01", body, links=OPENING))

    facts = extract(text).facts

    assert len(facts.floors) == 1
    assert facts.floors[0].paragraphs == ("这篇文章\n发表于 2023-1-1\n很有名。", "楼主")
    assert [d.key for d in facts.doubts] == ["chrome_in_text"]


def test_a_text_made_of_the_pages_own_words_stays_text():
    body = "回复\n\n搜索\n\n主题\n\n12\n\n帖子\n\n举报"
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", body, links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-1 09:00:01", "回复"),
        floor(panel("小李"), "板凳", "2024-3-1 10:00:01", "沙发"),
    )

    _, floors = by_number(text)

    assert floors[1].paragraphs == ("回复", "搜索", "主题", "12", "帖子", "举报")
    assert floors[2].paragraphs == ("回复",)
    assert floors[3].paragraphs == ("沙发",)


def test_comments_and_a_rating_under_a_reply_then_its_signature():
    aside = """谢谢！

点评

老王

不客气 发表于 2024-3-2 10:00

Bob

nice 发表于 昨天 11:20 详情 回复

评分

参与人数 3

金钱 +4

贡献 -1

收起 理由

老王

+ 2

- 1

好

Bob

+ 1

Cat

+ 1

赞

查看全部评分

山高水长
"""
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01", aside),
        cell="查看: 12|回复: 3",
    )

    _, floors = by_number(text)

    reply = floors[2]
    assert reply.paragraphs == ("谢谢！",)
    assert [(c.name, c.text) for c in reply.comments] == [("老王", "不客气"), ("Bob", "nice")]
    assert reply.comments[1].when.at == datetime(2024, 3, 9, 11, 20, tzinfo=CHINA)
    assert reply.rating.totals == (("金钱", 4), ("贡献", -1))
    assert [(r.name, r.amounts, r.reason) for r in reply.rating.rows] == [
        ("老王", (("金钱", 2), ("贡献", -1)), "好"),
        ("Bob", (("金钱", 1),), None),
        ("Cat", (("金钱", 1),), "赞"),
    ]
    assert reply.rating.is_consistent
    assert reply.author.signature == ("山高水长",)


def test_a_rating_whose_totals_do_not_fit_is_kept_and_doubted():
    aside = (
        "谢谢！\n\n评分\n\n参与人数 2\n\n金钱 +9\n\n收起 理由\n\n老王\n\n+ 2\n\n好\n\n查看全部评分"
    )
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01", aside),
    )

    facts, floors = by_number(text)

    assert not floors[2].rating.is_consistent
    assert [d.key for d in facts.doubts] == ["rating_totals"]
    assert floors[2].paragraphs == ("谢谢！",)


def test_the_same_end_under_two_posts_is_a_signature():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01", "一\n\n知足常乐"),
        floor(panel("小李"), "板凳", "2024-3-2 09:00:01", "二\n\n知足常乐"),
    )

    facts, floors = by_number(text)

    assert floors[2].paragraphs == ("一",)
    assert floors[3].author.signature == ("知足常乐",)
    assert {d.key for d in facts.doubts} == {"signature_by_repetition"}


def test_an_author_without_a_name():
    text = page(
        floor(panel(None), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(
            panel(None, group="版主", stars=7, images=3, total=99),
            "沙发",
            "2024-3-2 08:00:01",
            "好",
        ),
    )

    facts, floors = by_number(text)

    assert [f.author.name for f in facts.floors] == [None, None]
    assert floors[2].author.group_title == "版主"
    assert floors[2].author.total == 99
    assert facts.thread.author_name is None


def test_anonymous_and_deleted_authors():
    text = page(
        floor("匿名\n\n", "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor("某人\n\n该用户已被删除\n\n", "沙发", "2024-3-2 08:00:01", "好"),
    )

    _, floors = by_number(text)

    assert floors[1].author.is_anonymous
    assert floors[1].author.name is None
    assert (floors[2].author.name, floors[2].author.is_deleted) == ("某人", True)


def test_blocked_posts_show_no_text():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "提示: 作者被禁止或删除 内容自动屏蔽",
              links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01", "提示: 该帖被管理员或版主屏蔽"),
    )  # fmt: skip

    _, floors = by_number(text)

    assert (floors[1].blocked, floors[1].paragraphs) == ("author", ())
    assert (floors[2].blocked, floors[2].paragraphs) == ("by_staff", ())


def test_a_type_is_split_off_when_the_breadcrumb_shows_the_title_without_it():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        title="[求助] 周末去哪里",
        crumbs="小城论坛网»论坛 › 生活 › 旅行 › 周末去哪里",
    )

    thread = extract(text).facts.thread

    assert thread.title == "[求助] 周末去哪里"
    assert (thread.type_name, thread.bare_title) == ("求助", "周末去哪里")


def test_a_type_on_its_own_line():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        title="[求助]\n周末去哪里",
        crumbs="小城论坛网 › 论坛 › 生活 › 旅行 › 周末去哪里",
    )

    thread = extract(text).facts.thread

    assert (thread.title, thread.type_name) == ("[求助] 周末去哪里", "求助")


def test_a_second_page():
    text = page(
        *(
            floor(panel(f"会员{n}"), f"{n}#", "2024-3-2 08:00:01", f"第 {n} 楼")
            for n in range(11, 21)
        ),
        cell="123 / 3 页下一页\n返回列表 发新帖\n楼主: 老王",
    )

    facts, _ = by_number(text)

    assert facts.thread.page_number == 2
    assert facts.thread.page_count == 3
    assert facts.thread.author_name == "老王"
    assert [f.number for f in facts.floors] == list(range(11, 21))


def test_staff_lines_and_a_closed_box():
    body = "开头\n\n本主题由 老王 于 2024-3-2 08:00 关闭\n"
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", body, links=OPENING),
        tail=TAIL.replace(
            "您需要登录后才可以回帖 登录 | 立即注册", "抱歉，本主题已关闭，不再接受新内容"
        ),
    )

    thread = extract(text).facts.thread

    assert thread.is_closed
    assert [(s.name, s.action, s.action_text) for s in thread.staff_lines] == [
        ("老王", "close", "关闭")
    ]


def test_files_under_a_post_are_notes():
    body = "见附件。\n\n资料.zip\n\n(12.3 KB, 下载次数: 45)\n\n照片.jpg (88 KB, 下载次数: 2)\n\n下载附件  保存到相册\n\n2024-3-1 08:00 上传"
    text = page(floor(panel("老王"), "楼主", "2024-3-1 08:00:01", body, links=OPENING))

    post = extract(text).facts.floors[0]

    assert post.paragraphs == ("见附件。",)
    assert post.attachments == ("资料.zip (12.3 KB, 下载次数: 45)", "照片.jpg (88 KB, 下载次数: 2)")


def test_floors_the_site_named_itself_take_the_number_between_their_neighbours():
    own = panel("小李") + "\n发消息\n\n"
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(own, "第一排", "2024-3-2 08:00:01", "好"),
        floor(own, "第二排", "2024-3-2 09:00:01", "好的"),
        floor(panel("小李"), "5#", "2024-3-2 10:00:01", "行"),
    )

    facts, floors = by_number(text)

    assert [f.number for f in facts.floors] == [1, 2, 3, 5]
    assert floors[2].label == "第一排"
    assert not floors[2].is_number_shown
    assert {d.key for d in facts.doubts} == {"floor_number_inferred"}


def test_a_page_in_traditional_characters():
    text = page(
        floor(panel("老王", cells=(("3", "主題"), ("12", "帖子"), ("0", "精華"))).replace("积分", "積分"),
              "樓主", "2024-3-1 08:00:01", "開頭在這裡", links="只看該作者 回帖獎勵 |倒序瀏覽 |閱讀模式",
              after="\n回復\n\n使用道具 舉報\n"),
        floor(panel("小李").replace("积分", "積分"), "沙發", "2024-3-1 09:00:01", "發表高見",
              links="只看該作者", after="\n回復\n\n使用道具 舉報\n"),
    ).replace("发表于", "發表於")  # fmt: skip

    facts, floors = by_number(text)

    assert [f.number for f in facts.floors] == [1, 2]
    assert floors[1].paragraphs == ("開頭在這裡",)
    assert floors[2].paragraphs == ("發表高見",)
    assert floors[1].author.threads.low == 3
    assert floors[1].author.total == 240
    assert not facts.thread.is_newest_first


def test_a_reply_repeated_under_the_opening_post_is_marked():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(panel("小李"), "推荐", "2024-3-2 08:00:01", "好"),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01", "好"),
    )

    facts = extract(text).facts

    assert [(f.number, f.is_repeated) for f in facts.floors] == [(1, False), (0, True), (2, False)]


def test_missing_parts_are_missed_only_there():
    whole = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01", "好"),
    )
    text = whole.replace("查看: 120|回复: 2\n", "").replace("[复制链接]\n", "")
    text = text.replace("热搜: 菜谱 二手 discuz\n", "").replace("Rank: 3Rank: 3", "")
    text = text.replace(ACTIONS, "\n")

    facts, floors = by_number(text)

    assert facts.thread.title == "周末去哪里"
    assert (facts.thread.views, facts.site.hot_words) == (None, ())
    assert floors[1].paragraphs == ("开头",)
    assert floors[1].author.stars is None
    assert floors[2].author.group_title == "中级会员"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", ("title", "post_header")),
        ("\n\n\n", ("title", "post_header")),
        ("一篇普通的文章。\n发表于 2020-1-1 的那一期。", ("title", "post_header")),
        ("查看: 3|回复: 1\n打印 上一主题 下一主题\n标题\n[复制链接]\n正文", ("post_header",)),
        ("楼主\n发表于 2024-1-1 08:00:00 | 只看该作者\n\n正文\n\n回复\n使用道具 举报", ("title",)),
        ("\x00\x01\ud800" * 100, ("title", "post_header")),
    ],
)
def test_what_is_no_thread_page_is_refused_with_what_is_missing(text, missing):
    with pytest.raises(NotAThreadPage) as refusal:
        extract(text)

    assert refusal.value.missing == missing
    assert refusal.value.key == "not_a_thread_page"
    assert refusal.value.data == {"missing": missing}


def test_comments_and_ratings_on_single_lines():
    aside = """谢谢！

点评

老王 不客气 发表于 2024-3-2 10:00

评分

参与人数 2金钱 +5 收起 理由

Bob + 3 赞一个!
Cat + 2

查看全部评分
"""
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING),
        floor(panel("小李"), "沙发", "2024-3-2 08:00:01", aside),
    )

    _, floors = by_number(text)

    assert floors[2].paragraphs == ("谢谢！",)
    assert [(c.name, c.text) for c in floors[2].comments] == [("老王", "不客气")]
    assert floors[2].rating.is_consistent
    assert [(r.name, r.amounts, r.reason) for r in floors[2].rating.rows] == [
        ("Bob", (("金钱", 3),), "赞一个!"),
        ("Cat", (("金钱", 2),), None),
    ]


def test_quoted_words_set_apart_are_found_in_the_quoted_post():
    text = page(
        floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "今天天气很好。", links=OPENING),
        floor(
            panel("小李"),
            "沙发",
            "2024-3-2 08:00:01",
            "老王 发表于 2024-3-1 08:00\n\n今天天气\n\n是的。",
        ),
        floor(
            panel("小李"), "板凳", "2024-3-2 09:00:01", "老王 发表于 2024-3-1 08:00\n\n不是他说的。"
        ),
    )

    _facts, floors = by_number(text)

    assert floors[2].blocks[0].lines == ("今天天气",)
    assert floors[2].paragraphs == ("是的。",)
    assert floors[3].blocks[0].lines == ()
    assert floors[3].paragraphs == ("不是他说的。",)


def test_buttons_below_the_text_one_to_a_line():
    body = "正文。\n\n收藏3\n\n分享\n\n支持0\n\n反对0\n\n我的签名"
    text = page(floor(panel("老王"), "楼主", "2024-3-1 08:00:01", body, links=OPENING))

    post = extract(text).facts.floors[0]

    assert post.paragraphs == ("正文。",)
    assert post.author.signature == ("我的签名",)


@pytest.mark.parametrize(
    ("lines", "name", "group"),
    [
        (["老王", "中级会员", "3", "主题", "12", "帖子", "0", "精华", "Rank: 3Rank: 3", "积分", "240"], "老王", "中级会员"),
        (["版主", "3", "主题", "12", "帖子", "0", "精华", "Rank: 7Rank: 7Rank: 7", "积分", "240"], None, "版主"),
        (["老王", "3", "主题", "12", "帖子", "0", "精华", "Rank: 3Rank: 3", "中级会员", "积分", "240"], "老王", "中级会员"),
        (["老王", "积分", "240", "0", "精华", "12", "帖子", "3", "主题", "中级会员", "Rank: 3Rank: 3"], "老王", "中级会员"),
        (["老王", "Rank: 3Rank: 3", "积分", "240", "中级会员"], "老王", None),
    ],
)  # fmt: skip
def test_panels_in_other_orders(lines, name, group):
    author = "\n\n".join(lines) + "\n"
    text = page(floor(author, "楼主", "2024-3-1 08:00:01", "开头", links=OPENING))

    post = extract(text).facts.floors[0]

    assert post.author.total == 240
    assert post.author.stars in (3, 7)
    assert post.paragraphs == ("开头",)
    if group is not None:
        assert (post.author.name, post.author.group_title) == (name, group)
        assert {c.label: c.count.low for c in post.author.cells} == {
            "主题": 3,
            "帖子": 12,
            "精华": 0,
        }


def test_a_title_above_the_header_row():
    text = page(floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING))
    text = text.replace(
        "打印 上一主题 下一主题\n\n周末去哪里\n", "周末去哪里\n\n打印 上一主题 下一主题\n"
    )

    facts = extract(text).facts

    assert facts.thread.title == "周末去哪里"
    assert facts.site.name == "小城论坛网"


def test_the_sites_own_navigation_is_not_its_name():
    text = page(floor(panel("老王"), "楼主", "2024-3-1 08:00:01", "开头", links=OPENING))
    text = text.replace("小城论坛网\n", "首页大厅\n小城论坛网\n同城\n")

    facts = extract(text).facts

    assert facts.site.name == "小城论坛网"
    assert facts.site.nav_names == ("首页大厅", "同城")


def test_a_page_made_with_a_cache_behind_it():
    text = page(floor(panel("老王"), "楼主", "1 小时前", "开头", links=OPENING))
    text = text.replace("12 queries .", "1 queries , Gzip On, Redis On.")

    save = extract(text).facts.save

    assert (save.query_count, str(save.processed_s)) == (1, "0.250000")
