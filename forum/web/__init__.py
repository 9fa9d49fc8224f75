"""The pages. One blueprint per feature; `BLUEPRINTS` is the list of them."""

from flask import Blueprint

from forum.web import (
    accounts,
    announcements,
    boards,
    feeds,
    guide,
    legacy,
    members,
    moderation,
    moderation_panel,
    notices,
    points,
    posts,
    reports,
    search,
    settings,
    threads,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    boards.pages,
    guide.pages,
    members.pages,
    announcements.pages,
    feeds.pages,
    threads.pages,
    posts.pages,
    points.pages,
    notices.pages,
    reports.pages,
    moderation.pages,
    moderation_panel.pages,
    legacy.pages,
    search.pages,
    accounts.pages,
    settings.pages,
)
