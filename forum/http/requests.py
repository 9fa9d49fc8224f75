"""What may a request say? No NUL, which no text of ours holds and PostgreSQL refuses; no number beyond both databases."""

from typing import Any

from flask import Flask, Request, request
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from forum.core.errors import NotFound

MOST = 9007199254740991


class Parameters(ImmutableMultiDict[str, Any]):
    """Fields of an address or of a form, without the NULs that no browser sends."""

    def __init__(self, mapping: Any = None) -> None:
        if isinstance(mapping, list):
            mapping = [(_without_nul(name), _without_nul(value)) for name, value in mapping]
        super().__init__(mapping)

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:  # type: ignore[override]
        # What is missing raises inside of werkzeug, which a page without parameters did six times.
        return super().get(key, default, type) if key in self else default


def _without_nul(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


class CleanRequest(Request):
    """A request whose parameters are `Parameters`."""

    parameter_storage_class = Parameters


def number_in(values: MultiDict[str, Any], name: str) -> int | None:
    """A positive number that both databases can hold, or None where there is no such one."""
    value: int | None = values.get(name, type=int)
    return value if value is not None and 0 < value <= MOST else None


def init_app(app: Flask) -> None:
    @app.before_request
    def no_such_path() -> None:
        if "\0" in request.path:
            raise NotFound("not_found")
