"""How a server process leaves: the kept connections end, nobody new comes in, whoever is in is served."""

import ctypes
import os
import socket
import stat
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

# The longest that connections from before are waited for, seconds: twice what docs/deploy.md has a
# proxy keep an unused one.
KEPT_S = 4.0
LOOK_EVERY_S = 0.05
# Time for whoever came in last to say what they want, seconds.
LEAVE_S = 0.3
# Linux' SO_ATTACH_FILTER, which Python does not name, and its program (code, jump if true, jump if
# false, value): of what reaches the socket, drop segments that open a connection, let others pass.
ATTACH_FILTER = 26
FLAGS_AT, SYN = 13, 0x02  # in a TCP segment's head
NO_NEWCOMERS = (
    (0x30, 0, 0, FLAGS_AT),  # load one byte
    (0x45, 0, 1, SYN),  # is that bit set?
    (0x06, 0, 0, 0),  # keep none of its bytes
    (0x06, 0, 0, 0xFFFFFFFF),  # keep all
)
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_is_leaving = threading.Event()


def say_when_leaving(app: WsgiApp) -> WsgiApp:
    """The application; once `end_kept_connections` is called, each answer ends its connection."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not _is_leaving.is_set():
            return app(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            return start_response(status, [*headers, ("Connection", "close")], exc_info)

        return app(environ, start)

    return answer


def end_kept_connections(limit_s: float = KEPT_S) -> bool:
    """Wait until the connections that are open now have ended, by an answer or by their other side.

    A proxy keeps connections for its next request. Whichever moment we shut one, a request may be
    on its way in it, and the proxy, which cannot know whether it was done, does not send a POST
    again: eight restarts lost five. So answers say that they are the last, and the proxy itself
    shuts what it does not use. Who connects meanwhile is served, by one answer each.

    :returns: whether all have ended within the limit.
    """
    _is_leaving.set()
    kept = _connections()
    ends_at = time.monotonic() + limit_s
    while kept := kept & {number for _, number in _sockets()}:
        if time.monotonic() > ends_at:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def _connections() -> set[int]:
    """The inodes of what was accepted at the ports we listen at."""
    ports, inodes = set(), []
    for descriptor, inode in _sockets():
        try:
            with socket.socket(fileno=os.dup(descriptor)) as ours:
                if ours.family not in (socket.AF_INET, socket.AF_INET6):
                    continue
                port = ours.getsockname()[1]
                if ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    ports.add(port)
                elif ours.getpeername():  # else bound only, as one is that granian inherits
                    inodes.append((port, inode))
        except OSError:  # closed meanwhile, or nobody at its other end
            continue
    return {inode for port, inode in inodes if port in ports}


def _sockets() -> Iterator[tuple[int, int]]:
    """Descriptor and inode of each socket this process has open."""
    for descriptor in map(int, os.listdir("/dev/fd")):
        try:
            found = os.fstat(descriptor)
        except OSError:  # closed meanwhile, as listdir's own is
            continue
        if stat.S_ISSOCK(found.st_mode):
            yield descriptor, found.st_ino


def refuse_newcomers() -> bool:
    """Let no new connection into this process; those that are open, or half open, are kept.

    granian, told to stop, at once closes each connection whose first request has not come yet, and
    resets those it has not accepted yet: a restart lost requests in four cases of 25 (seen with
    2.8.7). It does not give its listening socket away, so that is looked for among our files; and
    shut, it would reset those who wait in it, so the kernel is asked to overhear who knocks. They
    knock again a second later, and then are refused (or let in by whoever came after us).

    :returns: whether there was such a socket (False where there is no Linux).
    """
    if sys.platform != "linux":
        return False
    steps = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *s) for s in NO_NEWCOMERS))
    program = struct.pack("HP", len(NO_NEWCOMERS), ctypes.addressof(steps))
    is_found = False
    for descriptor, _ in _sockets():
        try:
            with socket.socket(fileno=os.dup(descriptor)) as ours:
                if ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    ours.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)
                    is_found = True
        except OSError:  # closed meanwhile
            continue
    return is_found
