"""The thread page and what hangs on it: print view, neighbours, floors."""

from flask import Blueprint

pages = Blueprint("threads", __name__)
