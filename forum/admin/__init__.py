"""The control panel: one guarded blueprint, one file per page group, in the order of the menu."""

from forum.admin import (
    board_parts,
    boards,
    groups,
    home,
    members,
    operation,
    points,
    settings,
    tags,
    tools,
)
from forum.admin.registry import pages

__all__ = [
    "board_parts",
    "boards",
    "groups",
    "home",
    "members",
    "operation",
    "pages",
    "points",
    "settings",
    "tags",
    "tools",
]
