"""The pages. One blueprint per feature; `BLUEPRINTS` is the list of them."""

from flask import Blueprint

from forum.web import accounts, boards, legacy, search, settings, threads

BLUEPRINTS: tuple[Blueprint, ...] = (
    boards.pages,
    threads.pages,
    legacy.pages,
    search.pages,
    accounts.pages,
    settings.pages,
)
