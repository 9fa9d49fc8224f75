"""标签: what is typed becomes tags, the word filter looks at them, the index follows every command."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from forum.commands.edit_checks import OpeningChange
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_places import CopyOptions
from forum.commands.moderation.thread_tags import TagOptions
from forum.commands.post_edits import edit_post
from forum.commands.settings import change_settings
from forum.commands.tag_care import close_tags, merge_tags, restore_tags
from forum.commands.tags import checked_tags, follow_tags, split_tags
from forum.commands.threads import ThreadOptions, start_thread
from forum.commands.words import import_words
from forum.core.cache import CacheName
from forum.core.db import recorded_statements
from forum.core.errors import Forbidden, Invalid
from forum.core.uow import unit_of_work
from forum.models import GroupPermission, PostState, Tag, Thread, ThreadTag
from forum.queries.tags import tag_rules_of
from tests.commands.moderation.acting import Moderator
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

TEXT = "春天到了，说说你的旧相机。"


@pytest.fixture
def staff(forum):
    return Moderator(forum, FOUNDER_ID)


def post(forum, author_id, tags, title="旧相机"):
    """A thread of somebody's with these tags typed."""
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        return start_thread(
            uow, forum.actor(author_id), board_id=FIRST_BOARD_ID, title=title, source=TEXT,
            options=ThreadOptions(tags=tags),
        )  # fmt: skip


def edit(forum, editor_id, thread_id, tags):
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        thread = uow.session.get_one(Thread, thread_id)
        edit_post(
            uow, forum.actor(editor_id), post_id=thread.first_post_id, source=TEXT,
            opening=OpeningChange(thread.title, None, ThreadOptions(tags=tags)),
        )  # fmt: skip


def written(forum, thread_id):
    with forum.read() as s:
        return s.get_one(Thread, thread_id).tags


def indexed(forum):
    """The index, by names: what leads where."""
    with forum.read() as s:
        rows = s.execute(
            select(Tag.name, ThreadTag.thread_id).join(Tag, Tag.id == ThreadTag.tag_id)
        )
        return {(row.name, row.thread_id) for row in rows}


def shown(forum, thread_id):
    with forum.read() as s:
        forum.database.cache.refresh(s)
        return tag_rules_of(s).shown(s.get_one(Thread, thread_id).tags)


def care(forum, command, *names, **more):
    with unit_of_work(forum.database) as uow:
        ids = uow.session.scalars(select(Tag.id).where(Tag.name.in_(names))).all()
        command(uow, forum.actor(FOUNDER_ID), tag_ids=ids, **more)


def words(forum, text):
    with unit_of_work(forum.database) as uow:
        import_words(uow, forum.actor(FOUNDER_ID), text=text)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", ()),
        ("春天", ("春天",)),
        ("春天 摄影,相机，旧物、Ｐｙｔｈｏｎ;c++；C#", ("春天", "摄影", "相机", "旧物", "Python", "c++", "C#")),
        ("  ,, 春天 ， 春天 ", ("春天",)),
        ("Python PYTHON ｐｙｔｈｏｎ", ("Python",)),
        ("春\u200b天\u0000", ("春天",)),
    ],
)  # fmt: skip
def test_blanks_and_commas_of_every_width_divide_tags(typed, names):
    assert split_tags(typed) == names


def test_a_thread_gets_its_tags(forum):
    author = forum.member()
    ref = post(forum, author, "春天，摄影 Python")

    assert written(forum, ref.thread_id) == "春天,摄影,Python"
    assert indexed(forum) == {(name, ref.thread_id) for name in ("春天", "摄影", "Python")}


def test_a_thread_keeps_the_spelling_that_was_typed(forum):
    """The spelling in use would tell of a thread one may not read."""
    first = post(forum, forum.member("甲乙"), "Python")
    ref = post(forum, forum.member("丙丁"), "ＰＹＴＨＯＮ python")

    assert written(forum, ref.thread_id) == "PYTHON"
    assert indexed(forum) == {("Python", first.thread_id), ("Python", ref.thread_id)}


def test_a_merge_shows_the_spelling_the_staff_typed(forum):
    ref = post(forum, forum.member(), "pyhton")
    post(forum, forum.member("丙丁"), "PYTHON")

    care(forum, merge_tags, "pyhton", into="Python")

    assert shown(forum, ref.thread_id) == ("Python",)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("a1 b2 c3 d4 e5 f6", "too_many_tags"),
        (" ".join(f"t{n}" for n in range(100)), "too_many_tags"),
        ("x", "tag_width"),
        ("一二三四五六七八九十一", "tag_width"),
        ("a" * 21, "tag_width"),
        ("a" * 100_000, "tags_too_long"),
        ("\ufdfa" * 60, "tags_too_long"),  # one character that NFKC makes eighteen
        ("<b>x</b>", "tag_characters"),
        ("[b]粗[/b]", "tag_characters"),
        ("a/../b", "tag_characters"),
        ("..", "tag_characters"),
        ("\u0301\u0301", "tag_characters"),
        ("\u3164\u3164", "tag_characters"),  # letters that show nothing
        ("赌\u034f博", "tag_characters"),
    ],
)
def test_what_can_be_no_tag_is_refused_at_its_field(forum, typed, key):
    with pytest.raises(Invalid) as caught:
        post(forum, forum.member(), typed)

    assert (caught.value.key, caught.value.field) == (key, "tags")
    assert indexed(forum) == set()


def test_a_group_without_the_right_gives_none(forum):
    author = forum.member()
    with unit_of_work(forum.database) as uow:
        right = uow.session.get_one(GroupPermission, (10, "thread.tags"))
        uow.session.delete(right)
        uow.bump(CacheName.SITE)

    with pytest.raises(Forbidden):
        post(forum, author, "春天")
    assert post(forum, author, " ").thread_id


def test_an_edit_changes_them_and_an_edit_without_the_field_does_not(forum):
    author = forum.member()
    ref = post(forum, author, "春天 摄影")

    edit(forum, author, ref.thread_id, None)
    assert written(forum, ref.thread_id) == "春天,摄影"
    edit(forum, author, ref.thread_id, "摄影 旧物")
    assert written(forum, ref.thread_id) == "摄影,旧物"
    assert indexed(forum) == {("摄影", ref.thread_id), ("旧物", ref.thread_id)}
    edit(forum, author, ref.thread_id, "")
    assert indexed(forum) == set()


def test_other_tags_are_another_version_of_the_thread(forum):
    author = forum.member()
    ref = post(forum, author, "春天")
    with forum.read() as s:
        before = s.get_one(Thread, ref.thread_id).version

    edit(forum, author, ref.thread_id, "夏天")

    with forum.read() as s:
        assert s.get_one(Thread, ref.thread_id).version > before


def test_the_word_filter_refuses_holds_and_replaces(forum):
    author = forum.member()
    words(forum, "赌{2}博={BANNED}\n代购={MOD}\n脏话=**")

    with pytest.raises(Invalid, match="words_refused"):
        post(forum, author, "春天 大赌博")
    with pytest.raises(Invalid, match="words_refused"):  # nor in two pieces
        post(forum, author, "春天赌 博")
    held = post(forum, author, "春天 代购")
    replaced = post(forum, forum.member("丙丁"), "春天 大脏话 脏话")

    assert held.state is PostState.PENDING
    assert written(forum, held.thread_id) == "春天,代购"
    assert written(forum, replaced.thread_id) == "春天,大**"


def test_an_edit_brings_in_no_word_that_would_hold_the_thread(forum):
    author = forum.member()
    ref = post(forum, author, "春天 代购")
    words(forum, "代购={MOD}\n现货={MOD}")

    edit(forum, author, ref.thread_id, "春天 代购 夏天")  # it was there
    with pytest.raises(Invalid, match="words_refused"):
        edit(forum, author, ref.thread_id, "春天 现货")

    assert written(forum, ref.thread_id) == "春天,代购,夏天"


def test_the_setting_says_how_many(forum):
    author = forum.member()
    ref = post(forum, author, "a1 b2 c3")
    with unit_of_work(forum.database) as uow:
        posting = forum.site().settings.posting
        change_settings(
            uow, forum.actor(FOUNDER_ID), section="posting",
            values=type(posting)(**{**vars(posting), "tags_per_thread": 2}),
        )  # fmt: skip

    edit(forum, author, ref.thread_id, "a1 b2 c3")  # what is there may stay
    with pytest.raises(Invalid, match="too_many_tags"):
        edit(forum, author, ref.thread_id, "a1 b2 d4")


def test_a_closed_tag_shows_nowhere_and_is_given_to_none(forum):
    author = forum.member()
    ref = post(forum, author, "春天 摄影")

    care(forum, close_tags, "春天")

    assert shown(forum, ref.thread_id) == ("摄影",)
    with pytest.raises(Invalid, match="tag_closed"):
        post(forum, forum.member("丙丁"), "春天")
    edit(forum, author, ref.thread_id, "摄影")  # as the form showed it: nothing changes
    assert written(forum, ref.thread_id) == "春天,摄影"
    care(forum, restore_tags, "春天")
    assert shown(forum, ref.thread_id) == ("春天", "摄影")


def test_a_merged_tag_stands_for_the_other_and_comes_back(forum):
    author = forum.member()
    one = post(forum, author, "pyhton 春天").thread_id
    both = post(forum, forum.member("丙丁"), "pyhton Python").thread_id

    care(forum, merge_tags, "pyhton", into="Python")

    assert shown(forum, one) == ("Python", "春天")
    assert shown(forum, both) == ("Python",)
    assert indexed(forum) == {("Python", one), ("春天", one), ("Python", both)}
    new = post(forum, forum.member("戊己"), "PYHTON").thread_id
    assert written(forum, new) == "Python"

    care(forum, restore_tags, "pyhton")
    assert shown(forum, one) == ("pyhton", "春天")
    assert indexed(forum) == {
        ("pyhton", one), ("春天", one), ("pyhton", both), ("Python", both), ("Python", new),
    }  # fmt: skip


def test_merges_make_no_chains_and_no_rings(forum):
    author = forum.member()
    thread_id = post(forum, author, "甲一 乙二 丙三").thread_id

    care(forum, merge_tags, "甲一", into="乙二")
    care(forum, merge_tags, "乙二", into="丙三")
    with pytest.raises(Invalid, match="tag_merged_with_itself"):
        care(forum, merge_tags, "丙三", into="甲一")
    care(forum, merge_tags, "丙三", into="新的")

    assert shown(forum, thread_id) == ("新的",)
    assert indexed(forum) == {("新的", thread_id)}


def test_only_administrators_close_and_merge(forum):
    post(forum, forum.member(), "春天")
    moderator = forum.moderator(FIRST_BOARD_ID)
    for command, more in ((close_tags, {}), (restore_tags, {}), (merge_tags, {"into": "夏天"})):
        with pytest.raises(Forbidden), unit_of_work(forum.database) as uow:
            command(uow, forum.actor(moderator), tag_ids=[1], **more)


def test_moderators_add_take_and_replace_and_take_it_back(forum, staff):
    thread_id = post(forum, forum.member(), "春天 摄影").thread_id

    added = staff.does("thread.tag", thread_id, options=TagOptions("add", "旧物，春天"))
    assert written(forum, thread_id) == "春天,摄影,旧物"
    staff.does("thread.tag", thread_id, options=TagOptions("take", "摄影 没有的"))
    assert written(forum, thread_id) == "春天,旧物"
    last = staff.does("thread.tag", thread_id, options=TagOptions("only", "夏天"))
    assert indexed(forum) == {("夏天", thread_id)}

    staff.undoes(last.entry_id)
    assert indexed(forum) == {("春天", thread_id), ("旧物", thread_id)}
    assert added.entry_id < last.entry_id


def test_moderators_keep_to_the_number_too(forum, staff):
    thread_id = post(forum, forum.member(), "a1 b2 c3 d4").thread_id
    with pytest.raises(Invalid, match="too_many_tags"):
        staff.does("thread.tag", thread_id, options=TagOptions("add", "e5 f6"))


def test_tags_of_a_copy_a_merge_and_a_split(forum, staff):
    one = post(forum, forum.member(), "春天 摄影 三月").thread_id
    other = post(forum, forum.member("丙丁"), "摄影 旧物 四月 五月", title="别的").thread_id

    copied = staff.does("thread.copy", one, options=CopyOptions(FIRST_BOARD_ID))
    copy_id = max(thread_id for _, thread_id in indexed(forum))
    assert written(forum, copy_id) == "春天,摄影,三月"
    staff.undoes(copied.entry_id)
    assert copy_id not in {thread_id for _, thread_id in indexed(forum)}

    merged = staff.does("thread.merge", one, options=MergeOptions(other))
    assert written(forum, one) == "春天,摄影,三月,旧物,四月"
    split = staff.does("thread.split", one, options=SplitOptions("2", "分出来的"))
    assert written(forum, one) == "春天,摄影,三月,旧物,四月"
    staff.undoes(split.entry_id)
    staff.undoes(merged.entry_id)
    assert written(forum, one) == "春天,摄影,三月"
    assert {name for name, thread_id in indexed(forum) if thread_id == one} == {
        "春天",
        "摄影",
        "三月",
    }


def test_a_purged_thread_leaves_no_line_in_the_index(forum, staff):
    thread_id = post(forum, forum.member(), "春天").thread_id
    staff.does("thread.delete", thread_id)
    assert indexed(forum) == {("春天", thread_id)}
    staff.does("thread.purge", thread_id)
    assert indexed(forum) == set()


def test_following_twice_changes_nothing(forum):
    thread_id = post(forum, forum.member(), "春天 摄影").thread_id
    before = indexed(forum)
    with unit_of_work(forum.database) as uow:
        follow_tags(uow, [thread_id, thread_id])

    assert indexed(forum) == before


def test_known_tags_are_not_judged_again(forum):
    words(forum, "代购={MOD}")
    who = forum.actor(forum.member())
    with unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        checked = checked_tags(uow.session, who, "代购 春天", most=5, known=("代购",))

    assert checked.names == ("代购", "春天")
    assert checked.held_by == ()


def test_new_tags_given_by_many_at_once_are_made_once(forum):
    authors = [forum.member(f"作者{n}") for n in range(6)]
    orders = ["春天 夏天 秋天", "秋天 夏天 春天"]

    with ThreadPoolExecutor(6) as pool:
        made = list(
            pool.map(lambda n: post(forum, authors[n], orders[n % 2], title=f"第 {n} 个"), range(6))
        )

    assert indexed(forum) == {
        (name, ref.thread_id) for ref in made for name in ("春天", "夏天", "秋天")
    }
    with forum.read() as s:
        assert len(s.scalars(select(Tag.id)).all()) == 3


def test_a_bulk_action_costs_the_index_a_few_statements_however_many_threads(forum, staff):
    counts = []
    for number in (2, 40):
        ids = [forum.thread(tags=f"单个{number}x{n},共同") for n in range(number)]
        with unit_of_work(forum.database) as uow:
            follow_tags(uow, ids)
        with unit_of_work(forum.database) as uow:
            for thread in uow.session.scalars(select(Thread).where(Thread.id.in_(ids))):
                thread.tags = "共同,新来"
            uow.session.flush()  # threads.tags
            with recorded_statements() as statements:
                follow_tags(uow, ids)
        counts.append(len(statements))

    assert counts[1] <= counts[0] <= 7
