"""The expected failures. They carry a key and data; sentences are made in http/errors.py."""

from typing import Any


class ForumError(Exception):
    """Something a visitor can be told. `key` names the sentence, `data` fills it."""

    status = 400

    def __init__(self, key: str, **data: Any) -> None:
        super().__init__(key)
        self.key = key
        self.data = data


class NotFound(ForumError):
    """There is no such thing, or its existence is secret from the actor."""

    status = 404


class Forbidden(ForumError):
    """A policy refused. `key` is the refusal's name (policies/verdict.py)."""

    status = 403


class Invalid(ForumError):
    """What was sent breaks a rule. `field` names the form field it belongs to."""

    status = 422

    def __init__(self, key: str, *, field: str = "", **data: Any) -> None:
        super().__init__(key, **data)
        self.field = field


class Taken(Invalid):
    """A value that must be unique is in use."""

    status = 422

    def __init__(self, field: str, **data: Any) -> None:
        super().__init__(f"taken_{field}", field=field, **data)


class TooSoon(Invalid):
    """A limit in time was hit. `retry_after_s` says how many seconds to wait."""

    status = 429

    def __init__(self, key: str, *, retry_after_s: int, **data: Any) -> None:
        super().__init__(key, retry_after_s=retry_after_s, **data)
        self.retry_after_s = retry_after_s


class Conflict(ForumError):
    """The state no longer is what the action was asked for."""

    status = 409
