"""One connection of the applier: a batch is one statement to the server, and one transaction.

The statement stages each table outside of the transaction, then moves the checkpoints by
compare-and-set and applies the stages inside it, when no table is being altered. Each table's
own text travels as a parameter and runs through `sp_executesql`, so that the server keeps a plan
for each text whatever tables a batch brings together. Errors come back as a row (table, number,
words), read from `ERROR_NUMBER()`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final

import pyodbc

from connectors.azuresql import checkpoint, describe, keyless, rows, staging, turns
from connectors.azuresql.connection import (
    Credential,
    close_quietly,
    drain,
    open_pyodbc,
)
from connectors.azuresql.dialect import qualified
from connectors.azuresql.errors import connection_lost, numbered, translate
from connectors.azuresql.settings import AzureSqlSettings
from model.catalog import TableName
from model.errors import DataRefused, Overtaken, ReplicatorError, TooLarge
from model.ports import Advance, TableBatch, TargetTable
from model.state import Checkpoint, TrackedTable

_TEXT: Final = (pyodbc.SQL_WVARCHAR, 0, 0)
_NAME: Final = (pyodbc.SQL_WVARCHAR, 128, 0)
_INT: Final = (pyodbc.SQL_INTEGER, 0, 0)
_MOST_TABLES: Final = 200
"""Ten parameters a table; a request takes 2,100."""

NO_SUCH_TABLE: Final = 208


@dataclass(frozen=True, slots=True)
class Staged:
    """One table's part of the batch's statement."""

    source: TableName
    fill: str
    json: str
    apply: str
    counts: rows.Counts
    identity: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    fill: str
    apply: str


def batch(tables: int) -> str:
    """The statement for a batch of so many tables.

    Parameters: migration, advances as JSON, their number; fill text and rows of each table; apply
    text and the six counts of each table. Returns one row: table (from 1, 0 for the checkpoints),
    error number (0: committed), words.
    """
    return _guarded(
        "apply",
        "".join(
            f"SET @at = {at}; EXEC sp_executesql ?, N'@rows nvarchar(max)', @rows = ?; "
            for at in range(1, tables + 1)
        ),
        checkpoint.advance()
        + "".join(
            f" SET @at = {at}; EXEC sp_executesql ?, N'{staging.COUNTS}', @deletes = ?, "
            "@absent = ?, @updates = ?, @inserts = ?, @moves = ?, @runs = ?;"
            for at in range(1, tables + 1)
        ),
    )


def sizes(tables: int) -> list[tuple[int, int, int]]:
    """Types of `batch`'s parameters, whatever their lengths: pyodbc would bind a long text as
    ntext, which OPENJSON refuses, and each length would be another statement to the server."""
    return [_NAME, _TEXT, _INT, *[_TEXT, _TEXT] * tables, *[_TEXT, *[_INT] * 6] * tables]


def truncation(target: TargetTable) -> str:
    """Delete all rows and move every waiting partition past its truncate.

    A table that a foreign key references, even a disabled one, cannot be truncated (4712).
    """
    return _guarded("settle-truncate", "", f"{checkpoint.settle()} {emptied(target.name)}")


def emptied(table: TableName) -> str:
    """Remove every row of a table by the fastest way that it allows."""
    name = qualified(table)
    return (
        f"IF EXISTS (SELECT 1 FROM sys.foreign_keys WHERE referenced_object_id = "
        f"OBJECT_ID(N'{name.replace(chr(39), chr(39) * 2)}')) "
        f"DELETE FROM {name}; ELSE TRUNCATE TABLE {name};"
    )


def _guarded(name: str, before: str, transaction: str) -> str:
    return (
        f"/* replicator:{name} */ DECLARE @at int = 0, @migration nvarchar(128) = ?, "
        "@advances nvarchar(max) = ?, @moved int = ?, @turn nvarchar(255), @taken int; "
        f"BEGIN TRY {before}SET @at = 0; BEGIN TRANSACTION; {turns.TOGETHER} {transaction} "
        "COMMIT TRANSACTION; "
        "SELECT 0 AS [at], 0 AS [number], N'' AS [words]; END TRY "
        "BEGIN CATCH IF XACT_STATE() <> 0 ROLLBACK TRANSACTION; "
        "SELECT @at AS [at], ERROR_NUMBER() AS [number], ERROR_MESSAGE() AS [words]; END CATCH;"
    )


class AzureSqlApplySession:
    """See `model.ports.ApplySession`. After Retryable or InDoubt close it and open another."""

    def __init__(
        self, settings: AzureSqlSettings, migration: str, identity: Credential | None = None
    ) -> None:
        self._migration = migration
        self._server = settings.server
        self._connection = open_pyodbc(
            settings, application=f"replicator:{migration}:apply", identity=identity
        )
        self._knowledge: dict[tuple[TableName, int], rows.Knowledge] = {}
        self._texts: dict[tuple[staging.Shape, bool | None], Texts] = {}
        self._stages: dict[staging.Shape, str] = {}

    def apply(self, advances: Sequence[Advance], batches: Sequence[TableBatch]) -> None:
        work = [table for table in batches if table.keyed or table.keyless]
        if len(work) > _MOST_TABLES:
            raise TooLarge(f"a batch of {len(work)} tables", hint=f"at most {_MOST_TABLES}")
        staged = [self._staged(table) for table in work]
        parameters: list[Any] = [self._migration, checkpoint.as_json(advances), len(advances)]
        for table in staged:
            parameters += (table.fill, table.json)
        for table in staged:
            parameters += (table.apply, *astuple(table.counts))
        self._send(batch(len(staged)), parameters, sizes(len(staged)), staged)

    def wait_at_truncate(self, advance: Advance) -> None:
        before = () if advance.before is None else (advance.before.text,)
        place = (self._migration, advance.topic, advance.partition, advance.expected, *before)
        if self._plain(checkpoint.wait(compared=bool(before)), place)[0][0] != 1:
            raise Overtaken(
                "the checkpoint was moved or closed by someone else",
                object=f"{advance.topic}/{advance.partition}",
                hint="read the checkpoint again",
            )

    def settle_truncate(self, table: TrackedTable, moves: Sequence[Advance]) -> None:
        if len(moves) != table.partitions:
            raise Overtaken(
                f"{len(moves)} of {table.partitions} partitions wait at the truncate",
                object=str(table.source),
            )
        target = self._describe(table)
        parameters = [self._migration, checkpoint.as_json(moves), len(moves)]
        self._send(truncation(target), parameters, sizes(0), ())

    def checkpoints(self, topic: str | None = None) -> list[Checkpoint]:
        if topic is None:
            return checkpoint.read(self._plain(checkpoint.SELECT_ALL, (self._migration,)))
        return checkpoint.read(self._plain(checkpoint.SELECT_TOPIC, (self._migration, topic)))

    def close(self) -> None:
        close_quietly(self._connection)

    def _staged(self, table: TableBatch) -> Staged:
        try:
            return self._stage_with(table, self._known(table.table))
        except DataRefused as error:
            if error.number != rows.UNKNOWN_COLUMN:
                raise
        # Capture may have added the column since the table was described.
        del self._knowledge[table.table.target, table.table.schema_version]
        return self._stage_with(table, self._known(table.table))

    def _stage_with(self, table: TableBatch, known: rows.Knowledge) -> Staged:
        if table.keyless:
            return self._staged_keyless(table, known)
        known.learn(table.keyed)
        shape = known.shape(moves=any(change.key_before for change in table.keyed))
        name = self._stage(shape)
        texts = self._texts.get((shape, table.strict))
        if texts is None:
            texts = Texts(
                staging.fill(shape, name), staging.apply(shape, name, strict=table.strict)
            )
            self._texts[shape, table.strict] = texts
        text, counts = rows.keyed(table.keyed, shape, known.digits)
        return self._part(table, shape, texts, text, counts)

    def _staged_keyless(self, table: TableBatch, known: rows.Knowledge) -> Staged:
        known.learn_rows(row for change in table.keyless for row in (change.before, change.after))
        shape = known.shape()
        name = self._stage(shape)
        texts = self._texts.get((shape, None))
        if texts is None:
            texts = Texts(keyless.fill(shape, name), keyless.apply(shape, name))
            self._texts[shape, None] = texts
        text, counts = rows.keyless(table.keyless, shape, known.digits)
        return self._part(table, shape, texts, text, counts)

    def _part(
        self, table: TableBatch, shape: staging.Shape, texts: Texts, json: str, counts: rows.Counts
    ) -> Staged:
        identity = qualified(shape.table.name) if shape.identity else ""
        return Staged(table.table.source, texts.fill, json, texts.apply, counts, identity)

    def _known(self, table: TrackedTable) -> rows.Knowledge:
        place = (table.target, table.schema_version)
        if place not in self._knowledge:
            self._knowledge[place] = rows.Knowledge(self._describe(table), table.key)
        return self._knowledge[place]

    def _describe(self, table: TrackedTable) -> TargetTable:
        found = describe.read(
            table.target,
            self._plain(describe.COLUMNS, (qualified(table.target),)),
            self._plain(describe.KEY, (qualified(table.target),)),
        )
        if found is None:
            raise DataRefused(
                f"the target has no table {table.target}",
                object=str(table.source),
                hint="deploy the schema, or reload the table",
                number=NO_SUCH_TABLE,
            )
        return found

    def _stage(self, shape: staging.Shape) -> str:
        """The name of the stage of that shape, created when the session has none yet."""
        if shape not in self._stages:
            name = f"#stage{len(self._stages) + 1}"
            make = staging.create if shape.key else keyless.create
            self._plain(f"/* replicator:stage-create */ {make(shape, name)}")
            self._stages[shape] = name
        return self._stages[shape]

    def _plain(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(sql, *parameters)
                return drain(cursor)
        except pyodbc.Error as exc:
            raise translate(exc, object=self._server) from exc

    def _send(
        self,
        sql: str,
        parameters: Sequence[Any],
        types: list[tuple[int, int, int]],
        staged: Sequence[Staged],
    ) -> None:
        try:
            with self._connection.cursor() as cursor:
                cursor.setinputsizes(types)
                cursor.execute(sql, *parameters)
                at, number, words = drain(cursor)[0]
        except pyodbc.Error as exc:
            raise translate(exc, object=self._server, committing=connection_lost(exc)) from exc
        if number:
            for table in staged:
                if table.identity:
                    self._plain(f"SET IDENTITY_INSERT {table.identity} OFF")
            raise self._refused(at, number, words, staged)

    def _refused(
        self, at: int, number: int, words: str, staged: Sequence[Staged]
    ) -> ReplicatorError:
        table = str(staged[at - 1].source) if at else self._migration
        return numbered(number, words, object=table)
