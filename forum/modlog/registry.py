"""Which actions do moderators have? The registry; commands/moderation fills it by decorators.

One entry is everything an action needs to appear everywhere: its permission row, button, bulk bar,
options form, route, log line and undo come from it.
"""

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from forum.models import TargetKind, ThreadState


class Group(enum.StrEnum):
    """Where in the bars an action stands, as Discuz! groups its dialogs."""

    MARK = "mark"  # 置顶 高亮 精华 推荐 图章
    PLACE = "place"  # 移动 分类 升降 复制 合并 分割
    STATE = "state"  # 关闭 打开
    REMOVE = "remove"  # 删除 恢复 清除
    POST = "post"
    MEMBER = "member"


class Choice(enum.StrEnum):
    """What kind of question an option asks; the form and the template know each."""

    LEVEL = "level"  # 0 to the permission's value
    COLOR = "color"  # 0 to 8
    FLAG = "flag"
    BOARD = "board"  # one the actor may bring threads to
    TYPE = "type"  # a thread type: of the board asked for, else of the target's own
    THREAD = "thread"  # the id of another thread
    FLOORS = "floors"  # a list of floors: 2,5,7-9
    TEXT = "text"
    MESSAGE = "message"  # a post's text
    PICK = "pick"  # one of `values`
    DAYS = "days"
    NETWORK = "network"


@dataclass(frozen=True)
class Option:
    """A field of an action's options dataclass, as forms ask for it. `label` is a msgid."""

    name: str
    label: str
    choice: Choice
    default: Any
    values: tuple[tuple[str, str], ...] = ()  # (value, msgid) of a PICK
    is_required: bool = False
    max_length: int = 0


@dataclass(frozen=True)
class Action:
    """One entry.

    :param permission: the key of policies/rights.txt; its value is the highest level allowed.
    :param also_permission: the key of a second right it takes.
    :param plan: (Planner, target, options) -> None; says what would happen. Writes nothing.
    :param family: entries of one family on one target replace each other (stick and its end date).
    :param minds_rank: it takes something from its author, so not on that of a member of equal or
        higher rank. One's own is always one's own.
    :param many_permission: the right it needs besides on more targets than a page of a list shows.
    :param least_rank: a policies/actor.py Rank it needs besides the permission.
    :param states: the states of a thread, or of a post, it may be done in.
    :param thread_states: the states of the thread of such a post.
    :param locks_threads_first: it touches a member's threads, so the members are locked after those.
    :param ends_as: options that are the resting state a timed entry ends in when it changed nothing
        but an end.
    :param ends_by: the action whose resting state that is, where it is another one.
    :param end_column: the column of its target that holds the end.
    :param level_option: the option that holds the level asked for, where the permission has levels.
    :param level_column: the column of its target that holds the level it has now: what a higher one
        set is not for a lower one to change.
    :param present_column: the column of its target that its page tells beside the title.
    :param mark_columns: the columns of its target that hold the mark it gives: while one of them is set,
        lists tell who gave it.
    :param fits: (Site, Actor, target) -> whether there is anything to do on a target, by what lists
        know of it; where there is not, no button offers it.
    :param is_long: its work grows with a thread's posts; on a long thread it is done in pieces.
    :param site_wide: it has a page of its own and stands in no bar.
    :param own_button: the link beside its target is its button; it stands in no bar.
    :param unlogged: options the log does not keep.
    :param replaces_punishment: what it does to a member takes the place of a ban, so it needs that right.
    :param rows_apart: what it does to one row hangs on no other row of the target: a partial undo leaves
        only the rows alone that something is in the way of.
    :param bins: what it puts into the recycle bin: threads, posts.
    :param unbins: what it takes out of there; taking that back puts it there again.
    :param announces: it shows posts that nobody was told of yet: whom they concern is told, once.
    """

    key: str
    label: str
    undo_label: str
    targets: TargetKind
    permission: str
    group: Group
    plan: Callable[[Any, Any, Any], None]
    options: type[Any]
    family: str
    is_bulk: bool = False
    is_destructive: bool = False
    takes_expiry: bool = False
    is_final: bool = False
    minds_rank: bool = False
    many_permission: str = ""
    least_rank: int = 0
    states: frozenset[str] = frozenset()
    thread_states: frozenset[str] = frozenset({ThreadState.VISIBLE})
    ends_as: Any = None
    ends_by: str = ""
    end_column: str = ""
    icon: str = ""
    level_option: str = ""
    most_targets: int = 1000
    site_wide: bool = False
    is_long: bool = False
    locks_threads_first: bool = False
    level_column: str = ""
    present_column: str = ""
    mark_columns: tuple[str, ...] = ()
    fits: Callable[[Any, Any, Any], bool] | None = None
    own_button: bool = False
    unlogged: frozenset[str] = frozenset()
    rows_apart: bool = False
    bins: frozenset[TargetKind] = frozenset()
    unbins: frozenset[TargetKind] = frozenset()
    announces: bool = False
    also_permission: str = ""
    replaces_punishment: bool = False

    @property
    def fields(self) -> tuple[Option, ...]:
        """What its form asks for."""
        return tuple(
            field.metadata["option"](field.name, _default(field))
            for field in dataclasses.fields(self.options)
            if "option" in field.metadata
        )

    @property
    def has_rest(self) -> bool:
        """Whether there is a resting state a timed entry can end in."""
        return self.ends_as is not None or bool(self.ends_by)

    def has_work_on(self, site: Any, actor: Any, target: Any) -> bool:
        """Whether it would do anything on a target, by the fields one can see."""
        return self.fits is None or self.fits(site, actor, target)

    def marks(self, target: Any) -> bool:
        """Whether a target carries the mark it gives."""
        return any(getattr(target, column) for column in self.mark_columns)

    def level_on(self, target: Any) -> int:
        """The level of its permission that changing what the target has now needs."""
        return max(1, getattr(target, self.level_column)) if self.level_column else 1

    def level_of(self, options: Any) -> int:
        """The level of its permission these options need."""
        return max(1, getattr(options, self.level_option)) if self.level_option else 1

    def rests(self, values: Mapping[str, Any]) -> bool:
        """Do the options of a log row take the mark or the block away, rather than give it?"""
        return self.ends_as is not None and bool(self.options_from(values) == self.ends_as)

    def options_from(self, values: Mapping[str, Any]) -> Any:
        """The options of a log row or a batch. Unknown names are dropped."""
        known = {field.name for field in dataclasses.fields(self.options)}
        return self.options(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in values.items()
                if name in known
            }
        )


def _default(field: "dataclasses.Field[Any]") -> Any:
    return None if field.default is dataclasses.MISSING else field.default


def asked(
    label: str,
    choice: Choice,
    default: Any = dataclasses.MISSING,
    *,
    values: Iterable[tuple[str, str]] = (),
    is_required: bool = False,
    max_length: int = 0,
) -> Any:
    """A field of an options dataclass that the form asks for."""

    def option(name: str, default: Any) -> Option:
        return Option(name, label, choice, default, tuple(values), is_required, max_length)

    return dataclasses.field(default=default, metadata={"option": option})


@dataclass(frozen=True)
class NoOptions:
    """An action that asks nothing."""


ACTIONS: dict[str, Action] = {}


def register(action: Action) -> Action:
    """Put an entry in.

    :raises ValueError: the key is taken.
    """
    if action.key in ACTIONS:
        raise ValueError(f"action {action.key} stands twice")
    ACTIONS[action.key] = action
    return action


def action_of(key: str) -> Action:
    """The entry.

    :raises KeyError: there is none.
    """
    return ACTIONS[key]
