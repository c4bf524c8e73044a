"""Logins of the server: the administrator's, and those that master keeps."""

from __future__ import annotations

import asyncio
import hmac

from sandbox.azuresql.catalog import passwords
from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.values import read_int


class Logins:
    """`link` is the engine's own on master; `turns` lets one at a time use it."""

    def __init__(self, turns: asyncio.Lock, administrator: str, password: str) -> None:
        self.link: Link | None = None
        self._turns = turns
        self._administrator = administrator
        self._password = password

    def is_administrator(self, name: str) -> bool:
        return name.lower() == self._administrator.lower()

    def is_administrators(self, password: str) -> bool:
        """Whether this is the administrator's password."""
        given = password.encode("utf-8", "surrogatepass")
        return hmac.compare_digest(given, self._password.encode())

    async def find(self, name: str) -> passwords.Kept | None:
        """What is kept of the password of a login, the administrator's left out."""
        assert self.link is not None
        async with self._turns:
            return await kept(self.link, "store.logins", name)

    async def exists(self, name: str) -> bool:
        """Whether there is a login of this name; the administrator's is one."""
        return self.is_administrator(name) or await self.find(name) is not None

    async def create(self, name: str, password: str) -> None:
        """CREATE LOGIN. Raises Refused 15025."""
        made = not self.is_administrator(name) and await self._change(
            "INSERT INTO store.logins VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING "
            "RETURNING name",
            name,
            await passwords.keep(password),
        )
        if not made:
            raise Refused(15025, f"The server principal '{name}' already exists.")

    async def change_password(self, name: str, password: str) -> None:
        """ALTER LOGIN … WITH PASSWORD. Raises Refused 15151."""
        changed = await self._change(
            "UPDATE store.logins SET salt = $2, hash = $3, rounds = $4 "
            "WHERE lower(name) = lower($1) RETURNING name",
            name,
            await passwords.keep(password),
        )
        if not changed:
            raise _missing("alter", name)

    async def drop(self, name: str) -> None:
        """DROP LOGIN. Raises Refused 15151."""
        gone = await self._change(
            "DELETE FROM store.logins WHERE lower(name) = lower($1) RETURNING name", name
        )
        if not gone:
            raise _missing("drop", name)

    async def _change(self, sql: str, name: str, made: passwords.Kept | None = None) -> bool:
        """Whether a row of this name was changed."""
        values = [Value(25, name.encode())]
        if made is not None:
            rounds = made.rounds.to_bytes(4, "big")
            values += [Value(17, made.salt), Value(17, made.hash), Value(23, rounds)]
        assert self.link is not None
        async with self._turns:
            rows, _ = await self.link.fetch(sql, values)
        return bool(rows)


def _missing(verb: str, name: str) -> Refused:
    return Refused(
        15151,
        f"Cannot {verb} the login '{name}', because it does not exist or you do not have "
        "permission.",
    )


async def kept(link: Link, table: str, user: str) -> passwords.Kept | None:
    """What `table` keeps of a password under this name; None where nothing is."""
    rows, _ = await link.fetch(
        f"SELECT salt, hash, rounds FROM {table} WHERE lower(name) = lower($1) "
        "AND hash IS NOT NULL",
        [Value(25, user.encode())],
    )
    if not rows:
        return None
    salt, hash, rounds = rows[0]
    return passwords.Kept(salt or b"", hash or b"", read_int(rounds) or 0)
