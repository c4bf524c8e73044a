"""The comparison form of the target, and reading it in one SNAPSHOT transaction.

`select` is the other half of `connectors.postgresql.comparison.select`: what both print alike is
equal. How a value is printed follows from what it is in the source, because the target's type
may be wider.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from connectors.azuresql.dialect import qualified, quote
from model.catalog import Table, TableName
from model.errors import ReplicatorError, Retryable
from model.ports import TargetTable
from model.types import Kind

_FORMS: Final[dict[Kind, str]] = {
    Kind.INT16: "CONVERT(varchar(20), {0})",
    Kind.INT32: "CONVERT(varchar(20), {0})",
    Kind.INT64: "CONVERT(varchar(20), {0})",
    Kind.DECIMAL: "CONVERT(varchar(200), {0})",
    Kind.MONEY: "CONVERT(varchar(41), {0})",
    Kind.FLOAT32: "CONVERT(varchar(32), {0}, 3)",
    Kind.FLOAT64: "CONVERT(varchar(32), {0}, 3)",
    Kind.BOOLEAN: "CONVERT(varchar(1), {0})",
    Kind.CHAR: "RTRIM({0})",
    Kind.BYTES: "CONVERT(varchar(max), {0}, 2)",
    Kind.DATE: "CONVERT(varchar(10), {0}, 23)",
    Kind.TIMESTAMP: "CONVERT(varchar(27), CONVERT(datetime2(7), {0}), 121)",
    Kind.TIMESTAMPTZ: "CONVERT(varchar(34), CONVERT(datetimeoffset(7), {0}), 121)",
    Kind.TIME: "CONVERT(varchar(16), CONVERT(time(7), {0}), 121)",
    Kind.UUID: "LOWER(CONVERT(varchar(36), {0}))",
}
"""`{0}` is the quoted column; what is not here is text already. Style 3 prints floats so that they
round-trip, 2 prints hexadecimal digits, 23 and 121 are ISO forms with all fractional digits."""

_BATCH_BYTES: Final = 4 * 1024 * 1024
_MOST_ROWS: Final = 16_384
_LEAST_ROWS: Final = 64


def select(target: TargetTable, source: Table) -> str:
    """The query that prints the source's carried columns in comparison form, in no order."""
    columns = ", ".join(
        _FORMS.get(column.type.kind, "{0}").format(quote(column.name)) + f" AS {quote(column.name)}"
        for column in source.carried
    )
    return f"/* replicator:compare */ SELECT {columns} FROM {qualified(target.name)}"


def batch_rows(source: Table) -> int:
    """How many rows to fetch at once, so that a batch holds about 4 MiB."""
    if not source.rows or not source.bytes:
        return _MOST_ROWS if source.rows is None else _LEAST_ROWS * 16
    width = max(1, 2 * source.bytes // source.rows)
    return max(_LEAST_ROWS, min(_MOST_ROWS, _BATCH_BYTES // width))


class Reading:
    """An Arrow stream that keeps its own failure: its consumer only sees a text of it."""

    def __init__(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        self.failure: ReplicatorError | None = None
        self._reader = pa.RecordBatchReader.from_batches(schema, self._watched(batches))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._reader.__arrow_c_stream__(requested_schema)

    def _watched(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except ReplicatorError as error:
            self.failure = error
            raise


class SnapshotReading:
    """Tables read in one SNAPSHOT transaction on a `mssql-python` connection of its own.

    The transaction sees the database as it was when `begin` returned. One table is read at a time.
    """

    def __init__(self, connection: Any, server: str) -> None:
        self._connection = connection
        self._server = server

    def begin(self, touching: TableName) -> None:
        """Open the transaction; the first read (of `touching`) fixes what it sees."""
        self._execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
        self._execute("BEGIN TRANSACTION")
        self._execute(
            f"/* replicator:compare */ SELECT TOP (1) 1 AS one FROM {qualified(touching)}"
        )

    def comparable(self, table: TargetTable, source: Table, *, last: bool = False) -> Reading:
        """Every row of the source's carried columns, as text in comparison form.

        With `last`, transaction and connection end with the stream.
        """
        schema = pa.schema([(column.name, pa.string()) for column in source.carried])
        batches = self._batches(select(table, source), schema, batch_rows(source), str(table.name))
        return Reading(schema, self._closing(batches) if last else batches)

    def _closing(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        finally:
            self.close()

    def _batches(
        self, query: str, schema: pa.Schema, rows: int, object: str
    ) -> Iterator[pa.RecordBatch]:
        import mssql_python

        cursor = self._connection.cursor()
        try:
            cursor.execute(query)
            with cursor.arrow_reader(rows) as reader:
                for batch in reader:
                    columns = [column.cast(pa.string()) for column in batch.columns]
                    yield pa.RecordBatch.from_arrays(columns, schema=schema)
        except (mssql_python.Error, RuntimeError) as exc:
            raise self._translated(exc, object) from exc
        finally:
            cursor.close()

    def _execute(self, statement: str) -> None:
        import mssql_python

        cursor = self._connection.cursor()
        try:
            cursor.execute(statement)
            if cursor.description is not None:
                cursor.fetchall()
        except (mssql_python.Error, RuntimeError) as exc:
            raise self._translated(exc, self._server) from exc
        finally:
            cursor.close()

    def _translated(self, exc: Exception, object: str) -> ReplicatorError:
        """mssql-python's errors carry no number; a reading can always be done again."""
        return Retryable(
            f"reading was interrupted ({type(exc).__name__}: {exc})",
            object=object,
            hint="run the comparison again",
        )

    def close(self) -> None:
        """End the transaction and the connection."""
        self._connection.close()
