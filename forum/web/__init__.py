"""The pages. One blueprint per feature; `BLUEPRINTS` is the list of them."""

from flask import Blueprint

from forum.web import boards, threads

BLUEPRINTS: tuple[Blueprint, ...] = (boards.pages, threads.pages)
