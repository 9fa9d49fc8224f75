"""Who writes next? A fair queue before SQLite's one write lock, over all threads and processes.

SQLite lets those who wait for its lock look again after growing sleeps: whoever comes last may get
it first, and between two looks nobody writes. So writers queue before BEGIN IMMEDIATE: the threads
of a process at a lock of the process, the first of each process at two files beside the database,
where the kernel wakes the next one at once. The kernel gives the files free when a process dies,
however it does. Readers never come here, and SQLite's own busy timeout stands behind the queue for
whoever writes without it. See docs/decisions/0015-write-queue.md.
"""

import fcntl
import logging
import os
import sqlite3
import stat
import threading
import weakref

log = logging.getLogger(__name__)

# As SQLite's own busy timeout. Only the threads of one process can be told to go: behind a process
# that was stopped in the middle of a write, one thread of each other process waits until it ends.
LONGEST_WAIT_S = 20.0


class WriteQueue:
    """The queue before one database file, as this process sees it. Safe between threads."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._begin_anew()
        _QUEUES.add(self)

    def _begin_anew(self) -> None:
        self._mine = threading.Lock()
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
                # Behind the door one process at most waits for the turn, so that a process with
                # much to write, which wants the turn again at once, cannot overtake it.
                fcntl.flock(self._door, fcntl.LOCK_EX)
                try:
                    fcntl.flock(self._turn, fcntl.LOCK_EX)
                finally:
                    fcntl.flock(self._door, fcntl.LOCK_UN)
        except BaseException:
            self._mine.release()
            raise
        self._holder = object()
        return self._holder

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
