"""What a seed sees of its migration: read from the target itself, beside roles and faults."""

from __future__ import annotations

from typing import Any, Final

import pyodbc

from connectors.azuresql.connection import close_quietly
from connectors.azuresql.errors import native_number
from model.state import ChunkState, MigrationState, TableState
from sandbox.databases import target_dsn
from sandbox.soak.settings import MIGRATION

_NO_SUCH_TABLE: Final = 208
_TIMEOUT_S: Final = 10
_OPEN: Final = (TableState.OPEN, TableState.CONSISTENT)

_LOADED: Final = (
    "SELECT COALESCE(SUM([rows]), 0) FROM [replicator].[chunk] "
    "WHERE [migration] = ? AND [state] = ?"
)
_TABLES: Final = (
    "SELECT [source_name], [state], [reason], [rows_loaded], [high], [topic], [partitions] "
    "FROM [replicator].[tracked] WHERE [migration] = ?"
)
_STATE: Final = "SELECT [state] FROM [replicator].[migration] WHERE [migration] = ?"
_CHECKPOINTS: Final = (
    "SELECT [topic], [partition], [next_offset] FROM [replicator].[checkpoint] "
    "WHERE [migration] = ?"
)
_COUNTERS: Final = "SELECT [client], [writes] FROM [dbo].[counters]"
_REQUESTS: Final = "SELECT COUNT(*) FROM [replicator].[request] WHERE [migration] = ?"

_HOLDER: Final = "SELECT [holder] FROM [replicator].[lease] WHERE [migration] = ? AND [name] = ?"


class Eye:
    """One connection that no fault is meant for; opened again when it was dropped all the same."""

    def __init__(self, dsn: str) -> None:
        self._dsn = target_dsn(dsn, app="soak eye")
        self._connection: pyodbc.Connection | None = None

    def loaded(self) -> int:
        """Rows of finished chunks."""
        rows = self._rows(_LOADED, MIGRATION, ChunkState.DONE.value)
        return int(rows[0][0]) if rows else 0

    def tables(self) -> list[Any]:
        """`source_name`, `state`, `reason`, `rows_loaded`, `high`, `topic`, `partitions`."""
        return self._rows(_TABLES, MIGRATION)

    def open(self) -> bool:
        """Whether every table's topic is read."""
        tables = self.tables()
        return bool(tables) and all(each.state in _OPEN for each in tables)

    def quarantined(self) -> list[str]:
        """Each table that stopped, with the reason."""
        stopped = [each for each in self.tables() if each.state == TableState.QUARANTINED]
        return [f"{each.source_name}: {each.reason}" for each in stopped]

    def in_sync(self) -> bool:
        rows = self._rows(_STATE, MIGRATION)
        return bool(rows) and rows[0][0] == MigrationState.IN_SYNC

    def checkpoints(self) -> dict[tuple[str, int], int]:
        """The next offset of each partition."""
        return {(topic, n): next for topic, n, next in self._rows(_CHECKPOINTS, MIGRATION)}

    def counts(self) -> dict[int, int]:
        """The last write of each client that has come; empty before the load."""
        return {row.client: row.writes for row in self._rows(_COUNTERS)}

    def rows(self, table: str) -> int:
        """How many rows a table of ours has."""
        found = self._rows(f"SELECT COUNT_BIG(*) FROM [dbo].[{table}]")
        return int(found[0][0]) if found else -1

    def holder(self, lease: str) -> str:
        """Who holds it, or held it last."""
        rows = self._rows(_HOLDER, MIGRATION, lease)
        return str(rows[0][0]) if rows else ""

    def requests(self) -> int:
        """What operators asked for."""
        rows = self._rows(_REQUESTS, MIGRATION)
        return int(rows[0][0]) if rows else 0

    def close(self) -> None:
        if self._connection is not None:
            close_quietly(self._connection)
            self._connection = None

    def _rows(self, sql: str, *parameters: object) -> list[Any]:
        """Empty also when the table is not there yet, or the server dropped us."""
        try:
            if self._connection is None:
                self._connection = pyodbc.connect(self._dsn, autocommit=True, timeout=_TIMEOUT_S)
                self._connection.timeout = _TIMEOUT_S
            rows: list[Any] = self._connection.execute(sql, *parameters).fetchall()
            return rows
        except pyodbc.Error as error:
            if native_number(error) != _NO_SUCH_TABLE:
                self.close()
            return []
