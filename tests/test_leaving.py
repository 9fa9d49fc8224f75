"""Does a process that leaves serve whoever is in, and nobody else?"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

# A process of its own: every listening socket of it is told.
SERVER = """
import socket, sys
from forum.leaving import refuse_newcomers
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    inside, _ = listener.accept()
    sys.stdin.readline()
    print(refuse_newcomers(), flush=True)
    waiting, _ = listener.accept()
    for one in (inside, waiting):
        one.sendall(one.recv(100).upper())
    sys.stdin.readline()
"""

# Says whether everybody who was in has left, before and after the client does.
WAITING = """
import socket, sys
from forum.leaving import end_kept_connections
bound = socket.socket()
bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
with socket.socket() as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(("127.0.0.1", 0))
    listener.bind(bound.getsockname())
    listener.listen()
    print(listener.getsockname()[1], flush=True)
    inside, _ = listener.accept()
    sys.stdin.readline()
    print(end_kept_connections(0.2), flush=True)
    inside.recv(1)
    inside.close()
    print(end_kept_connections(0.2), flush=True)
"""
ANSWERING = """
from forum import leaving
def app(environ, start_response):
    start_response("200 OK", [("X-Own", "1")])
    return [b"body"]
answer = leaving.say_when_leaving(app)
def show(status, headers, exc_info=None):
    print(status, headers)
answer({}, show)
leaving.end_kept_connections()
answer({}, show)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux'")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    program = getattr(request, "param", SERVER)
    with subprocess.Popen(
        [sys.executable, "-c", program], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        yield process
        process.kill()


def _told(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return server.stdout.readline().strip()


def _tell(server: subprocess.Popen[str]) -> None:
    assert server.stdin is not None
    server.stdin.write("\n")
    server.stdin.flush()


def test_whoever_is_in_is_served_and_nobody_else_comes_in(server: subprocess.Popen[str]) -> None:
    address = ("127.0.0.1", int(_told(server)))
    with (
        closing(socket.create_connection(address, timeout=10)) as inside,
        closing(socket.create_connection(address, timeout=10)) as waiting,
    ):
        _tell(server)
        assert _told(server) == "True"

        with pytest.raises(TimeoutError):
            socket.create_connection(address, timeout=0.5)
        inside.sendall(b"inside")
        waiting.sendall(b"waiting")

        assert inside.recv(100) == b"INSIDE"
        assert waiting.recv(100) == b"WAITING"
        _tell(server)
        assert server.wait(timeout=10) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=10)


def test_a_process_that_listens_nowhere_has_nothing_to_wait_for() -> None:
    alone = subprocess.run(
        [sys.executable, "-c", "from forum.leaving import refuse_newcomers as r; print(r())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert alone.stdout.strip() == "False"


@pytest.mark.parametrize("server", [WAITING], indirect=True, ids=["waiting"])
def test_a_kept_connection_is_waited_for_until_its_other_side_shuts_it(
    server: subprocess.Popen[str],
) -> None:
    address = ("127.0.0.1", int(_told(server)))
    with closing(socket.create_connection(address, timeout=10)):
        _tell(server)

        assert _told(server) == "False"

    assert _told(server) == "True"


def test_each_answer_of_a_process_that_leaves_ends_its_connection() -> None:
    alone = subprocess.run(
        [sys.executable, "-c", ANSWERING], capture_output=True, text=True, check=True
    )

    assert alone.stdout.splitlines() == [
        "200 OK [('X-Own', '1')]",
        "200 OK [('X-Own', '1'), ('Connection', 'close')]",
    ]
