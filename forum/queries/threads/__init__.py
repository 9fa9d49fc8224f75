"""Read models of the thread page. One function = one page part = a fixed number of statements."""

from forum.queries.threads.facts import FoundThread, LastAction, ThreadHead, find_thread
from forum.queries.threads.moderation import (
    ModerationBar,
    ThreadHistory,
    moderation_bar,
    thread_history,
)
from forum.queries.threads.opening import Mark, OpenedThread, open_thread
from forum.queries.threads.page import PostCard, ThreadPage, thread_page
from forum.queries.threads.places import (
    PostPlace,
    highest_floor,
    neighbour_thread,
    place_at_floor,
    place_of_last_post,
    place_of_post,
)
from forum.queries.threads.plain import PlainPost, PlainThread, opening_post, printed_thread

__all__ = [
    "FoundThread", "LastAction", "Mark", "ModerationBar", "OpenedThread", "PlainPost", "PlainThread", "PostCard", "PostPlace",
    "ThreadHead", "ThreadHistory", "ThreadPage", "find_thread", "highest_floor", "moderation_bar",
    "neighbour_thread", "open_thread", "opening_post",
    "place_at_floor", "place_of_last_post", "place_of_post", "printed_thread", "thread_history",
    "thread_page",
]  # fmt: skip
