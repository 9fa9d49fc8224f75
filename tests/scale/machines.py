"""Server processes as on several machines, and visitors that go to one or the other."""

import contextlib
import http.client
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.servers import ROOT

AGENT = "a guest"
PROXY_KEEPS_S = 2.0  # an unused connection, as docs/deploy.md has nginx do
# Below those that the system gives to clients: while a machine is away nobody may come by its port,
# not even a visitor who knocks there.
PORTS = range(20_000, 32_000)


def lasting_port() -> int:
    """A port nobody has, and nobody is given."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Machine:
    """One `flask serve` that can be stopped and started again."""

    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=lasting_port)
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
    body: bytes
    location: str
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


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
        return self.send(path, at, csrf_token=self._token(path, at), **fields)

    def upload(self, path: str, at: Machine | None = None, **files: bytes) -> Answer:
        """Files, with the token of the page's own form."""
        parts = [("csrf_token", b"", self._token(path, at).encode())]
        parts += [(name, b'; filename="upload"', content) for name, content in files.items()]
        body = b"".join(
            b'--part\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
            % (name.encode(), file_name, content)
            for name, file_name, content in parts
        )
        kind = "multipart/form-data; boundary=part"
        return self._ask("POST", path, body + b"--part--\r\n", at or self.machine, kind)

    def _token(self, path: str, at: Machine | None) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(path, at).text)
        assert found, f"no form on {path}"
        return found[1]

    def send(self, path: str, at: Machine | None = None, **fields: str) -> Answer:
        return self._ask("POST", path, urlencode(fields).encode(), at or self.machine)

    def log_in(self, name: str, password: str, at: Machine | None = None) -> Answer:
        return self.post("/login", at, name=name, password=password)

    def _ask(
        self, method: str, path: str, body: bytes | None, at: Machine,
        kind: str = "application/x-www-form-urlencoded",
    ) -> Answer:  # fmt: skip
        headers = {"User-Agent": self.agent, "Host": "forum.test"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = kind
        with self._connection(at) as connection:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        return Answer(
            answer.status, content, answer.headers.get("Location", ""), dict(answer.headers)
        )

    @contextlib.contextmanager
    def _connection(self, at: Machine) -> Iterator[http.client.HTTPConnection]:
        """A new connection for each request, shut after it."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", at.port, timeout=20, source_address=(self.source, 0)
        )
        with contextlib.closing(connection):
            yield connection


class KeepingVisitor(Visitor):
    """Keeps its connections for the next request as a proxy does, and asks nothing twice."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self._kept: dict[int, tuple[http.client.HTTPConnection, float]] = {}
        self.reused_count = 0

    def close(self) -> None:
        for connection, _ in self._kept.values():
            connection.close()

    @contextlib.contextmanager
    def _connection(self, at: Machine) -> Iterator[http.client.HTTPConnection]:
        for port, (kept, used_at) in list(self._kept.items()):
            if kept.sock is None or time.monotonic() - used_at > PROXY_KEEPS_S:
                self._kept.pop(port)[0].close()
        if at.port in self._kept:
            self.reused_count += 1
            connection = self._kept[at.port][0]
        else:
            connection = http.client.HTTPConnection("127.0.0.1", at.port, timeout=20)
        try:
            yield connection
        except BaseException:
            self._kept.pop(at.port, None)
            connection.close()
            raise
        self._kept[at.port] = connection, time.monotonic()
