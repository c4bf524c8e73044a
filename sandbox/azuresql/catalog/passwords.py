"""Passwords as they are kept: PBKDF2, with the hash and the rounds that SQL Server has."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

ROUNDS: Final = 100_000
"""As SQL Server 2025 does (CREATE LOGIN, "Remarks"): PBKDF2 of SHA-512."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a password became."""

    salt: bytes = field(repr=False)
    hash: bytes = field(repr=False)
    rounds: int = ROUNDS


_NOBODY: Final = Kept(b"nobody", b"")
"""Compared with where no such user exists, so that the answer takes as long."""


async def keep(password: str) -> Kept:
    """A new salt and the password's hash."""
    salt = secrets.token_bytes(16)
    return Kept(salt, await _derived(password, salt, ROUNDS))


async def matches(password: str, kept: Kept | None) -> bool:
    """Whether the password is the one that was kept."""
    wanted = kept or _NOBODY
    given = await _derived(password, wanted.salt, wanted.rounds)
    return hmac.compare_digest(given, wanted.hash)


async def _derived(password: str, salt: bytes, rounds: int) -> bytes:
    """In a thread: hashing takes tens of milliseconds, and other connections go on meanwhile."""
    return await asyncio.to_thread(
        hashlib.pbkdf2_hmac, "sha512", password.encode("utf-16-le", "surrogatepass"), salt, rounds
    )
