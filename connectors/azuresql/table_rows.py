"""Tracked tables, their chunks and their checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

import orjson

from connectors.azuresql import checkpoint, splitting
from connectors.azuresql.connection import Link
from connectors.azuresql.dialect import BIN2
from model.catalog import TableName
from model.position import Position
from model.state import Checkpoint, Chunk, ChunkState, TableState, TrackedTable

_TRACKED: Final = (
    ("source_schema", "nvarchar(128)"), ("source_name", "nvarchar(128)"),
    ("target_schema", "nvarchar(128)"), ("target_name", "nvarchar(128)"),
    ("topic", "nvarchar(249)"), ("partitions", "int"), ("key", "nvarchar(max)"),
    ("state", "nvarchar(32)"), ("reason", "nvarchar(max)"), ("high", "nvarchar(200)"),
    ("rows_estimate", "bigint"), ("rows_loaded", "bigint"), ("schema_version", "int"),
    ("since", "nvarchar(200)"),
)  # fmt: skip
_CHUNK: Final = (
    ("source_schema", "nvarchar(128)"), ("source_name", "nvarchar(128)"), ("number", "int"),
    ("lower", "nvarchar(max)"), ("upper", "nvarchar(max)"), ("state", "nvarchar(16)"),
    ("probe", "nvarchar(max)"), ("high", "nvarchar(200)"), ("rows", "bigint"),
    ("bytes", "bigint"), ("owner", "nvarchar(128)"),
)  # fmt: skip


def saving(table: str, fields: Sequence[tuple[str, str]], keys: int) -> str:
    """Update and insert rows from a JSON array of arrays; the first `keys` fields are the key."""
    names = [f"[{name}]" for name, _ in fields]
    typed = ", ".join(f"[{name}] {type} '$[{at}]'" for at, (name, type) in enumerate(fields))
    rows = f"OPENJSON(@rows) WITH ({typed}) AS s"
    changed = ", ".join(f"d.{name} = s.{name}" for name in names[keys:])
    same = " AND ".join(
        f"d.[{name}] = s.[{name}]" + (f" COLLATE {BIN2}" if type.startswith("nvarchar") else "")
        for name, type in fields[:keys]
    )
    return (
        f"/* replicator:save-{table} */ DECLARE @migration nvarchar(128) = ?, "
        f"@rows nvarchar(max) = ?; BEGIN TRANSACTION; "
        f"UPDATE d SET {changed} FROM [replicator].[{table}] AS d INNER JOIN {rows} "
        f"ON {same} WHERE d.[migration] = @migration; "
        f"INSERT INTO [replicator].[{table}] ([migration], {', '.join(names)}) "
        f"SELECT @migration, {', '.join(f's.{name}' for name in names)} FROM {rows} "
        f"WHERE NOT EXISTS (SELECT 1 FROM [replicator].[{table}] AS d "
        f"WHERE d.[migration] = @migration AND {same}); COMMIT TRANSACTION;"
    )


def _selecting(table: str, fields: Sequence[tuple[str, str]]) -> str:
    names = ", ".join(f"[{name}]" for name, _ in fields)
    return f"SELECT {names} FROM [replicator].[{table}] WHERE [migration] = ?"


_OF: Final = "[migration] = ? AND [source_schema] = ? AND [source_name] = ?"

SAVE_TABLES: Final = saving("tracked", _TRACKED, 2)
TABLES: Final = (
    f"/* replicator:tables */ {_selecting('tracked', _TRACKED)} "
    "ORDER BY [source_schema], [source_name]"
)
SET_TABLE: Final = (
    "/* replicator:table-state */ UPDATE [replicator].[tracked] SET [state] = ?, [reason] = ?, "
    "[high] = COALESCE(?, [high]), [rows_loaded] = COALESCE(?, [rows_loaded]) "
    f"WHERE {_OF} AND [state] IN (SELECT j.[value] COLLATE {BIN2} "
    "FROM OPENJSON(?) WITH ([value] nvarchar(32) '$') AS j); SELECT @@ROWCOUNT;"
)
SAVE_CHUNKS: Final = saving("chunk", _CHUNK, 3)
CHUNKS: Final = f"/* replicator:chunks */ {_selecting('chunk', _CHUNK)}"
CHUNKS_OF: Final = f"{CHUNKS} AND [source_schema] = ? AND [source_name] = ? ORDER BY [number]"
CHUNKS_ALL: Final = f"{CHUNKS} ORDER BY [source_schema], [source_name], [number]"
NEXT_CHUNK: Final = (
    "/* replicator:chunk-next */ DECLARE @migration nvarchar(128) = ?, @state nvarchar(16) = ?, "
    "@loading nvarchar(32) = ?, @tables nvarchar(max) = ?; SELECT TOP (1) "
    + ", ".join(f"c.[{name}]" for name, _ in _CHUNK)
    + " FROM OPENJSON(@tables) WITH ([schema] nvarchar(128) '$[0]', [name] nvarchar(128) '$[1]', "
    "[turn] int '$[2]') AS o INNER JOIN [replicator].[tracked] AS t "
    f"ON t.[source_schema] = o.[schema] COLLATE {BIN2} "
    f"AND t.[source_name] = o.[name] COLLATE {BIN2} "
    "INNER JOIN [replicator].[chunk] AS c ON c.[migration] = t.[migration] "
    "AND c.[source_schema] = t.[source_schema] AND c.[source_name] = t.[source_name] "
    "WHERE t.[migration] = @migration AND t.[state] = @loading AND c.[state] = @state "
    "ORDER BY o.[turn], c.[number]"
)
TAKE_CHUNK: Final = (
    "/* replicator:chunk-take */ UPDATE [replicator].[chunk] SET [state] = ?, [owner] = ? "
    f"WHERE {_OF} AND [number] = ? AND [state] = ?; SELECT @@ROWCOUNT;"
)
MARK_CHUNK: Final = (
    "/* replicator:chunk-mark */ UPDATE [replicator].[chunk] SET [state] = ?, [probe] = ?, "
    "[high] = ?, [rows] = ?, [bytes] = ? "
    f"WHERE {_OF} AND [number] = ? AND [owner] = ?; SELECT @@ROWCOUNT;"
)


class TableRows:
    """The part of `model.ports.State` that concerns tables."""

    def __init__(self, link: Link, migration: str) -> None:
        self._link = link
        self._migration = migration

    def save_tables(self, tables: Iterable[TrackedTable]) -> None:
        rows = orjson.dumps([_tracked_row(table) for table in tables]).decode()
        self._link.put(SAVE_TABLES, (self._migration, rows))

    def tables(self) -> list[TrackedTable]:
        return [_tracked(row) for row in self._link.rows(TABLES, (self._migration,))]

    def set_table(
        self,
        source: TableName,
        to: TableState,
        *,
        expected: Sequence[TableState],
        reason: str = "",
        high: Position | None = None,
        rows_loaded: int | None = None,
    ) -> bool:
        states = orjson.dumps([state.value for state in expected]).decode()
        place = (self._migration, source.schema, source.name)
        values = (to.value, reason, None if high is None else high.text, rows_loaded)
        rows = self._link.rows(SET_TABLE, (*values, *place, states), object=str(source), once=True)
        return bool(rows[0][0])

    def save_chunks(self, chunks: Iterable[Chunk]) -> None:
        rows = orjson.dumps([_chunk_row(chunk) for chunk in chunks]).decode()
        self._link.put(SAVE_CHUNKS, (self._migration, rows))

    def chunks(self, table: TableName | None = None) -> list[Chunk]:
        if table is None:
            found = self._link.rows(CHUNKS_ALL, (self._migration,))
        else:
            found = self._link.rows(CHUNKS_OF, (self._migration, table.schema, table.name))
        return [_chunk(row) for row in found]

    def take_chunk(self, owner: str, tables: Sequence[TableName]) -> Chunk | None:
        """A lost answer leaves the chunk SENDING: InDoubt, and its probe will tell."""
        planned, sending = ChunkState.PLANNED.value, ChunkState.SENDING.value
        turns = [(name.schema, name.name, turn) for turn, name in enumerate(tables)]
        wanted = (planned, TableState.LOADING.value, orjson.dumps(turns).decode())
        while rows := self._link.rows(NEXT_CHUNK, (self._migration, *wanted)):
            chunk = _chunk(rows[0])
            place = (self._migration, chunk.table.schema, chunk.table.name, chunk.number)
            taken = self._link.rows(TAKE_CHUNK, (sending, owner, *place, planned), once=True)
            if taken[0][0] == 1:
                return replace(chunk, state=ChunkState.SENDING, owner=owner)
        return None

    def mark_chunk(self, chunk: Chunk) -> None:
        what = (chunk.state.value, chunk.probe, chunk.high.text, chunk.rows, chunk.bytes)
        place = (self._migration, chunk.table.schema, chunk.table.name, chunk.number, chunk.owner)
        if self._link.put(MARK_CHUNK, (*what, *place), object=str(chunk.table))[0][0] != 1:
            raise splitting.not_ours(chunk)

    def split_chunk(self, chunk: Chunk, bound: str) -> None:
        splitting.split(self._link, self._migration, chunk, bound)

    def initialise_checkpoints(self, topic: str, partitions: int) -> None:
        numbers = orjson.dumps(list(range(partitions))).decode()
        self._link.put(checkpoint.INITIALISE, (self._migration, topic, numbers), object=topic)

    def checkpoints(self) -> list[Checkpoint]:
        return checkpoint.read(self._link.rows(checkpoint.SELECT_ALL, (self._migration,)))

    def close_checkpoints(self) -> None:
        """Waits for the batches in flight: they hold their rows until they commit."""
        self._link.rows(checkpoint.CLOSE, (self._migration,))

    def reopen_checkpoints(self) -> None:
        self._link.rows(checkpoint.REOPEN, (self._migration,))


def _tracked_row(table: TrackedTable) -> tuple[Any, ...]:
    return (
        table.source.schema, table.source.name, table.target.schema, table.target.name,
        table.topic, table.partitions, orjson.dumps(table.key).decode(), table.state.value,
        table.reason, table.high.text, table.rows_estimate, table.rows_loaded,
        table.schema_version, table.since.text,
    )  # fmt: skip


def _tracked(row: Any) -> TrackedTable:
    return TrackedTable(
        source=TableName(row.source_schema, row.source_name),
        target=TableName(row.target_schema, row.target_name),
        topic=row.topic,
        partitions=row.partitions,
        key=tuple(orjson.loads(row.key)),
        state=TableState(row.state),
        reason=row.reason,
        high=Position(row.high),
        rows_estimate=row.rows_estimate,
        rows_loaded=row.rows_loaded,
        schema_version=row.schema_version,
        since=Position(row.since),
    )


def _chunk_row(chunk: Chunk) -> tuple[Any, ...]:
    return (
        chunk.table.schema, chunk.table.name, chunk.number, chunk.lower, chunk.upper,
        chunk.state.value, chunk.probe, chunk.high.text, chunk.rows, chunk.bytes, chunk.owner,
    )  # fmt: skip


def _chunk(row: Any) -> Chunk:
    return Chunk(
        table=TableName(row.source_schema, row.source_name),
        number=row.number,
        lower=row.lower,
        upper=row.upper,
        state=ChunkState(row.state),
        probe=row.probe,
        high=Position(row.high),
        rows=row.rows,
        bytes=row.bytes,
        owner=row.owner,
    )
