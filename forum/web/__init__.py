"""The pages. One blueprint per feature; `BLUEPRINTS` is the list of them."""

from flask import Blueprint

from forum.web import boards, legacy, search, threads

BLUEPRINTS: tuple[Blueprint, ...] = (boards.pages, threads.pages, legacy.pages, search.pages)
