"""Other sessions of ours in the target: found by application name, and ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from connectors.azuresql.connection import Link
from connectors.azuresql.dialect import like_prefix
from model.errors import ReplicatorError, Retryable

FIND: Final = (
    "/* replicator:sessions */ SELECT session_id FROM sys.dm_exec_sessions "
    "WHERE database_id = DB_ID() AND session_id <> @@SPID AND program_name LIKE ? ESCAPE N'~'"
)
_GONE: Final = 6106
"""The session to kill does not exist any more."""


def end(
    link: Link,
    prefix: str,
    *,
    patience_s: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """KILL every session whose application name starts with `prefix` and wait until all are gone:
    a killed session still rolls back. Returns how many there were. Raises Retryable when some
    outlive `patience_s`."""
    found = _sessions(link, prefix)
    first = len(found)
    until = clock() + patience_s
    killed: set[int] = set()
    while found:
        for session in found:
            if session not in killed:
                _kill(link, session)
                killed.add(session)
        found = _sessions(link, prefix)
        if found and clock() > until:
            raise Retryable(
                f"{len(found)} killed sessions have not ended yet", object=prefix, wait=5.0
            )
        if found:
            sleep(0.1)  # nothing tells when a rollback ends: ask again
    return first


def _sessions(link: Link, prefix: str) -> list[int]:
    return [row[0] for row in link.rows(FIND, (like_prefix(prefix),))]


def _kill(link: Link, session: int) -> None:
    try:
        link.rows(f"/* replicator:end-bulk */ KILL {session}", object=f"session {session}")
    except ReplicatorError as exc:
        if exc.number != _GONE:
            raise
