"""Why a login was not given its database, in SQL Server's words."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import psycopg

from sandbox.azuresql.session import Login, Refused
from sandbox.azuresql.tsql.exchange import ServerError, Value
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.values import read_bool, read_int

logger = logging.getLogger(__name__)

LOST: Final = (psycopg.OperationalError, ConnectionError)
"""How a connection to the embedded PostgreSQL fails; libpq gives the reason as text only."""

_STATE: Final = """
SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1), current_setting('max_connections')::int4
"""


async def reason(
    login: Login, folded: str, admin: Link | None, turns: asyncio.Lock, cause: Exception
) -> Refused:
    """The refusal for a connection that failed with `cause`, by what the server says of itself.

    One that does not answer is away (40613); one that does, and has the database, has no
    connection left (10928). `turns` lets one at a time use `admin`.
    """
    logger.warning("session %d got no connection: %s", login.session_id, cause)
    if admin is None:
        return away(login.database)
    try:
        async with turns:
            rows, _ = await admin.fetch(_STATE, [Value(25, folded.encode())])
    except (*LOST, ServerError) as error:
        logger.warning("PostgreSQL does not answer: %s", error)
        return away(login.database)
    exists, limit = rows[0]
    return full(read_int(limit) or 0) if read_bool(exists) else unknown(login)


def unknown(login: Login) -> Refused:
    return Refused(
        4060,
        f'Cannot open database "{login.database}" requested by the login. The login failed.',
        11,
    )


def no_access(login: Login) -> Refused:
    """A login without a user in the database; the server adds 4060 and 18456."""
    return Refused(
        916,
        f'The server principal "{login.user}" is not able to access the database '
        f'"{login.database}" under the current security context.',
        14,
    )


def full(limit: int) -> Refused:
    """Resource 2 are sessions (1 are workers)."""
    return Refused(
        10928,
        f"Resource ID: 2. The session limit for the database is {limit} and has been reached. "
        "Close sessions, or connect again later.",
        20,
    )


def away(database: str) -> Refused:
    return Refused(
        40613,
        f"Database '{database}' on server 'standin' is not currently available. Please retry the "
        "connection later.",
        17,
    )
