"""Marking threads: sticky, digest, highlight, stamps and icons, recommendations."""

from dataclasses import dataclass
from typing import Any

from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.core.errors import Invalid
from forum.models import TargetKind, Thread, ThreadState
from forum.modlog.marks import ICONS, STAMPS, STAMPS_OF_MARKS
from forum.modlog.registry import Choice, Group, asked
from forum.policies.permissions import May
from forum.policies.verdict import Refusal, refused

SHOWN = frozenset({ThreadState.VISIBLE})


def mark(planner: Planner, thread: Thread, **after: Any) -> None:
    """Set fields of a thread; the mark among them that is new brings its stamp, and takes it along
    when it goes. A stamp that was chosen by hand since stays, and is not in the way of an undo.
    """
    planner.change(thread, **after)
    if not planner.site.settings.moderation.stamps_by_marks:
        return
    for column, stamp in STAMPS_OF_MARKS.items():
        had, has = bool(getattr(thread, column)), bool(after.get(column, getattr(thread, column)))
        if has and not had:
            planner.derive(thread, stamp=stamp)
        elif had and not has and thread.stamp == stamp:
            planner.derive(thread, stamp="")


@dataclass(frozen=True)
class StickOptions:
    level: int = asked(
        "Sticky level", Choice.LEVEL, 1,
        values=(
            ("0", "Not sticky"), ("1", "Sticky in this board"), ("2", "Sticky in this category"),
            ("3", "Sticky everywhere"),
        ),
    )  # fmt: skip


@action(
    "thread.stick", "Stick", "Undo sticking",
    targets=TargetKind.THREAD, permission=May.STICK, group=Group.MARK, options=StickOptions,
    is_bulk=True, takes_expiry=True, states=SHOWN, level_option="level", level_column="sticky_level",
    icon="pin", ends_as=StickOptions(0), mark_columns=("sticky_level",),
)  # fmt: skip
def stick(planner: Planner, thread: Thread, options: StickOptions) -> None:
    """置顶: 1 in the board, 2 in the category, 3 everywhere; 0 ends it."""
    _within_level(planner, May.STICK, thread.sticky_level)
    mark(planner, thread, sticky_level=options.level)
    planner.tell(thread.author_id)


@dataclass(frozen=True)
class DigestOptions:
    level: int = asked(
        "Digest level", Choice.LEVEL, 1,
        values=(("0", "No digest"), ("1", "Digest I"), ("2", "Digest II"), ("3", "Digest III")),
    )  # fmt: skip


@action(
    "thread.digest", "Digest", "Undo the digest",
    targets=TargetKind.THREAD, permission=May.DIGEST, group=Group.MARK, options=DigestOptions,
    is_bulk=True, takes_expiry=True, states=SHOWN, level_option="level", level_column="digest_level",
    icon="digest", ends_as=DigestOptions(0), mark_columns=("digest_level",),
)  # fmt: skip
def digest(planner: Planner, thread: Thread, options: DigestOptions) -> None:
    """精华: the rule pays for each level gained; what a lost level was paid is taken back."""
    _within_level(planner, May.DIGEST, thread.digest_level)
    gained = options.level - thread.digest_level
    mark(planner, thread, digest_level=options.level)
    subject = f"thread:{thread.id}"
    if gained > 0:
        planner.pay(
            "thread.digested",
            member_id=thread.author_id,
            subject=subject,
            once_key=f"thread.digested:{thread.id}:{thread.version}",
            times=gained,
            board_id=thread.board_id,
        )
    elif gained < 0:
        planner.reverse_rule(subject, "thread.digested", None if options.level == 0 else -gained)
    planner.tell(thread.author_id)


def _within_level(planner: Planner, key: str, level: int) -> None:
    """What a higher one set is not for a lower one to take away."""
    allowed = planner.actor.permission(key)
    if level > allowed:
        refused(Refusal.LEVEL_TOO_HIGH, allowed=allowed).require()


@dataclass(frozen=True)
class HighlightOptions:
    color: int = asked("Colour", Choice.COLOR, 0)
    background: int = asked("Background", Choice.COLOR, 0)
    bold: bool = asked("Bold", Choice.FLAG, False)
    italic: bool = asked("Italic", Choice.FLAG, False)
    underline: bool = asked("Underline", Choice.FLAG, False)


@action(
    "thread.highlight", "Highlight", "Undo the highlight",
    targets=TargetKind.THREAD, permission=May.HIGHLIGHT, group=Group.MARK,
    options=HighlightOptions, is_bulk=True, takes_expiry=True, states=SHOWN, icon="palette",
    ends_as=HighlightOptions(),
    mark_columns=(
        "highlight_color", "highlight_background", "highlight_bold", "highlight_italic",
        "highlight_underline",
    ),
)  # fmt: skip
def highlight(planner: Planner, thread: Thread, options: HighlightOptions) -> None:
    """高亮: colour, background, bold, italic, underline of the title; nothing chosen ends it."""
    planner.change(
        thread,
        highlight_color=options.color,
        highlight_background=options.background,
        highlight_bold=options.bold,
        highlight_italic=options.italic,
        highlight_underline=options.underline,
    )
    planner.tell(thread.author_id)


@dataclass(frozen=True)
class StampOptions:
    stamp: str = asked("Stamp", Choice.PICK, "", values=STAMPS)


@action(
    "thread.stamp", "Stamp", "Undo the stamp",
    targets=TargetKind.THREAD, permission=May.STAMP, group=Group.MARK, options=StampOptions,
    is_bulk=True, takes_expiry=True, states=SHOWN, icon="check", ends_as=StampOptions(),
    mark_columns=("stamp",),
)  # fmt: skip
def put_stamp(planner: Planner, thread: Thread, options: StampOptions) -> None:
    """图章: a mark over the opening post."""
    _known(options.stamp, STAMPS, "stamp")
    planner.change(thread, stamp=options.stamp)
    planner.tell(thread.author_id)


@dataclass(frozen=True)
class IconOptions:
    icon: str = asked("Icon", Choice.PICK, "", values=ICONS)


@action(
    "thread.icon", "Icon", "Undo the icon",
    targets=TargetKind.THREAD, permission=May.ICON, group=Group.MARK, options=IconOptions,
    is_bulk=True, takes_expiry=True, states=SHOWN, icon="flag", ends_as=IconOptions(),
    mark_columns=("icon",),
)  # fmt: skip
def put_icon(planner: Planner, thread: Thread, options: IconOptions) -> None:
    """图标: a mark before the title in the list."""
    _known(options.icon, ICONS, "icon")
    planner.change(thread, icon=options.icon)
    planner.tell(thread.author_id)


def _known(value: str, offered: tuple[tuple[str, str], ...], field: str) -> None:
    if all(value != one for one, _ in offered):
        raise Invalid("choice_unknown", field=field)


@dataclass(frozen=True)
class RecommendOptions:
    recommends: bool = asked("Recommend", Choice.FLAG, True)


@action(
    "thread.recommend", "Recommend", "Undo the recommendation",
    targets=TargetKind.THREAD, permission=May.RECOMMEND, group=Group.MARK,
    options=RecommendOptions, is_bulk=True, takes_expiry=True, states=SHOWN, icon="heart",
    ends_as=RecommendOptions(False), mark_columns=("is_recommended",),
)  # fmt: skip
def recommend(planner: Planner, thread: Thread, options: RecommendOptions) -> None:
    """推荐: among the board's recommended threads."""
    mark(planner, thread, is_recommended=options.recommends)
    planner.tell(thread.author_id)
