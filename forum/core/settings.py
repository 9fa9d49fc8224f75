"""How are settings typed, stored and read? Sections are frozen dataclasses; a row holds a section."""

import dataclasses
import types
import typing
from datetime import timedelta
from typing import Any, TypeVar

S = TypeVar("S")


def encode_section(section: Any) -> dict[str, Any]:
    """A section as JSON: durations become seconds, tuples become lists."""
    return {item.name: _encode(getattr(section, item.name)) for item in dataclasses.fields(section)}


def decode_section(kind: type[S], stored: dict[str, Any]) -> S:
    """A section from JSON. Unknown keys are dropped, absent ones keep their default."""
    hints = typing.get_type_hints(kind)
    names = {item.name for item in dataclasses.fields(kind)}  # type: ignore[arg-type]
    values = {name: _decode(hints[name], value) for name, value in stored.items() if name in names}
    return kind(**values)


def _encode(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return encode_section(value)
    if isinstance(value, tuple):
        return [_encode(item) for item in value]
    return value


def _decode(hint: Any, value: Any) -> Any:
    if hint is timedelta:
        return timedelta(seconds=value)
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_decode(inner, item) for item in value)
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        return _decode(typing.get_args(hint)[0], value)
    if dataclasses.is_dataclass(hint):
        return decode_section(hint, value)  # type: ignore[arg-type]
    return value
