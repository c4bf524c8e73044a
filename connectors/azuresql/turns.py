"""Turns at the target's tables: appliers together, or one statement that alters them alone.

A foreign key locks two tables in the server's order, an applier's transaction locks as many in its
batch's. Without turns they deadlock (1205) for as long as there is something to apply, and each
attempt holds the appliers up. An application lock is taken before any table's, so that an ALTER
begins when no applier is in a transaction, and those that come meanwhile wait and hold nothing.
"""

from __future__ import annotations

from typing import Final

import pyodbc

from connectors.azuresql.connection import run
from connectors.azuresql.errors import NOT_OUR_TURN
from model.errors import Retryable

_PATIENCE_MS: Final = 30_000
"""How long an ALTER waits for the transactions of appliers that are under way."""

_LOCKS_MS: Final = 2000
"""How long an ALTER in its turn may wait for others than appliers, who wait for it meanwhile."""

TOGETHER: Final = (
    "SET @turn = N'replicator.apply.' + @migration; EXEC @taken = sp_getapplock @Resource = @turn, "
    "@LockMode = N'Shared', @LockOwner = N'Transaction'; "
    f"IF @taken < 0 THROW {NOT_OUR_TURN}, N'the tables are being altered', 1;"
)
"""First in an applier's transaction, and given back at its end. Waits for `LOCK_TIMEOUT`."""

ALONE: Final = (
    "/* replicator:alone */ DECLARE @turn nvarchar(255) = ?, @taken int; "
    "EXEC @taken = sp_getapplock @Resource = @turn, @LockMode = N'Exclusive', "
    f"@LockOwner = N'Session', @LockTimeout = {_PATIENCE_MS}; SELECT @taken;"
)


def alone(cursor: pyodbc.Cursor, migration: str) -> None:
    """Keep the migration's appliers outside until the session ends. Raises Retryable."""
    if run(cursor, ALONE, (f"replicator.apply.{migration}",))[0][0] < 0:
        raise Retryable(
            f"its appliers were not between two transactions for {_PATIENCE_MS / 1000:.0f} s",
            object=migration,
            hint="tried again by itself; look for what blocks them (sys.dm_exec_requests)",
        )
    cursor.execute(f"SET LOCK_TIMEOUT {_LOCKS_MS};")
