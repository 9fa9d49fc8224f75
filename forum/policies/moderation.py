"""May the actor do a moderator's action to a thread, a post, a member? Undo one? See the log?
Announce something? Write the texts of a board?"""

from typing import Protocol

from forum.models.boards import BoardKind
from forum.models.members import MemberState
from forum.models.posts import PostState
from forum.models.threads import ThreadState
from forum.policies.actor import BANNED_GROUP, Actor, Rank, outranks
from forum.policies.admin import may_change_site
from forum.policies.boards import TargetFacts
from forum.policies.permissions import THREADS_DIRECT, May
from forum.policies.threads import ThreadFacts, may_read_thread
from forum.policies.verdict import ALLOWED, Refusal, Verdict, refused

# Bits of May.REASON
REASON_REQUIRED = 1
NOTICE_REQUIRED = 2


class ActionFacts(Protocol):
    """What these questions need to know of an action (modlog/registry.py)."""

    @property
    def permission(self) -> str: ...
    @property
    def also_permission(self) -> str: ...
    @property
    def minds_rank(self) -> bool: ...
    @property
    def many_permission(self) -> str: ...
    @property
    def least_rank(self) -> int: ...
    @property
    def states(self) -> frozenset[str]: ...
    @property
    def thread_states(self) -> frozenset[str]: ...
    @property
    def replaces_punishment(self) -> bool: ...


class MemberFacts(Protocol):
    """A member somebody would act on."""

    @property
    def id(self) -> int: ...
    @property
    def group_id(self) -> int: ...
    @property
    def state(self) -> MemberState: ...


def may_use(actor: Actor, action: ActionFacts, *, level: int = 1) -> Verdict:
    """Has the actor the action's right at all, up to this level?"""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.is_staff:
        return refused(Refusal.MODERATORS_ONLY)
    if actor.rank < action.least_rank:
        return refused(Refusal.ADMINISTRATORS_ONLY)
    allowed = actor.permission(action.permission)
    if not allowed or (action.also_permission and not actor.permission(action.also_permission)):
        return refused(Refusal.GROUP, group=actor.group_title)
    if level > allowed:
        return refused(Refusal.LEVEL_TOO_HIGH, allowed=allowed)
    return ALLOWED


def may_do_to_so_many(actor: Actor, action: ActionFacts, *, count: int, most: int) -> Verdict:
    """Do it to this many at once, when a page of a list shows `most`."""
    if not action.many_permission or count <= most or actor.permission(action.many_permission):
        return ALLOWED
    return refused(Refusal.TOO_MANY, most=most)


def may_moderate_thread(
    actor: Actor,
    action: ActionFacts,
    thread: ThreadFacts,
    *,
    level: int = 1,
    author_rank: Rank = Rank.MEMBER,
) -> Verdict:
    """Do it to a thread: readable, in one's own board, within one's level, in a state it fits."""
    readable = may_read_thread(actor, thread)
    if not readable:
        return readable
    if not actor.moderates(thread.board_id):
        return refused(Refusal.SIGN_IN if actor.is_guest else Refusal.MODERATORS_ONLY)
    usable = may_use(actor, action, level=level)
    if not usable:
        return usable
    if action.minds_rank and not _may_act_on(actor, thread.author_id, author_rank):
        return refused(Refusal.OUTRANKED)
    if action.states and thread.state not in action.states:
        return refused(_wrong_state(thread.state))
    return ALLOWED


def may_moderate_post(
    actor: Actor,
    action: ActionFacts,
    thread: ThreadFacts,
    *,
    author_id: int,
    state: PostState,
    author_rank: Rank = Rank.MEMBER,
) -> Verdict:
    """Do it to a post, in a thread whose state the action knows: most only know visible ones."""
    readable = may_read_thread(actor, thread)
    if not readable:
        return readable
    if not actor.moderates(thread.board_id):
        return refused(Refusal.SIGN_IN if actor.is_guest else Refusal.MODERATORS_ONLY)
    usable = may_use(actor, action)
    if not usable:
        return usable
    if action.minds_rank and not _may_act_on(actor, author_id, author_rank):
        return refused(Refusal.OUTRANKED)
    if thread.state not in action.thread_states:
        return refused(_wrong_state(thread.state))
    if action.states and state not in action.states:
        return refused(_wrong_state(state))
    return ALLOWED


def may_moderate_member(
    actor: Actor, action: ActionFacts, member: MemberFacts, *, rank: Rank
) -> Verdict:
    """Do it to a member: never to oneself, never to an equal or a higher one."""
    usable = may_use(actor, action)
    if not usable:
        return usable
    if member.id == actor.member_id or not outranks(actor.rank, rank):
        return refused(Refusal.OUTRANKED)
    is_shut_out = member.group_id == BANNED_GROUP or member.state is MemberState.LOCKED
    if is_shut_out and action.replaces_punishment:
        return may_lift_bans(actor)
    return ALLOWED


def may_lift_bans(actor: Actor) -> Verdict:
    """Put something else in the place of a ban, or take a ban back: who may ban. Muting the banned
    would let them in again, and take only the right to mute."""
    return ALLOWED if actor.permission(May.BAN) else refused(Refusal.PUNISHED_HARDER)


def may_give_back_to_oneself(
    actor: Actor, *, entry_id: int, decider_id: int | None, decider_rank: Rank
) -> Verdict:
    """Take back what was decided about oneself or what one wrote: one's own decisions, and those of who
    stands below. The others are to be appealed; who has nobody above has nobody to appeal to.

    :param decider_id: None = the schedule.
    """
    if decider_id in (None, actor.member_id) or actor.rank is Rank.FOUNDER:
        return ALLOWED
    if outranks(actor.rank, decider_rank):
        return ALLOWED
    return refused(Refusal.AGAINST_ONESELF, entry_id=entry_id)


def may_bring_threads_to(actor: Actor, board: TargetFacts) -> Verdict:
    """Move or copy a thread into a board: one that holds threads, and where one may post; where
    threads are read first, without waiting oneself."""
    if board.id not in actor.readable:
        return refused(Refusal.NOT_VISIBLE)
    if not board.holds_threads:
        return refused(Refusal.NOT_POSTABLE)
    if actor.rank < Rank.SUPER_MODERATOR and board.id not in actor.startable:
        return refused(Refusal.BOARD, group=actor.group_title)
    is_direct = actor.permission(May.POST_DIRECTLY) & THREADS_DIRECT
    if board.premoderation and not (is_direct or actor.moderates(board.id)):
        return refused(Refusal.PREMODERATED)
    return ALLOWED


def may_see_log(actor: Actor) -> Verdict:
    """Read the log of the boards one moderates."""
    return _staff_with(actor, May.SEE_LOG)


class BatchFacts(Protocol):
    """A large action."""

    @property
    def actor_id(self) -> int | None: ...


def may_see_batch(actor: Actor, batch: BatchFacts) -> Verdict:
    """Follow how far a large action is: one's own. The schedule is nobody, and so are guests."""
    if actor.member_id is not None and actor.member_id == batch.actor_id:
        return ALLOWED
    return may_see_all_batches(actor)


def may_see_all_batches(actor: Actor) -> Verdict:
    """Follow everybody's large actions. That there are any is not for the others."""
    return ALLOWED if actor.rank >= Rank.ADMINISTRATOR else refused(Refusal.NOT_VISIBLE)


def may_see_punished(actor: Actor) -> Verdict:
    """See the panel's list of who is muted, banned or locked: who could do one of it."""
    return _staff_with(actor, May.MUTE, May.BAN)


def may_ban_networks(actor: Actor) -> Verdict:
    """See and change which networks are shut out."""
    return _staff_with(actor, May.BAN_NETWORK)


class AnnouncementFacts(Protocol):
    """What is asked of an announcement."""

    @property
    def author_id(self) -> int | None: ...


def may_announce(actor: Actor) -> Verdict:
    """公告 in the moderators' panel."""
    return _staff_with(actor, May.ANNOUNCE)


def may_create_announcement(actor: Actor) -> Verdict:
    """Announce something, from either panel."""
    return may_change_site(actor) or may_announce(actor)


def may_change_announcement(actor: Actor, announcement: AnnouncementFacts) -> Verdict:
    """Change, end or delete one: administrators any, the others their own."""
    if may_change_site(actor):
        return ALLOWED
    usable = may_announce(actor)
    if not usable:
        return usable
    if announcement.author_id != actor.member_id:
        return refused(Refusal.NOT_YOURS)
    return ALLOWED


class TextsFacts(Protocol):
    """What is asked of a board whose texts somebody would write."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> BoardKind: ...
    @property
    def moderators_edit_rules(self) -> bool: ...


def may_edit_boards(actor: Actor) -> Verdict:
    """编辑版块 in the moderators' panel, at all."""
    return _staff_with(actor, May.EDIT_BOARDS)


def may_edit_board_texts(actor: Actor, board: TextsFacts) -> Verdict:
    """Write the description of a board one moderates. Categories are the administrators' own."""
    if board.id not in actor.readable:
        return refused(Refusal.NOT_VISIBLE)
    usable = may_edit_boards(actor)
    if not usable:
        return usable
    if not actor.moderates(board.id):
        return refused(Refusal.MODERATORS_ONLY)
    if board.kind is BoardKind.CATEGORY:
        return refused(Refusal.ADMINISTRATORS_ONLY)
    return ALLOWED


def may_edit_board_rules(actor: Actor, board: TextsFacts) -> Verdict:
    """Write its rules too: where the board leaves them to its moderators; administrators anywhere."""
    usable = may_edit_board_texts(actor, board)
    if not usable:
        return usable
    if not (board.moderators_edit_rules or actor.rank >= Rank.ADMINISTRATOR):
        return refused(Refusal.ADMINISTRATORS_ONLY)
    return ALLOWED


def may_enter_moderation(actor: Actor) -> Verdict:
    """Open the moderators' panel."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.is_staff:
        return refused(Refusal.MODERATORS_ONLY)
    return ALLOWED


def _staff_with(actor: Actor, *permissions: str) -> Verdict:
    """One of the rights will do."""
    if actor.is_guest:
        return refused(Refusal.SIGN_IN)
    if not actor.is_staff:
        return refused(Refusal.MODERATORS_ONLY)
    if not any(actor.permission(one) for one in permissions):
        return refused(Refusal.GROUP, group=actor.group_title)
    return ALLOWED


def _may_act_on(actor: Actor, author_id: int, author_rank: Rank) -> bool:
    return actor.member_id == author_id or outranks(actor.rank, author_rank)


def _wrong_state(state: str) -> Refusal:
    if state == ThreadState.RECYCLED:
        return Refusal.RECYCLED
    if state in (ThreadState.PENDING, ThreadState.IGNORED):
        return Refusal.PENDING
    return Refusal.WRONG_STATE
