"""Passwords are kept as PBKDF2 hashes that tell nothing."""

from __future__ import annotations

import asyncio
import hashlib

from sandbox.azuresql.catalog.passwords import ROUNDS, keep, matches


def test_the_hash_is_pbkdf2_of_sha512() -> None:
    kept = asyncio.run(keep("Ünïcode"))
    wanted = hashlib.pbkdf2_hmac("sha512", "Ünïcode".encode("utf-16-le"), kept.salt, ROUNDS)
    assert (kept.hash, kept.rounds, len(kept.salt)) == (wanted, 100_000, 16)


def test_only_the_password_itself_matches() -> None:
    async def outcomes() -> list[bool]:
        kept = await keep("right")
        return [await matches(given, kept) for given in ("right", "Right", "")]

    assert asyncio.run(outcomes()) == [True, False, False]


def test_nobody_matches_nothing() -> None:
    assert not asyncio.run(matches("", None))


def test_a_salt_is_never_used_twice_and_nothing_is_shown() -> None:
    async def both() -> tuple[bytes, bytes, str]:
        first, second = await keep("same"), await keep("same")
        return first.hash, second.hash, repr(first)

    first, second, shown = asyncio.run(both())
    assert first != second
    assert shown == "Kept(rounds=100000)"
