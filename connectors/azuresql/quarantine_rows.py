"""What was quarantined, and the ways on: past one record, or a table's story begun anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from connectors.azuresql.connection import Link
from model.catalog import TableName
from model.position import Position
from model.state import Refusal, TableState, TrackedTable

_WHO: Final = (
    "DECLARE @migration nvarchar(128) = ?, @schema nvarchar(128) = ?, @name nvarchar(128) = ?"
)
_OF: Final = "[migration] = @migration AND [source_schema] = @schema AND [source_name] = @name"
_AT: Final = "[migration] = @migration AND [topic] = @topic"

QUARANTINE: Final = (
    f"/* replicator:quarantine */ {_WHO}, @state nvarchar(32) = ?, @reason nvarchar(max) = ?, "
    "@record nvarchar(max) = ?, @position nvarchar(200) = ?, @stopped int; BEGIN TRANSACTION; "
    "UPDATE [replicator].[tracked] SET [state] = @state, [reason] = @reason "
    f"WHERE {_OF} AND (@position IS NULL OR [since] < @position); SET @stopped = @@ROWCOUNT; "
    "IF @stopped = 1 INSERT INTO [replicator].[quarantine] "
    "([migration], [source_schema], [source_name], [reason], [record]) "
    "VALUES (@migration, @schema, @name, @reason, @record); COMMIT TRANSACTION; SELECT @stopped;"
)
REFUSAL: Final = (
    f"/* replicator:refusal */ {_WHO}; SELECT TOP (1) [reason], [record], [at] "
    f"FROM [replicator].[quarantine] WHERE {_OF} ORDER BY [id] DESC;"
)
# The checkpoints first: their rows are held by the batches in flight until those commit.
BEGIN_ANEW: Final = (
    f"/* replicator:begin-anew */ {_WHO}, @topic nvarchar(249) = ?, @partitions int = ?, "
    "@key nvarchar(max) = ?, @state nvarchar(32) = ?, @reason nvarchar(max) = ?, "
    "@since nvarchar(200) = ?, @estimate bigint = ?, @version int = ?; BEGIN TRANSACTION; "
    "UPDATE [replicator].[checkpoint] SET [closed] = 1, [waiting_at] = NULL "
    f"WHERE {_AT}; DELETE FROM [replicator].[chunk] WHERE {_OF}; "
    "UPDATE [replicator].[tracked] SET [partitions] = @partitions, [key] = @key, "
    "[state] = @state, [reason] = @reason, [high] = N'', [rows_estimate] = @estimate, "
    f"[rows_loaded] = 0, [schema_version] = @version, [since] = @since WHERE {_OF}; "
    "COMMIT TRANSACTION;"
)
PLACE: Final = (
    "/* replicator:checkpoint-place */ DECLARE @migration nvarchar(128) = ?, "
    "@topic nvarchar(249) = ?, @offsets nvarchar(max) = ?, @position nvarchar(200) = ?; "
    "UPDATE c SET c.[next_offset] = o.[next], c.[position] = @position, c.[waiting_at] = NULL, "
    "c.[closed] = 1, c.[at] = SYSUTCDATETIME() "
    "FROM [replicator].[checkpoint] AS c INNER JOIN OPENJSON(@offsets) "
    "WITH ([partition] int '$[0]', [next] bigint '$[1]') AS o ON c.[partition] = o.[partition] "
    "WHERE c.[migration] = @migration AND c.[topic] = @topic;"
)
FORGET: Final = (
    f"/* replicator:chunks-forget */ {_WHO}; DELETE FROM [replicator].[chunk] WHERE {_OF};"
)
REMOVE: Final = (
    f"/* replicator:table-forget */ {_WHO}, @topic nvarchar(249) = ?; BEGIN TRANSACTION; "
    f"DELETE FROM [replicator].[checkpoint] WHERE {_AT}; "
    f"DELETE FROM [replicator].[chunk] WHERE {_OF}; "
    f"DELETE FROM [replicator].[tracked] WHERE {_OF}; COMMIT TRANSACTION;"
)
OPEN: Final = (
    f"/* replicator:gate-open */ {_WHO}, @topic nvarchar(249) = ?, @to nvarchar(32) = ?, "
    "@from nvarchar(32) = ?, @since nvarchar(200) = ?, @opened int; BEGIN TRANSACTION; "
    "UPDATE [replicator].[tracked] SET [state] = @to, [reason] = N'' "
    f"WHERE {_OF} AND [state] = @from AND [since] = @since; SET @opened = @@ROWCOUNT; "
    f"IF @opened = 1 UPDATE [replicator].[checkpoint] SET [closed] = 0 WHERE {_AT}; "
    "COMMIT TRANSACTION; SELECT @opened;"
)
PASS_OVER: Final = (
    f"/* replicator:pass-over */ {_WHO}, @to nvarchar(32) = ?, @from nvarchar(32) = ?, "
    "@topic nvarchar(249) = ?, @partition int = ?, @offset bigint = ?, "
    "@position nvarchar(200) = ?, @moved int = 0; BEGIN TRANSACTION; "
    "UPDATE [replicator].[tracked] SET [state] = @to, [reason] = N'' "
    f"WHERE {_OF} AND [state] = @from; IF @@ROWCOUNT = 1 BEGIN "
    "UPDATE [replicator].[checkpoint] SET [next_offset] = @offset + 1, [position] = @position, "
    f"[at] = SYSUTCDATETIME() WHERE {_AT} AND [partition] = @partition "
    "AND [next_offset] <= @offset AND [position] <= @position AND [closed] = 0; "
    "SET @moved = @@ROWCOUNT; END; "
    "IF @moved = 1 COMMIT TRANSACTION; ELSE ROLLBACK TRANSACTION; SELECT @moved;"
)


class QuarantineRows:
    """The part of `model.ports.State` that concerns tables which cannot go on as they are."""

    def __init__(self, link: Link, migration: str) -> None:
        self._link = link
        self._migration = migration

    def quarantine(
        self,
        source: TableName,
        reason: str,
        record: dict[str, Any],
        position: Position | None = None,
    ) -> bool:
        what = (TableState.QUARANTINED.value, reason, orjson.dumps(record).decode())
        where = None if position is None else position.text
        rows = self._link.put(QUARANTINE, (*self._who(source), *what, where), object=str(source))
        return bool(rows[0][0])

    def refusal(self, source: TableName) -> Refusal | None:
        rows = self._link.rows(REFUSAL, self._who(source))
        if not rows:
            return None
        reason, record, at = rows[0]
        return Refusal(reason, orjson.loads(record), at.isoformat("T", "milliseconds") + "Z")

    def begin_anew(self, table: TrackedTable) -> None:
        place = (*self._who(table.source), table.topic, table.partitions)
        what = (orjson.dumps(table.key).decode(), table.state.value, table.reason)
        rest = (table.since.text, table.rows_estimate, table.schema_version)
        self._link.put(BEGIN_ANEW, (*place, *what, *rest), object=str(table.source))

    def place_checkpoints(self, topic: str, offsets: Sequence[int], position: Position) -> None:
        places = orjson.dumps(list(enumerate(offsets))).decode()
        self._link.put(PLACE, (self._migration, topic, places, position.text), object=topic)

    def forget_chunks(self, source: TableName) -> None:
        self._link.rows(FORGET, self._who(source), object=str(source))

    def forget_table(self, table: TrackedTable) -> None:
        parameters = (*self._who(table.source), table.topic)
        self._link.rows(REMOVE, parameters, object=str(table.source))

    def open_gate(self, table: TrackedTable) -> bool:
        states = (TableState.OPEN.value, TableState.LOADED.value)
        parameters = (*self._who(table.source), table.topic, *states, table.since.text)
        rows = self._link.rows(OPEN, parameters, object=str(table.source), once=True)
        return bool(rows[0][0])

    def pass_over(
        self, table: TrackedTable, to: TableState, partition: int, offset: int, position: Position
    ) -> bool:
        states = (to.value, TableState.QUARANTINED.value)
        place = (table.topic, partition, offset, position.text)
        parameters = (*self._who(table.source), *states, *place)
        rows = self._link.rows(PASS_OVER, parameters, object=str(table.source), once=True)
        return bool(rows[0][0])

    def _who(self, source: TableName) -> tuple[str, str, str]:
        return (self._migration, source.schema, source.name)
