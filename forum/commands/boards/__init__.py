"""Shaping the board tree: its boards, their texts, moderators, permission lists and thread types."""

from forum.commands.boards.moderators import appoint_moderator, order_moderators, remove_moderator
from forum.commands.boards.permissions import set_permission_lists
from forum.commands.boards.texts import edit_board_texts
from forum.commands.boards.tree import (
    BoardDraft,
    create_board,
    delete_board,
    edit_board,
    order_boards,
)
from forum.commands.boards.types import TypeDraft, set_thread_types

__all__ = [
    "BoardDraft",
    "TypeDraft",
    "appoint_moderator",
    "create_board",
    "delete_board",
    "edit_board",
    "edit_board_texts",
    "order_boards",
    "order_moderators",
    "remove_moderator",
    "set_permission_lists",
    "set_thread_types",
]
