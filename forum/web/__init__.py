"""The pages. One blueprint per feature; `BLUEPRINTS` is the list of them."""

from flask import Blueprint

from forum.web import threads

BLUEPRINTS: tuple[Blueprint, ...] = (threads.pages,)
