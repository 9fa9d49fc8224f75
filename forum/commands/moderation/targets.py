"""Which rows does an action mean, and may the actor do it to each of them?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from forum.core.errors import Invalid, NotFound
from forum.core.uow import UnitOfWork
from forum.models import Member, NetworkBan, Post, TargetKind, Thread
from forum.modlog.registry import Action
from forum.policies.actor import Actor, Rank
from forum.policies.boards import TargetFacts, types_offered
from forum.policies.moderation import (
    may_bring_threads_to,
    may_moderate_member,
    may_moderate_post,
    may_moderate_thread,
    may_use,
)
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused
from forum.queries.actors import ranks_of
from forum.queries.site import Site

CHUNK = 500
_MODELS: dict[TargetKind, Any] = {
    TargetKind.THREAD: Thread,
    TargetKind.POST: Post,
    TargetKind.MEMBER: Member,
    TargetKind.NETWORK: NetworkBan,
}


@dataclass(frozen=True)
class PostTarget:
    """A post with its thread."""

    post: Post
    thread: Thread

    @property
    def id(self) -> int:
        return self.post.id


Target = Thread | PostTarget | Member | NetworkBan


@dataclass
class Targets:
    """What was found, in ascending order of threads. `companions`: other threads the options name, as
    far as they exist."""

    found: list[Target]
    companions: dict[int, Thread]
    ranks: dict[int, Rank]  # of the members concerned

    @property
    def threads(self) -> list[Thread]:
        """The threads concerned, each once."""
        threads = {one.id: one for one in self.companions.values()}
        for one in self.found:
            thread = thread_of(one)
            if thread is not None:
                threads[thread.id] = thread
        return [threads[thread_id] for thread_id in sorted(threads)]


def thread_of(target: Target) -> Thread | None:
    """The thread a target is, or is in."""
    if isinstance(target, PostTarget):
        return target.thread
    return target if isinstance(target, Thread) else None


def title_of(target: Target) -> str:
    """What the log calls a target."""
    thread = thread_of(target)
    if thread is not None:
        return thread.title
    if isinstance(target, NetworkBan):
        return target.network
    assert isinstance(target, Member)
    return target.name


def author_of(target: Target) -> int:
    """The member a target belongs to, or is."""
    if isinstance(target, PostTarget):
        return target.post.author_id
    if isinstance(target, NetworkBan):
        return 0
    return target.author_id if isinstance(target, Thread) else target.id


def load_targets(
    s: Session,
    site: Site,
    action: Action,
    ids: Sequence[int],
    *,
    companion_ids: Iterable[int] = (),
    uow: UnitOfWork | None = None,
    skips_gone: bool = False,
) -> Targets:
    """Read the targets; with a unit of work, lock them too: threads by id, then posts, then members.

    :param skips_gone: leave out those that do not exist any more.
    :raises NotFound: one of them does not exist.
    """
    wanted = sorted(set(ids))
    if skips_gone:
        wanted = sorted(_rows(s, _MODELS[action.targets], wanted, lock=False))
    posts: dict[int, Post] = {}
    thread_ids = set(companion_ids)
    if action.targets is TargetKind.THREAD:
        thread_ids |= set(wanted)
    elif action.targets is TargetKind.POST:
        for part in _parts(wanted):
            rows = s.execute(select(Post.id, Post.thread_id).where(Post.id.in_(part))).all()
            thread_ids |= {row.thread_id for row in rows}
    threads = _rows(s, Thread, thread_ids, lock=uow is not None)
    found: list[Target] = []
    if action.targets is TargetKind.THREAD:
        found = [_one(threads, one) for one in wanted]
    elif action.targets is TargetKind.POST:
        posts = _rows(s, Post, wanted, lock=uow is not None)
        found = [
            PostTarget(_one(posts, one), threads[_one(posts, one).thread_id]) for one in wanted
        ]
    elif action.targets is TargetKind.MEMBER:
        locks = uow is not None and not action.locks_threads_first
        members = _rows(s, Member, wanted, lock=locks)
        found = [_one(members, one) for one in wanted]
    elif action.targets is TargetKind.NETWORK:
        bans = _rows(s, NetworkBan, wanted, lock=uow is not None)
        found = [_one(bans, one) for one in wanted]
    companions = {one: threads[one] for one in companion_ids if one in threads}
    authors = {author_of(one) for one in (*found, *companions.values())}
    return Targets(found, companions, ranks_of(s, site, authors))


def _one(rows: dict[int, Any], row_id: int) -> Any:
    if row_id not in rows:
        raise NotFound("not_found")
    return rows[row_id]


def _rows(s: Session, model: Any, ids: Iterable[int], *, lock: bool) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for part in _parts(sorted(set(ids))):
        statement = select(model).where(model.id.in_(part)).order_by(model.id)
        if lock:
            statement = statement.with_for_update(key_share=True).execution_options(
                populate_existing=True
            )
        found.update({row.id: row for row in s.scalars(statement)})
    return found


def verdict_on(
    actor: Actor, action: Action, target: Target, ranks: dict[int, Rank], level: int
) -> Verdict:
    """May the actor do the action to this target?"""
    rank = ranks.get(author_of(target), Rank.MEMBER)
    if isinstance(target, Thread):
        return may_moderate_thread(actor, action, target, level=level, author_rank=rank)
    if isinstance(target, PostTarget):
        return may_moderate_post(
            actor,
            action,
            target.thread,
            author_id=target.post.author_id,
            state=target.post.state,
            author_rank=rank,
        )
    if isinstance(target, NetworkBan):
        return may_use(actor, action)
    return may_moderate_member(actor, action, target, rank=rank)


def options_verdict(actor: Actor, site: Site, action: Action, options: Any) -> Verdict:
    """May the actor use the second place the options name? Types must be of that board."""
    board_id = getattr(options, "board_id", None)
    if board_id is None:
        return ALLOWED
    board: TargetFacts | None = site.boards.get(board_id)
    if board is None:
        return refused(Refusal.NOT_VISIBLE)
    return may_bring_threads_to(actor, board)


def require_type(actor: Actor, site: Site, board_id: int, type_id: int | None) -> None:
    """A thread type must be one of the board's, and one the actor may give.

    :raises Invalid: "type_unknown", or "type_required" where the board asks for one.
    """
    board = site.boards[board_id]
    offered = types_offered(actor, board)
    if type_id is None:
        # The schedule ends what it was told to end.
        if board.types_required and offered and actor.member_id is not None:
            raise Invalid("type_required", field="type_id")
        return
    if all(one.id != type_id for one in offered):
        raise Invalid("type_unknown", field="type_id")


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    for at in range(0, len(ids), CHUNK):
        yield ids[at : at + CHUNK]
