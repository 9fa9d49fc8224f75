"""The pages. One blueprint per feature; `BLUEPRINTS` is the list of them."""

from flask import Blueprint

from forum.web import (
    accounts,
    announcements,
    appeals,
    boards,
    feeds,
    guide,
    legacy,
    members,
    message_reports,
    messages,
    moderation,
    moderation_panel,
    moderation_public,
    notices,
    panel_announcements,
    panel_boards,
    points,
    posts,
    queue,
    reports,
    search,
    settings,
    tags,
    threads,
    words,
)

# Their pages hang on the blueprint of moderation_panel, behind its password.
IN_THE_PANEL = (queue, message_reports, words, panel_announcements, panel_boards)

BLUEPRINTS: tuple[Blueprint, ...] = (
    boards.pages,
    guide.pages,
    members.pages,
    announcements.pages,
    feeds.pages,
    threads.pages,
    tags.pages,
    posts.pages,
    points.pages,
    notices.pages,
    messages.pages,
    reports.pages,
    moderation.pages,
    moderation_panel.pages,
    moderation_public.pages,
    appeals.pages,
    legacy.pages,
    search.pages,
    accounts.pages,
    settings.pages,
)
