"""标签 given and taken by moderators."""

from dataclasses import dataclass

from forum.commands.moderation.planning import Planner
from forum.commands.moderation.registry import action
from forum.commands.tags import split_tags, tags_without_queue
from forum.core.errors import Invalid
from forum.core.names import tag_key
from forum.models import TargetKind, Thread, ThreadState
from forum.modlog.registry import Choice, Group, asked
from forum.policies.permissions import May
from forum.queries.tags import SEPARATOR, tag_rules_of

SHOWN = frozenset({ThreadState.VISIBLE})
HOW = (("add", "Add these tags"), ("take", "Take these tags away"), ("only", "Only these tags"))


@dataclass(frozen=True)
class TagOptions:
    how: str = asked("What to do", Choice.PICK, "add", values=HOW)
    tags: str = asked("Tags", Choice.TEXT, "", max_length=400)


@action(
    "thread.tag", "Tags", "Undo the change of tags",
    targets=TargetKind.THREAD, permission=May.MANAGE_TAGS, group=Group.MARK, options=TagOptions,
    is_bulk=True, states=SHOWN, icon="tag", present_column="tags",
    fits=lambda site, _actor, _thread: site.settings.posting.tags_per_thread > 0,
)  # fmt: skip
def change_tags(planner: Planner, thread: Thread, options: TagOptions) -> None:
    """标签: added to the thread's, taken from them, or put in their place."""
    shown = tag_rules_of(planner.session).shown(thread.tags)
    if options.how == "take":
        gone = {tag_key(name) for name in split_tags(options.tags)}
        left = tuple(name for name in shown if tag_key(name) not in gone)
    elif options.how in ("add", "only"):
        most = planner.site.settings.posting.tags_per_thread
        typed = planner.remembered(
            "typed",
            lambda: tags_without_queue(planner.session, planner.actor, options.tags, most=most),
        )
        left = united(shown, typed) if options.how == "add" else typed
        if len(left) > max(most, len(shown)):
            raise Invalid("too_many_tags", field="tags", most=most)
    else:
        raise Invalid("choice_unknown", field="how")
    if left != shown:
        planner.change(thread, tags=SEPARATOR.join(left))
    planner.tell(thread.author_id)


def united(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[str, ...]:
    """Both, each tag once, these first."""
    known = {tag_key(name) for name in these}
    return (*these, *(name for name in those if tag_key(name) not in known))
