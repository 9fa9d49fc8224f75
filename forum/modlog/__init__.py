"""The append-only log of moderation: what an action did, how it is taken back, how it is sealed."""

from forum.modlog.registry import ACTIONS, Action, Choice, Group, Option, action_of

__all__ = ["ACTIONS", "Action", "Choice", "Group", "Option", "action_of"]
