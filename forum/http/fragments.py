"""Which parts of pages need not be drawn again? What a macro drew from the same arguments.

A component gets arguments and nothing else, so its arguments and the language say all of it:
`{{ fragment(author_panel, author, url) }}` is `{{ author_panel(author, url) }}`, drawn once. The
arguments must be hashable (frozen dataclasses, strings, numbers); anything that changes with the
clock or the reader has to be among them, already worked out.
"""

from functools import lru_cache
from typing import Any

from flask import Flask
from markupsafe import Markup

from forum.http.language import current_locale

# A floor is some 3 kB: at most about 12 MB a process.
MOST = 4096


@lru_cache(maxsize=MOST)
def _drawn(macro: Any, _locale: str, *arguments: Any) -> Markup:
    drawn: Markup = macro(*arguments)
    return drawn


def fragment(macro: Any, *arguments: Any) -> Markup:
    """What `macro(*arguments)` draws, from memory when it has been drawn before.

    :raises TypeError: an argument cannot be compared.
    """
    return _drawn(macro, current_locale(), *arguments)


def forget() -> None:
    """Draw everything anew from now on; for tests."""
    _drawn.cache_clear()


def init_app(app: Flask) -> None:
    _drawn.cache_clear()
    app.jinja_env.globals["fragment"] = fragment
