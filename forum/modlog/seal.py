"""With which key is the log sealed, and where is its newest head kept outside the database?"""

import fcntl
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from forum.core.config import Config

HEAD_FILE = "modlog.head"
INFO_KEY = "modlog_seal"


@dataclass(frozen=True)
class Head:
    """The newest entry of the chain as somebody remembers it."""

    entry_id: int
    hash: str


@dataclass(frozen=True)
class Seal:
    """The key of the chain, derived from the installation's secret, and the file beside the database."""

    key: bytes
    head_path: Path | None = None

    def over(self, content: dict[str, Any]) -> str:
        """The HMAC of canonical JSON."""
        return hmac.new(self.key, canonical(content), hashlib.sha256).hexdigest()

    def remember(self, head: Head) -> None:
        """Keep the head outside the database. An older one never replaces a newer.

        :raises OSError: the folder cannot be written.
        """
        if self.head_path is None:
            return
        descriptor = os.open(self.head_path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # several processes commit at once
            known = self._read(file.read())
            if known is not None and known.entry_id >= head.entry_id:
                return
            file.seek(0)
            file.truncate()
            file.write(f"{head.entry_id} {head.hash} {self._mark(head)}\n")
            file.flush()
            os.fsync(file.fileno())

    def remembered(self) -> Head | None:
        """The head in the file; None when there is none.

        :raises ValueError: somebody else wrote the file.
        """
        if self.head_path is None or not self.head_path.exists():
            return None
        text = self.head_path.read_text("ascii", errors="replace")
        head = self._read(text)
        if head is None and text.strip():
            raise ValueError(f"{self.head_path.name} was not written by this forum")
        return head

    def _read(self, text: str) -> Head | None:
        parts = text.split()
        if len(parts) != 3 or not parts[0].isdecimal():
            return None
        head = Head(int(parts[0]), parts[1])
        return head if hmac.compare_digest(self._mark(head), parts[2]) else None

    def _mark(self, head: Head) -> str:
        return self.over({"head": head.entry_id, "hash": head.hash})


def canonical(content: dict[str, Any]) -> bytes:
    """JSON that comes out alike after a round through either database."""
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def seal_for(config: Config) -> Seal:
    """The seal of an installation."""
    key = hmac.new(config.secret_key.encode(), b"louceng modlog 1", hashlib.sha256).digest()
    return Seal(key, config.data_dir / HEAD_FILE)


def seal_of(session: Session) -> Seal:
    """The seal of a session's database; hung there by the factory."""
    seal: Seal = session.info["database"].info[INFO_KEY]
    return seal
