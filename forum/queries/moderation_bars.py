"""Which of the moderators' buttons and boxes does a page show? Those whose deed the policies allow."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from forum.models import PostState, TargetKind, ThreadState
from forum.modlog.registry import ACTIONS, Action
from forum.policies.actor import Actor, Rank
from forum.policies.moderation import (
    MemberFacts,
    may_moderate_member,
    may_moderate_post,
    may_moderate_thread,
    may_use,
)
from forum.policies.threads import ThreadFacts
from forum.queries.site import Site

Ranks = Mapping[int, Rank]
NO_RANKS: Ranks = MappingProxyType({})


class ListedThread(ThreadFacts, Protocol):
    """A thread of a list."""

    @property
    def id(self) -> int: ...


class ListedPost(Protocol):
    """A post of a list."""

    @property
    def id(self) -> int: ...
    @property
    def floor(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def state(self) -> PostState: ...


class ListedMember(MemberFacts, Protocol):
    """A member whose space somebody looks at."""

    @property
    def rank(self) -> Rank: ...


@dataclass(frozen=True)
class Bar:
    """The buttons below a list, and what of the list has a box beside it."""

    actions: tuple[Action, ...] = field(default=(), hash=False)
    ids: frozenset[int] = frozenset()


NO_BAR = Bar()


def bin_actions(actor: Actor, kind: TargetKind) -> tuple[Action, ...]:
    """The actions on many threads, or posts, of the recycle bin the actor has the right to. No statement."""
    recycled = ThreadState.RECYCLED if kind is TargetKind.THREAD else PostState.RECYCLED
    return tuple(
        action for action in _of_kind(actor, kind) if action.is_bulk and recycled in action.states
    )


def may_do_to_thread(
    site: Site, actor: Actor, action: Action, thread: ThreadFacts, rank: Rank = Rank.MEMBER
) -> bool:
    """Would the deed be allowed, and do anything?"""
    level = action.level_on(thread)
    allowed = may_moderate_thread(actor, action, thread, level=level, author_rank=rank)
    return bool(allowed) and action.has_work_on(site, actor, thread)


def may_do_to_post(
    site: Site,
    actor: Actor,
    action: Action,
    thread: ThreadFacts,
    post: ListedPost,
    rank: Rank = Rank.MEMBER,
) -> bool:
    """Would the deed be allowed, and do anything?"""
    allowed = may_moderate_post(
        actor, action, thread, author_id=post.author_id, state=post.state, author_rank=rank
    )
    return bool(allowed) and action.has_work_on(site, actor, post)


def threads_bar(
    site: Site, actor: Actor, threads: Iterable[ListedThread], ranks: Ranks = NO_RANKS
) -> Bar:
    """The bar of a list of threads. No statement.

    :param ranks: of the authors; asked again when it is done.
    """
    if not actor.is_staff:
        return NO_BAR
    actions = [one for one in _of_kind(actor, TargetKind.THREAD) if one.is_bulk]
    return _bar(
        actions,
        [
            (thread.id, _thread_question(site, actor, thread, ranks))
            for thread in threads
            if actor.moderates(thread.board_id)
        ],
    )


def posts_bar(
    site: Site,
    actor: Actor,
    posts: Iterable[tuple[ThreadFacts, ListedPost]],
    ranks: Ranks = NO_RANKS,
) -> Bar:
    """The bar of a list of posts, each with its thread. No statement."""
    if not actor.is_staff:
        return NO_BAR
    return _bar(
        _of_kind(actor, TargetKind.POST),
        [
            (post.id, _post_question(site, actor, thread, post, ranks))
            for thread, post in posts
            if actor.moderates(thread.board_id)
        ],
    )


def member_actions(site: Site, actor: Actor, member: ListedMember) -> tuple[Action, ...]:
    """The actions a member's space offers. No statement."""
    if not actor.is_staff:
        return ()
    return tuple(
        action
        for action in _of_kind(actor, TargetKind.MEMBER)
        if may_moderate_member(actor, action, member, rank=member.rank)
        and action.has_work_on(site, actor, member)
    )


def _of_kind(actor: Actor, kind: TargetKind) -> list[Action]:
    return [
        action
        for action in ACTIONS.values()
        if action.targets is kind
        and not action.site_wide
        and not action.own_button
        and may_use(actor, action)
    ]


Question = Callable[[Action], bool]


def _thread_question(site: Site, actor: Actor, thread: ListedThread, ranks: Ranks) -> Question:
    rank = ranks.get(thread.author_id, Rank.MEMBER)
    return lambda action: may_do_to_thread(site, actor, action, thread, rank)


def _post_question(
    site: Site, actor: Actor, thread: ThreadFacts, post: ListedPost, ranks: Ranks
) -> Question:
    rank = ranks.get(post.author_id, Rank.MEMBER)
    return lambda action: may_do_to_post(site, actor, action, thread, post, rank)


def _bar(actions: Sequence[Action], asked: Sequence[tuple[int, Question]]) -> Bar:
    """A button that fits one target at least, a box that fits one button at least."""
    offered: set[str] = set()
    ids: set[int] = set()
    for target_id, may in asked:
        fitting = [action.key for action in actions if may(action)]
        if fitting:
            ids.add(target_id)
            offered.update(fitting)
    return Bar(tuple(one for one in actions if one.key in offered), frozenset(ids))
