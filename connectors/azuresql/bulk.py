"""Bulk load: one native bulk copy and one transaction for a whole chunk.

`mssql-python` opens a connection of its own for it, holds the GIL while it runs, and reports
errors in words only. So a failed chunk is in doubt and says nothing of why; when the same table is
written again after that, its rows go through pyodbc, which either succeeds or knows the number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyodbc

from connectors.azuresql.arrow import fitted, texts
from connectors.azuresql.columns import insertable
from connectors.azuresql.connection import (
    Credential,
    close_quietly,
    open_mssql,
    open_pyodbc,
)
from connectors.azuresql.dialect import comma, qualified, quote
from connectors.azuresql.errors import translate
from connectors.azuresql.settings import AzureSqlSettings
from model.catalog import TableName
from model.errors import InDoubt
from model.ports import ArrowStream, TargetTable

_ONE_BATCH: Final = 2**31 - 1
"""Rows in a batch: a batch is a transaction, and a chunk must be one."""
_PANIC: Final = "PanicException"
"""How a failed assertion of the native part arrives: a BaseException without a class to import."""


class AzureSqlBulkWriter:
    """See `model.ports.BulkWriter`. `suspects` are tables whose last native load failed; it is
    shared by all writers of a target."""

    def __init__(
        self,
        settings: AzureSqlSettings,
        application: str,
        suspects: set[TableName],
        identity: Credential | None = None,
    ) -> None:
        self._settings = settings
        self._application = application
        self._suspects = suspects
        self._identity = identity

    def write(self, table: TargetTable, stream: ArrowStream) -> int:
        reader = fitted(table, pa.RecordBatchReader.from_stream(stream))
        if table.name in self._suspects:
            rows = self._row_wise(table, reader)
            self._suspects.discard(table.name)
            return rows
        return self._native(table, reader)

    def _native(self, table: TargetTable, reader: pa.RecordBatchReader) -> int:
        connection = open_mssql(self._settings, identity=self._identity)
        try:
            cursor = _named_cursor(connection, self._application)
            result = cursor.bulkcopy_arrow(
                qualified(table.name),
                reader,
                batch_size=_ONE_BATCH,
                timeout=max(1, math.ceil(self._settings.bulk_timeout)),
                column_mappings=[(i, name) for i, name in enumerate(reader.schema.names)],
                keep_identity=_identity(table, reader.schema),
                keep_nulls=True,
                table_lock=not table.key,
                use_internal_transaction=True,
            )
        except BaseException as exc:  # a panic of the native part is no Exception (`_PANIC`)
            if isinstance(exc, Exception) or type(exc).__name__ == _PANIC:
                self._suspects.add(table.name)
                raise InDoubt(
                    f"bulk load failed: {exc}",
                    object=str(table.name),
                    hint="settle the chunk by its probe, then write it again",
                ) from exc
            raise
        finally:
            connection.close()
        return int(result["rows_copied"])

    def _row_wise(self, table: TargetTable, reader: pa.RecordBatchReader) -> int:
        """The same transaction through pyodbc's parameter arrays; a third as fast, with numbers."""
        connection = open_pyodbc(
            self._settings, application=self._application, identity=self._identity
        )
        rows = 0
        committing = False
        try:
            connection.autocommit = False
            cursor = connection.cursor()
            cursor.fast_executemany = True
            if _identity(table, reader.schema):
                cursor.execute(f"SET IDENTITY_INSERT {qualified(table.name)} ON")
            statement = row_insert(table.name, reader.schema.names)
            for columns, count in _pieces(reader):
                cursor.setinputsizes([_size(column) for column in columns])
                cursor.executemany(statement, list(zip(*columns, strict=True)))
                rows += count
            committing = True
            connection.commit()
        except pyodbc.Error as exc:
            raise translate(exc, object=str(table.name), committing=committing) from exc
        finally:
            close_quietly(connection)
        return rows


def row_insert(table: TableName, columns: list[str]) -> str:
    """The insert of one row; the server converts texts to the columns' types."""
    names = comma(quote(name) for name in columns)
    marks = comma("?" for _ in columns)
    return f"/* replicator:load-rows */ INSERT INTO {qualified(table)} ({names}) VALUES ({marks})"


def _pieces(reader: pa.RecordBatchReader) -> Iterator[tuple[list[list[Any]], int]]:
    """Columns of at most so many rows as pyodbc may buffer at once."""
    for batch in reader:
        for start in range(0, batch.num_rows, _PIECE):
            piece = batch.slice(start, _PIECE)
            yield texts(piece), piece.num_rows


_PIECE: Final = 1000


def _size(column: list[Any]) -> tuple[int, int, int]:
    """One binding for all rows of a piece: the longest value decides, 0 is (max)."""
    binary = any(isinstance(value, bytes) for value in column)
    longest = max((len(value) for value in column if value is not None), default=1)
    if binary:
        return (pyodbc.SQL_VARBINARY, 8000 if longest <= 8000 else 0, 0)
    return (pyodbc.SQL_WVARCHAR, 4000 if longest <= 2000 else 0, 0)


def _identity(table: TargetTable, schema: pa.Schema) -> bool:
    sent = set(schema.names)
    return any(column.identity and column.name in sent for column in insertable(table))


def _named_cursor(connection: Any, application: str) -> Any:
    """A cursor whose bulk connection carries our session name, which the public interface keeps
    for itself; without it nobody could tell a loader's session from another's."""
    from mssql_python.cursor import Cursor

    class NamedCursor(Cursor):
        def _build_pycore_context(self) -> dict[str, Any]:
            context: dict[str, Any] = super()._build_pycore_context()
            return context | {"application_name": application[:128]}

    return NamedCursor(connection)
