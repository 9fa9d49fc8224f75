"""Server processes as on several machines, and visitors that go to one or the other."""

import contextlib
import http.client
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.servers import ROOT, free_port

AGENT = "a guest"


@dataclass
class Machine:
    """One `flask serve` that can be stopped and started again."""

    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    workers: int = 1
    process: "subprocess.Popen[bytes] | None" = None

    def begin(self) -> None:
        """Start; `wait` until it answers."""
        command = [
            sys.executable, "-m", "flask", "--app", "app", "serve", "--port", str(self.port),
            "--workers", str(self.workers), "--no-jobs",
        ]  # fmt: skip
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **self.environment},
                stdout=output, stderr=output,
            )  # fmt: skip

    def wait(self) -> None:
        assert self.process is not None
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            try:
                answer = Visitor(self).get("/robots.txt")
            except OSError:
                time.sleep(0.1)
                continue
            assert answer.status == 200, answer.text[:500]
            return
        raise AssertionError("the server did not answer within a minute")

    def end(self) -> int:
        """TERM, and its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(timeout=40)


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str
    headers: dict[str, str]


class Visitor:
    """A browser with cookies; each request names the machine it goes to."""

    def __init__(self, machine: Machine, *, agent: str = AGENT, source: str = "127.0.0.1") -> None:
        self.machine = machine
        self.cookies: dict[str, str] = {}
        self.agent = agent
        self.source = source

    def get(self, path: str, at: Machine | None = None) -> Answer:
        return self._ask("GET", path, None, at or self.machine)

    def post(self, path: str, at: Machine | None = None, **fields: str) -> Answer:
        """With the token of the page's own form."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path, at).text)
        assert token, f"no form on {path}"
        return self.send(path, at, csrf_token=token[1], **fields)

    def send(self, path: str, at: Machine | None = None, **fields: str) -> Answer:
        return self._ask("POST", path, urlencode(fields), at or self.machine)

    def log_in(self, name: str, password: str, at: Machine | None = None) -> Answer:
        return self.post("/login", at, name=name, password=password)

    def _ask(self, method: str, path: str, body: str | None, at: Machine) -> Answer:
        headers = {"User-Agent": self.agent, "Host": "forum.test"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(
            "127.0.0.1", at.port, timeout=20, source_address=(self.source, 0)
        )
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Answer(answer.status, text, answer.headers.get("Location", ""), dict(answer.headers))
