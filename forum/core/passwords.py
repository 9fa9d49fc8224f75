"""Hashing and checking passwords: argon2id with OWASP's small setting, two at a time."""

import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# 19 MiB, 2 passes, 1 lane. The default of 64 MiB took 231 ms, and 20 logins at once 1.3 GB.
_hasher = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))
_slots = threading.BoundedSemaphore(2)

# Checked when there is no such account, so that the answer takes as long.
_decoy = "$argon2id$v=19$m=19456,t=2,p=1$bG91Y2VuZy1kZWNveS0xMjM$iLm0GPY3oVUzVyyRQVBoqjX5fFhHTyK5Yn2xI8GkJ6I"


def hash_password(password: str) -> str:
    """A salted hash. Slow on purpose: never inside a transaction."""
    with _slots:
        return _hasher.hash(password)


def verify_password(password: str, stored: str) -> bool:
    """Does the password match? Takes the same time for an account without a password ("")."""
    with _slots:
        matches = _hasher.verify(password, stored or _decoy)
    return matches and bool(stored)
