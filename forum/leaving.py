"""How a server process leaves: nobody new comes in, and whoever is in is served."""

import ctypes
import os
import socket
import stat
import struct
import sys

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
    for number in map(int, os.listdir("/dev/fd")):
        try:
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            with socket.socket(fileno=os.dup(number)) as ours:
                if ours.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    ours.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, program)
                    is_found = True
        except OSError:  # closed meanwhile, as listdir's own is
            continue
    return is_found
