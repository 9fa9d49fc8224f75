"""What moderators do: the registry of actions and the one door to them.

Importing an action's file puts it into the registry; each stands here once.
"""

from forum.commands.moderation import member_cleaning as member_cleaning
from forum.commands.moderation import member_punishing as member_punishing
from forum.commands.moderation import network_bans as network_bans
from forum.commands.moderation import post_editing as post_editing
from forum.commands.moderation import post_queue as post_queue
from forum.commands.moderation import post_states as post_states
from forum.commands.moderation import post_warnings as post_warnings
from forum.commands.moderation import thread_closing as thread_closing
from forum.commands.moderation import thread_deletion as thread_deletion
from forum.commands.moderation import thread_marks as thread_marks
from forum.commands.moderation import thread_merging as thread_merging
from forum.commands.moderation import thread_moving as thread_moving
from forum.commands.moderation import thread_places as thread_places
from forum.commands.moderation import thread_tags as thread_tags
from forum.commands.moderation.conflicts import Conflict
from forum.commands.moderation.perform import Done, perform
from forum.commands.moderation.previewing import Preview, preview
from forum.commands.moderation.undo import Undone, conflicts_of, undo, undo_preview
from forum.modlog.registry import ACTIONS

__all__ = [
    "ACTIONS",
    "Conflict",
    "Done",
    "Preview",
    "Undone",
    "conflicts_of",
    "perform",
    "preview",
    "undo",
    "undo_preview",
]
