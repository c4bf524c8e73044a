"""Application locks: advisory locks of PostgreSQL, owned by a session or by its transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, Result, ReturnStatus
from sandbox.azuresql.tsql.calls import Argument, matched, text
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.values import read_bool, read_int

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_POLL: Final = 0.01
"""Seconds between two attempts at a lock with a time limit."""

_SHARED: Final = frozenset({"shared", "intentshared"})
_EXCLUSIVE: Final = frozenset({"exclusive", "update", "intentexclusive"})
_TRANSACTION: Final = "transaction"
_OWNERS: Final = frozenset({_TRANSACTION, "session"})
_INVALID: Final = -999


class Held:
    """The locks that one session holds, each grant by itself.

    PostgreSQL keeps all of them for the session: a transaction's own could not be released early.
    """

    def __init__(self) -> None:
        self._grants: dict[tuple[bool, str], list[str]] = {}

    def took(self, transactional: bool, resource: str, kind: str) -> None:
        """`kind` is the end of PostgreSQL's function names: `_shared` or nothing."""
        self._grants.setdefault((transactional, resource), []).append(kind)

    def gave(self, transactional: bool, resource: str) -> str | None:
        """The kind of the lock that is to be released now; None where none is held."""
        kinds = self._grants.get((transactional, resource))
        return kinds.pop() if kinds else None

    def ended(self) -> list[str]:
        """What releases the transaction's locks; they are forgotten."""
        own = [key for key in self._grants if key[0]]
        return [_release(kind, key[1]) for key in own for kind in self._grants.pop(key)]

    def forget(self) -> None:
        """All locks were released."""
        self._grants.clear()


async def getapplock(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """sp_getapplock. 0 granted, 1 after a wait, -1 timed out, -2 cancelled, -999 invalid.

    Raises Refused 15247 for a transaction's lock outside of one.
    """
    names = ["@resource", "@lockmode", "@lockowner", "@locktimeout", "@dbprincipal"]
    given = matched(arguments, names, "sp_getapplock")
    session = interpreter.session
    owner = text(given, "@lockowner", _TRANSACTION).lower()
    mode = text(given, "@lockmode").lower()
    if owner == _TRANSACTION and session.transaction.count == 0:
        raise Refused(
            15247,
            "You attempted to acquire a transactional application lock without an active "
            "transaction.",
        )
    if mode not in _SHARED | _EXCLUSIVE or owner not in _OWNERS:
        yield ReturnStatus(_INVALID)
        return
    kind = "_shared" if mode in _SHARED else ""
    timeout = given.get("@locktimeout")
    limit = read_int(timeout.data) if timeout is not None else session.state.options.lock_timeout
    resource = text(given, "@resource")
    attempt = f"SELECT pg_try_advisory_lock{kind}({_key(resource)})"
    loop = asyncio.get_running_loop()
    start = loop.time()
    waited = False
    while True:
        found, _ = await session.link.fetch(attempt)
        if read_bool(found[0][0]):
            session.transaction.locks.took(owner == _TRANSACTION, resource, kind)
            yield ReturnStatus(1 if waited else 0)
            return
        if limit is not None and 0 <= limit <= (loop.time() - start) * 1000:
            yield ReturnStatus(-1)
            return
        waited = True
        await asyncio.sleep(_POLL)
        if session.cancelled:
            yield ReturnStatus(-2)
            return


async def releaseapplock(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """sp_releaseapplock: one release for one grant. Raises Refused 1223 for what is not held."""
    given = matched(arguments, ["@resource", "@lockowner", "@dbprincipal"], "sp_releaseapplock")
    owner = text(given, "@lockowner", _TRANSACTION).lower()
    if owner not in _OWNERS:
        yield ReturnStatus(_INVALID)
        return
    resource = text(given, "@resource")
    session = interpreter.session
    kind = session.transaction.locks.gave(owner == _TRANSACTION, resource)
    if kind is None:
        raise Refused(
            1223,
            f"Cannot release the application lock (Database Principal: 'public', Resource: "
            f"'{resource}') because it is not currently held.",
        )
    await session.link.run(_release(kind, resource))
    yield ReturnStatus(0)


def _release(kind: str, resource: str) -> str:
    return f"SELECT pg_advisory_unlock{kind}({_key(resource)})"


def _key(resource: str) -> str:
    return f"hashtextextended({literal(f'applock:{resource}')}, 0)"
