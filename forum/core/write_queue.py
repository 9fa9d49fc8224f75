"""Who writes next? A fair queue before SQLite's one write lock, over all threads and processes.

SQLite lets those who wait for its lock look again after growing sleeps: whoever comes last may get
it first, and between two looks nobody writes. So writers queue before BEGIN IMMEDIATE: the threads
of a process in a line of the process, the first of each process with a number from a file beside the
database, each behind the one whose number is before its own. The kernel wakes the next one at once,
and gives the files free when a process dies, however it does. Readers never come here, and SQLite's
own busy timeout stands behind the queue for whoever writes without it. See
docs/decisions/0015-write-queue.md.
"""

import fcntl
import logging
import os
import sqlite3
import stat
import struct
import threading
import weakref
from collections import deque

log = logging.getLogger(__name__)

# As SQLite's own busy timeout. Only the threads of one process can be told to go: behind a process
# that was stopped in the middle of a write, one thread of each other process waits until it ends.
LONGEST_WAIT_S = 20.0


# The first bytes of the door's file hold the newest number; a number's place is the byte after them.
_NUMBER_BYTES = 8
_PLACES = 64


class _Line:
    """A lock that is handed to whoever has waited longest. A free one goes to whoever runs just then,
    which is mostly the one who has just given it back."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_held = False

    def acquire(self, timeout: float) -> bool:
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=timeout):
            return True
        with self._guard:
            if mine not in self._waiting:
                return True  # handed over at the last moment
            self._waiting.remove(mine)
            return False

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_held = False


class WriteQueue:
    """The queue before one database file, as this process sees it. Safe between threads."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._begin_anew()
        _QUEUES.add(self)

    def _begin_anew(self) -> None:
        self._mine = _Line()
        self._holder: object = None
        self._door = self._turn = -1
        self._is_alone = False  # the files cannot be opened

    def enter(self) -> object:
        """Wait until it is our turn to write.

        :returns: what `leave` wants to see.
        :raises sqlite3.OperationalError: SQLITE_BUSY, after 20 seconds, as SQLite itself says it.
        """
        if not self._mine.acquire(timeout=LONGEST_WAIT_S):
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            error.sqlite_errorname = "SQLITE_BUSY"
            raise error
        try:
            if self._turn < 0:
                self._open()
            if self._turn >= 0:
                self._wait()
        except BaseException:
            self._mine.release()
            raise
        self._holder = object()
        return self._holder

    def _wait(self) -> None:
        """Behind whoever came before us, then for the turn.

        A plain lock is no queue: between its release and the moment the next one runs, it is free for
        whoever runs already. A batch of steps took every second turn so, and a reply waited for
        fifteen of them.
        """
        if not _HAS_PLACES:
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            return
        _lock(self._door, 0, fcntl.F_WRLCK)
        try:
            number = int.from_bytes(os.pread(self._door, _NUMBER_BYTES, 0), "little") + 1
            place = _PLACES + number
            _lock(self._door, place, fcntl.F_WRLCK)
            os.pwrite(self._door, number.to_bytes(_NUMBER_BYTES, "little"), 0)
        finally:
            _lock(self._door, 0, fcntl.F_UNLCK)
        try:
            _lock(self._door, place - 1, fcntl.F_WRLCK)  # free once the one before us has the turn
            _lock(self._door, place - 1, fcntl.F_UNLCK)
            fcntl.flock(self._turn, fcntl.LOCK_EX)
        finally:
            _lock(self._door, place, fcntl.F_UNLCK)

    def leave(self, ticket: object) -> None:
        """The next one, please. A ticket from before a fork counts for nothing."""
        if ticket is not self._holder:
            return
        self._holder = None
        try:
            if self._turn >= 0:
                fcntl.flock(self._turn, fcntl.LOCK_UN)
        finally:
            self._mine.release()

    def _open(self) -> None:
        """Open both files, or neither: then the threads of this process queue alone."""
        try:
            self._door = self._opened("door")
            self._turn = self._opened("turn")
        except OSError as error:
            self.close()
            if not self._is_alone:
                log.warning("writes_without_queue", extra={"reason": str(error)})
            self._is_alone = True

    def _opened(self, what: str) -> int:
        # Not through a link: the folder is the server's, and root may be the one who opens.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        number = os.open(f"{self._path}-{what}", flags, 0o600)
        if os.geteuid() == 0:
            self._give_away(number)
        return number

    def _give_away(self, number: int) -> None:
        """As SQLite does with its own: who runs a command as root must not shut the server out."""
        found = os.fstat(number)
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
            of_database = os.stat(self._path)
            os.fchown(number, of_database.st_uid, of_database.st_gid)

    def close(self) -> None:
        """Close the files; they are opened again when they are wanted."""
        for number in (self._door, self._turn):
            if number >= 0:
                os.close(number)
        self._door = self._turn = -1

    def after_fork(self) -> None:
        """In the child: the parent's turn is not ours. Closing does not end it, unlocking would."""
        self.close()
        self._begin_anew()

    def __del__(self) -> None:
        self.close()


_HAS_PLACES = hasattr(fcntl, "F_OFD_SETLKW")


def _lock(file: int, byte: int, kind: int) -> None:
    """Lock one byte, or let it go. Like `flock` such a lock belongs to the opened file, not to the
    process, whose other queues would share it."""
    wanted = struct.pack("@hhqqi0q", kind, os.SEEK_SET, byte, 1, 0)
    fcntl.fcntl(file, fcntl.F_OFD_SETLKW, wanted)


_QUEUES: "weakref.WeakSet[WriteQueue]" = weakref.WeakSet()
_BY_PATH: "weakref.WeakValueDictionary[str, WriteQueue]" = weakref.WeakValueDictionary()
_LOOKING = threading.Lock()


def queue_of(path: str) -> WriteQueue:
    """The process's queue before a database file, one for all who open it."""
    path = os.path.realpath(path)
    with _LOOKING:
        queue = _BY_PATH.get(path)
        if queue is None:
            queue = _BY_PATH[path] = WriteQueue(path)
        return queue


def _begin_anew_after_fork() -> None:
    global _LOOKING
    _LOOKING = threading.Lock()
    for queue in list(_QUEUES):
        queue.after_fork()


os.register_at_fork(after_in_child=_begin_anew_after_fork)


class WritingConnection(sqlite3.Connection):
    """A connection that queues before it begins to write, and goes when it has ended."""

    queue: WriteQueue | None = None
    _ticket: object = None

    def begin(self) -> None:
        """Wait for the turn and begin to write."""
        if self.queue is not None and self._ticket is None:
            self._ticket = self.queue.enter()
        try:
            self.execute("BEGIN IMMEDIATE").close()
        except BaseException:
            self._leave()
            raise

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            if not self.in_transaction:
                self._leave()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            if not self.in_transaction:
                self._leave()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self._leave()

    def __del__(self) -> None:
        self._leave()

    def _leave(self) -> None:
        ticket, self._ticket = self._ticket, None
        if ticket is not None and self.queue is not None:
            self.queue.leave(ticket)
