"""How does an action get into the registry? By a decorator over its plan."""

from collections.abc import Callable
from typing import Any

from forum.models import TargetKind
from forum.modlog.registry import Action, Group, NoOptions, register

Plan = Callable[[Any, Any, Any], None]


def action(
    key: str,
    label: str,
    undo_label: str,
    *,
    targets: TargetKind,
    permission: str,
    group: Group,
    options: type[Any] = NoOptions,
    family: str = "",
    **more: Any,
) -> Callable[[Plan], Action]:
    """Register the decorated plan `(planner, target, options) -> None` as an action.

    :param undo_label: what the log calls taking it back.
    :param more: the other fields of modlog/registry.py Action.
    """

    def enter(plan: Plan) -> Action:
        return register(
            Action(
                key=key,
                label=label,
                undo_label=undo_label,
                targets=targets,
                permission=permission,
                group=group,
                plan=plan,
                options=options,
                family=family or key,
                **more,
            )
        )

    return enter
