"""Whatever moderators do, undone in reverse order, leaves the tables as they were."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import select

from forum.commands.counters import recount_boards, recount_members, recount_threads
from forum.commands.moderation import ACTIONS, perform, preview, undo
from forum.commands.moderation.expiry import due_entries, end_entry
from forum.commands.moderation.member_cleaning import CleanOptions
from forum.commands.moderation.network_bans import NetworkOptions, ban_network
from forum.commands.moderation.perform import Done
from forum.commands.moderation.post_editing import EditOptions
from forum.commands.moderation.post_states import BlockOptions, PinOptions
from forum.commands.moderation.post_warnings import WarnOptions
from forum.commands.moderation.thread_marks import (
    DigestOptions,
    HighlightOptions,
    IconOptions,
    RecommendOptions,
    StampOptions,
    StickOptions,
)
from forum.commands.moderation.thread_merging import MergeOptions, SplitOptions
from forum.commands.moderation.thread_moving import MoveOptions
from forum.commands.moderation.thread_places import CopyOptions, TypeOptions
from forum.commands.moderation.thread_tags import TagOptions
from forum.commands.points import pay_rule
from forum.commands.posts import reply_to_thread
from forum.commands.tags import follow_tags
from forum.core.cache import CacheName
from forum.core.errors import ForumError
from forum.core.uow import unit_of_work
from forum.markup import RENDERER_VERSION, render
from forum.models import (
    Board,
    Member,
    MemberPoints,
    ModLogEntry,
    ModLogTarget,
    NetworkBan,
    Post,
    PostState,
    PostWarning,
    TargetKind,
    Thread,
    ThreadState,
    ThreadTag,
    ThreadType,
)
from forum.modlog.effects import MovePosts, Pay, ReverseTransfers, Rewrite, decode
from forum.queries.counters import all_differences
from forum.queries.site import site_of
from tests.factories import FIRST_BOARD_ID, FOUNDER_ID

# What counts changes and is not taken back; ledger rows are compared by their balances.
# Today's number says how much came today, whatever became of it; so does a deletion leave it.
NOT_COMPARED = {
    "version", "last_log_id", "unread_notice_count", "today_post_count", "yesterday_post_count", "today_on",
}  # fmt: skip


class Abandoned(Exception):
    """Rolls the example's work back."""


def tables(s):
    """Every row that moderators' actions touch, without what only counts changes."""
    found = {}
    for model in (Thread, ThreadTag, Post, Member, Board, PostWarning, NetworkBan):
        columns = [c for c in model.__table__.columns if c.key not in NOT_COMPARED]
        found[model.__tablename__] = sorted(tuple(row) for row in s.execute(select(*columns)))
    balances = s.execute(select(MemberPoints.member_id, MemberPoints.kind_id, MemberPoints.amount))
    found["points"] = sorted(tuple(row) for row in balances if row.amount)
    return found


@dataclass(frozen=True)
class World:
    """What there is: threads of any state and size, some of whose posts wait, and a banned network."""

    boards: list[int]
    people: list[int]
    types: dict[int, int]  # by board
    threads: tuple[int, ...] = ()
    posts: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    bans: tuple[int, ...] = ()

    def ids(self, kind, *, threads):
        """Ids to draw targets from: those of the first threads, and what actions may still make."""
        if kind is TargetKind.THREAD:
            return [*self.threads[:threads], self.threads[-1] + 1, self.threads[-1] + 2]
        if kind is TargetKind.NETWORK:
            return [*self.bans, self.bans[-1] + 1]
        if kind is TargetKind.MEMBER:
            return self.people
        return [*self.posts[: 21 * threads // 8], self.posts[-1] + 1]


@pytest.fixture
def people_and_boards(forum):
    """Two boards with a type each, three members."""
    other = forum.board("别处")
    people = [forum.member(name) for name in ("王小明", "李雷", "韩梅梅")]
    with unit_of_work(forum.database) as uow:
        for type_id, board_id in ((5, FIRST_BOARD_ID), (6, other)):
            uow.session.add(ThreadType(id=type_id, board_id=board_id, name="求助"))
        uow.bump(CacheName.SITE)
    return World([FIRST_BOARD_ID, other], people, {FIRST_BOARD_ID: 5, other: 6})


THREAD_STATES = [
    *[ThreadState.VISIBLE] * 6, ThreadState.PENDING, ThreadState.IGNORED, ThreadState.RECYCLED,
]  # fmt: skip
POST_STATES = [
    *[PostState.VISIBLE] * 5, PostState.PENDING, PostState.IGNORED, PostState.RECYCLED,
]  # fmt: skip


def drawn_world(draw, uow, world):
    """Threads as a forum may have them, every counter and payment as commands would have left it."""
    s = uow.session
    number_of_threads = draw(st.integers(4, 8))
    for number in range(number_of_threads):
        _make_thread(draw, uow, world, number)
    s.add(NetworkBan(network="198.51.100.9", reason="爬虫", created_at=uow.now))
    s.flush()
    threads = tuple(s.scalars(select(Thread.id).order_by(Thread.id)))
    posts = s.scalars(select(Post).order_by(Post.id)).all()
    tagged = s.scalars(select(Thread).where(Thread.tags != "")).all()
    follow_tags(uow, [thread.id for thread in tagged])
    for recount in (recount_threads, recount_boards, recount_members):
        recount(uow)
    shown = {one.id for one in s.scalars(select(Thread).where(Thread.state == ThreadState.VISIBLE))}
    for post in posts:
        if post.state is PostState.VISIBLE and post.thread_id in shown:
            rule = "thread.posted" if post.floor == 1 else "post.replied"
            pay_rule(uow, rule, member_id=post.author_id, subject=f"post:{post.id}", once_key=f"{rule}:{post.id}")  # fmt: skip
    found = World(
        world.boards,
        world.people,
        world.types,
        threads,
        tuple(post.id for post in posts),
        tuple(
            post.id for post in posts if post.state in (PostState.PENDING, PostState.IGNORED)
        ) or (posts[0].id,),
        tuple(s.scalars(select(NetworkBan.id))),
    )  # fmt: skip
    s.flush()
    s.expire_all()
    note(found)
    return found


def _make_thread(draw, uow, world, number):
    s = uow.session
    board_id, author = draw(st.sampled_from(world.boards)), draw(st.sampled_from(world.people))
    state = draw(st.sampled_from(THREAD_STATES))
    began, waits = (
        uow.now - timedelta(hours=9 - number),
        state in (ThreadState.PENDING, ThreadState.IGNORED),
    )
    name = s.get_one(Member, author).name
    is_shown = state is ThreadState.VISIBLE
    thread = Thread(
        board_id=board_id, author_id=author, author_name=name, title=f"第 {number} 帖", state=state,
        former_state=ThreadState.VISIBLE if state is ThreadState.RECYCLED else None,
        type_id=draw(st.sampled_from([None, world.types[board_id]])),
        is_closed=draw(st.booleans()), sticky_level=draw(st.sampled_from([0, 0, 0, 1, 3])) if is_shown else 0,
        tags=draw(st.sampled_from(["", "春天,摄影", "春天,旧物,Python,三月"])),
        read_access=draw(st.sampled_from([0, 0, 20])),
        created_at=began, last_post_at=began, last_poster_id=author, last_poster_name=name,
    )  # fmt: skip
    s.add(thread)
    s.flush()  # thread.id
    replies = 0 if waits else draw(st.integers(0, 5))
    states = [PostState(state.value) if waits else PostState.VISIBLE]
    states += [draw(st.sampled_from(POST_STATES)) for _ in range(replies)]
    for floor, post_state in enumerate(states, 1):
        words = f"第 {floor} 楼，路过看看。"
        post = Post(
            thread_id=thread.id, floor=floor, author_id=author if floor == 1 else draw(st.sampled_from(world.people)),
            state=post_state, source=words, html=render(words).html, renderer_version=RENDERER_VERSION,
            created_at=began + timedelta(seconds=floor - 1), address="192.0.2.1",
        )  # fmt: skip
        s.add(post)
        s.flush()  # post.id
        if floor == 1:
            thread.first_post_id = post.id
    thread.last_floor = len(states)
    s.flush()


NETWORKS = ["192.0.2.0/24", "203.0.113.7", "198.51.100.9"]


def options_for(draw, world):
    """(action, options) as a moderator might choose them."""
    boards, flag = world.boards, st.booleans()
    level = st.integers(0, 3)
    color = st.integers(0, 8)
    choices = {
        "thread.stick": st.builds(StickOptions, level),
        "thread.digest": st.builds(DigestOptions, level),
        "thread.highlight": st.builds(HighlightOptions, color, color, flag, flag, flag),
        "thread.stamp": st.builds(StampOptions, st.sampled_from(["", "hot", "digest"])),
        "thread.icon": st.builds(IconOptions, st.sampled_from(["", "hot", "new"])),
        "thread.tag": st.builds(
            TagOptions,
            st.sampled_from(["add", "take", "only"]),
            st.sampled_from(["", "春天", "摄影，PYTHON", "旧物 a1 b2 c3 d4"]),
        ),
        "thread.recommend": st.builds(RecommendOptions, flag),
        "thread.move": st.builds(MoveOptions, st.sampled_from(boards), st.none(), flag),
        "thread.copy": st.builds(CopyOptions, st.sampled_from(boards)),
        "thread.type": st.builds(TypeOptions, st.sampled_from([None, *world.types.values()])),
        "thread.merge": st.builds(MergeOptions, st.sampled_from(world.threads)),
        "thread.split": st.builds(
            SplitOptions, st.sampled_from(["2", "2-3", "3,5", "4-9"]), st.just("分出来的")
        ),
        "post.edit": st.builds(
            EditOptions,
            st.sampled_from(
                ["改成这样", "[b]改成那样[/b]", "[img]https://img.example/a.png[/img]"]
            ),
            st.sampled_from(["", "换个标题"]),
        ),
        "post.block": st.builds(BlockOptions, flag),
        "post.pin": st.builds(PinOptions, flag),
        "post.warn": st.builds(WarnOptions, flag),
        "member.clean": st.builds(CleanOptions, flag, flag, flag),
        "network.ban": st.sampled_from(NETWORKS),
    }
    keys = sorted(key for key, action in ACTIONS.items() if not action.is_final)
    key = draw(st.sampled_from(keys))
    return key, draw(choices.get(key, st.none()))


@dataclass(frozen=True)
class Drawn:
    """An action as somebody asks for it. A network that is to be banned is its options."""

    key: str
    ids: list[int]
    options: object
    expires_at: datetime | None


def drawn_action(draw, world, actor, *, threads=8, at_least=1):
    """An action; the fewer threads, the more often actions meet."""
    key, options = options_for(draw, world)
    action = ACTIONS[key]
    most = min(
        action.most_targets, {TargetKind.POST: 4, TargetKind.THREAD: 3}.get(action.targets, 2)
    )
    ids = world.ids(action.targets, threads=threads)
    if action.family == "post.approval":
        ids = world.waiting
    least = (
        min(at_least, most, len(ids))
        if action.targets in (TargetKind.THREAD, TargetKind.POST)
        else 1
    )
    targets = draw(st.lists(st.sampled_from(ids), min_size=least, max_size=most, unique=True))
    until = draw(st.sampled_from([None, None, 3, 30])) if action.takes_expiry else None
    expires_at = actor.now + timedelta(days=until) if until is not None else None
    return Drawn(key, targets, options or action.options(), expires_at)


def tried(uow, actor, site, action):
    """What a preview shows and what is done then, as effects and the entry; (None, None) where it is refused."""
    s, key, until = uow.session, action.key, action.expires_at
    try:
        with s.begin_nested():
            if key == "network.ban":
                entry_id = ban_network(uow, actor, NetworkOptions(action.options), expires_at=until)
                effects = tuple(map(decode, s.get_one(ModLogEntry, entry_id).effects))
                return effects, Done(entry_id, effects)
            shown = preview(
                s, actor, site, key, action.ids, action.options, now=uow.now, expires_at=until
            )
            made = perform(uow, actor, key, action.ids, action.options, expires_at=until)
            return shown.planned.effects, made
    except ForumError:
        s.expire_all()
        return None, None


def undone_in_part(uow, actor, entry_id, only=None):
    """What of an entry can be taken back now is; None where nothing can."""
    uow.now += timedelta(seconds=1)
    try:
        with uow.session.begin_nested():
            return undo(uow, actor, entry_id, partial=True, only=only)
    except ForumError:
        uow.session.expire_all()
        return None


def replied(uow, actor, thread_id):
    """Somebody replies meanwhile, where one may."""
    try:
        with uow.session.begin_nested():
            ref = reply_to_thread(uow, actor, thread_id=thread_id, source=f"又来一楼 {uow.now}")
    except ForumError as error:
        ref = error
    uow.session.flush()
    uow.session.expire_all()
    return ref


def standing(s):
    """Entries of which something is not taken back, newest first; reversals are none."""
    return s.scalars(
        select(ModLogEntry.id)
        .where(
            ModLogEntry.is_reversal.is_(False),
            select(ModLogTarget.entry_id)
            .where(ModLogTarget.entry_id == ModLogEntry.id, ModLogTarget.undone_by_id.is_(None))
            .exists(),
        )
        .order_by(ModLogEntry.id.desc())
    ).all()


# Shrinking and explaining trace every line, which takes minutes here: the steps are printed instead.
RANDOM = settings(
    max_examples=25,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@RANDOM
@given(data=st.data())
def test_undone_in_reverse_order_everything_is_as_before(forum, people_and_boards, data):
    founder = forum.actor(FOUNDER_ID)
    done = []
    with suppress(Abandoned), unit_of_work(forum.database) as uow:
        forum.database.cache.refresh(uow.session)
        site = site_of(uow.session)
        world = drawn_world(data.draw, uow, people_and_boards)
        assert stale_counters(uow.session) == []
        before = [tables(uow.session)]
        for _ in range(data.draw(st.integers(1, 6))):
            uow.now += timedelta(seconds=1)
            action = drawn_action(data.draw, world, founder)
            shown, made = tried(uow, founder, site, action)
            if made is None:
                continue
            assert comparable(shown) == comparable(made.effects)
            note(f"{made.entry_id}: {action}")
            done.append(made.entry_id)
            uow.session.flush()
            uow.session.expire_all()
            before.append(tables(uow.session))
        for entry_id in reversed(done):
            expected = before[done.index(entry_id)]
            undo(uow, founder, entry_id)
            uow.session.flush()
            uow.session.expire_all()
            found = tables(uow.session)
            for name in expected:
                assert found[name] == expected[name], (name, entry_id)
        assert stale_counters(uow.session) == []
        raise Abandoned


@RANDOM
@given(data=st.data())
def test_undone_in_parts_and_any_order_nothing_else_is_touched(forum, people_and_boards, data):
    founder = forum.actor(FOUNDER_ID)
    with suppress(Abandoned), unit_of_work(forum.database) as uow:
        s = uow.session
        forum.database.cache.refresh(s)
        site = site_of(s)
        world = drawn_world(data.draw, uow, people_and_boards)
        start = tables(s)
        entries = []
        schedule = data.draw(st.booleans())  # what it ends stays ended
        replies = data.draw(st.booleans())  # later replies are no conflict, but they stay
        for _ in range(data.draw(st.integers(6, 14))):
            uow.now += timedelta(seconds=1)
            if replies and not data.draw(st.integers(0, 3)):
                note(replied(uow, founder, data.draw(st.sampled_from(world.threads))))
                assert stale_counters(s) == []
                continue
            if schedule and not data.draw(st.integers(0, 4)):
                came_by(uow)
                assert stale_counters(s) == []
                continue
            if not entries or data.draw(st.integers(0, 2)):
                action = drawn_action(data.draw, world, founder, threads=5, at_least=2)
                _, made = tried(uow, founder, site, action)
                before = None
            else:
                action = data.draw(st.sampled_from(entries)), data.draw(some_ids(world))
                before = tables(s)
                made = undone_in_part(uow, founder, *action)
            if made is None:
                continue
            note(f"{made.entry_id}: {action}")
            entries.append(made.entry_id)
            s.flush()
            s.expire_all()
            assert stale_counters(s) == [], made.entry_id
            if before is not None:
                assert touched(before, tables(s)) <= named(made.effects), made.entry_id

        while any(undone_in_part(uow, founder, one) for one in standing(s)):
            s.flush()
            s.expire_all()
            assert stale_counters(s) == []

        if not standing(s) and not replies and not schedule:
            assert differences(start, tables(s)) == {}
        raise Abandoned


def came_by(uow):
    """The schedule ends what is due four days later."""
    uow.now += timedelta(days=4)
    for due in due_entries(uow.session, uow.now):
        note(f"the schedule: {due}")
        end_entry(uow, due)
    uow.session.flush()
    uow.session.expire_all()


def some_ids(world):
    """Targets of an undo: all of them, or those among these."""
    ids = sorted({*world.threads, *world.posts, *world.people, *world.bans})
    return st.none() | st.lists(st.sampled_from(ids), min_size=len(ids) // 2, unique=True)


def stale_counters(s):
    return [one for one in all_differences(s) if one.column != "unread_notice_count"]


def differences(before, after):
    """By table, the rows that are there only before, and only after."""
    return {
        name: (
            sorted(set(before[name]) - set(after[name])),
            sorted(set(after[name]) - set(before[name])),
        )
        for name in before
        if before[name] != after[name]
    }


def touched(before, after):
    """(table, id) of the rows that differ, but for what follows: boards' last posts, totals."""
    return {
        (name, row[0])
        for name in ("threads", "posts", "post_warnings")
        for row in set(before[name]) ^ set(after[name])
    }


def named(effects):
    """(table, id) of the rows effects speak of."""
    found = {(one.table, one.id) for one in effects if hasattr(one, "table")}
    for one in effects:
        if isinstance(one, MovePosts):
            found |= {("threads", one.from_thread), ("threads", one.to_thread)}
            found |= {("posts", post_id) for post_id, _, _ in one.moves}
    return found


def comparable(effects):
    """Effects without what is known only once they are made: new ids, transfers made."""
    return sorted(map(_comparable, effects))


def _comparable(effect):
    if isinstance(effect, ReverseTransfers):
        return repr(("reverse", effect.ids))
    if isinstance(effect, Pay):
        return repr(("pay", effect.rule, effect.member_id, effect.times))
    if isinstance(effect, Rewrite):
        return repr(("rewrite", effect.id, effect.before, effect.after))
    values = {
        name: value
        for name, value in vars(effect).items()
        if name not in ("id", "to_thread", "moves")
    }
    text = repr((type(effect).__name__, values))
    return (
        text if "thread_id" not in text and "first_post_id" not in text else type(effect).__name__
    )
