"""The production server of a forum that was just started for the first time, and its database."""

import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from forum.core.cache import CacheName
from forum.core.config import load_config
from forum.core.db import Database
from forum.core.passwords import hash_password
from forum.core.uow import unit_of_work
from forum.models import BoardModerator, MemberState, Setting
from forum.modlog.seal import INFO_KEY as SEAL_KEY
from forum.modlog.seal import seal_for
from tests.factories import Forum

ROOT = Path(__file__).parents[2]
PASSWORD = "four plain words here"
STARTED = re.compile(r"^The forum is at (\S+)/$", re.M)


@dataclass
class Server:
    """Where the forum is, what its first start said, and its rows for building scenes."""

    address: str
    said: str
    forum: Forum
    password_hash: str = field(default_factory=lambda: hash_password(PASSWORD))
    numbers: count = field(default_factory=lambda: count(1))

    @property
    def founder_password(self) -> str:
        found = re.search(r"^One-time password: (\S+)", self.said, re.M)
        assert found, self.said
        return found[1]

    def name(self, start: str = "访客") -> str:
        """A name nobody has yet."""
        return f"{start}{next(self.numbers)}"

    def member(self, name: str | None = None, **columns: Any) -> tuple[int, str]:
        """An account that logs in with PASSWORD: its id and name."""
        name = name or self.name("会员")
        return self.forum.member(name, password_hash=self.password_hash, **columns), name

    def moderator(self, *board_ids: int) -> str:
        """The name of a moderator of the boards, who logs in with PASSWORD."""
        member_id, name = self.member(self.name("版主"), group_id=3)
        with unit_of_work(self.forum.database) as uow:
            uow.session.add_all(
                BoardModerator(board_id=board_id, member_id=member_id, appointed_at=uow.now)
                for board_id in board_ids
            )
            uow.bump(CacheName.SITE)
        return name

    def founder(self) -> str:
        """The name of one more founder, who logs in with PASSWORD."""
        return self.member(self.name("创始人"), group_id=1, is_founder=True)[1]

    def unclaimed(self) -> int:
        """An account as an import leaves it: nobody can log in to it."""
        return self.forum.member(self.name("未认领"), state=MemberState.UNCLAIMED)

    def thread(self, author_id: int = 2, **more: Any) -> int:
        """A thread that every page shows at once."""
        thread_id = self.forum.thread(author_id, **more)
        with unit_of_work(self.forum.database) as uow:
            uow.bump(CacheName.SITE)
        return thread_id

    def setting(self, section: str, **values: Any) -> None:
        with unit_of_work(self.forum.database) as uow:
            row = uow.session.get(Setting, section)
            if row is None:
                uow.session.add(Setting(section=section, values=values))
            else:
                row.values = {**row.values, **values}
            uow.bump(CacheName.SITE)


def serve(folder: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start the server as `make run` does, without the job worker; wait until it answers."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}
    port = _free_port()
    log = folder / "server.log"
    command = [sys.executable, "-m", "flask", "--app", "app", "serve", "--no-jobs"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--workers", "1", "--port", str(port)],
            cwd=ROOT,
            env={**environ, "FORUM_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 120
    while not (STARTED.search(log.read_text("utf-8")) and _answers(port)):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.1)
    database = Database(f"sqlite:///{folder / 'data' / 'louceng.db'}")
    # What the tests do to build scenes is sealed as the server would.
    database.info[SEAL_KEY] = seal_for(load_config({"FORUM_DATA_DIR": str(folder / "data")}))
    return Server(f"http://127.0.0.1:{port}", log.read_text("utf-8"), Forum(database)), process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
