"""Where do uploaded files lie? A folder of files whose names we made, never the visitor."""

import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_NAME = re.compile(r"[a-z0-9_-]+(?:/[a-z0-9_-]+)*(?:\.[a-z0-9]+)?\Z")


class Files(Protocol):
    """A store of files by name. Names are like `avatars/3f/3f09-big.webp`."""

    def write(self, name: str, content: bytes) -> None: ...

    def read(self, name: str) -> bytes | None: ...

    def remove(self, name: str) -> None: ...

    def names(self, folder: str) -> Iterator[tuple[str, datetime]]: ...


class LocalFiles:
    """Files below one folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise ValueError("not a name of ours")
        return self._root / name

    def write(self, name: str, content: bytes) -> None:
        """Store a file; one of the same name is replaced in one step."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        draft.write_bytes(content)
        draft.replace(path)

    def read(self, name: str) -> bytes | None:
        """The content, or None when there is no such file."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Delete a file; one that is gone already is no error."""
        self._path(name).unlink(missing_ok=True)

    def names(self, folder: str) -> Iterator[tuple[str, datetime]]:
        """All files below a folder with the time they were last written."""
        for place, _, found in os.walk(self._path(folder)):
            for file_name in found:
                path = Path(place) / file_name
                name = path.relative_to(self._root).as_posix()
                if _NAME.match(name):
                    yield name, datetime.fromtimestamp(path.stat().st_mtime, UTC)
