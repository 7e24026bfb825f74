"""Passwords: Argon2id with the figures of ``reference/reliability.md`` S6."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 10, 128
_hasher = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
#: At most two at once in a process: 19 MiB each, and a flood must not starve the rest.
_room = threading.BoundedSemaphore(2)
#: Checked when nobody has the address, so that both answers take as long.
_nobody = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Return the stored form of a password."""
    with _room:
        return _hasher.hash(password)


def password_is_right(stored: str | None, password: str) -> bool:
    """Compare; with nothing stored, take the same time and say no."""
    if len(password) > MOST:
        return False
    try:
        with _room:
            return _hasher.verify(stored or _nobody, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Say whether a hash was made with older figures."""
    return _hasher.check_needs_rehash(stored)
