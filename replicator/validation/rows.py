"""Rows in comparison form on their way into the comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from model.catalog import Column, Table
from model.errors import ReplicatorError
from model.ports import ArrowStream
from model.types import Kind

LONGEST: Final = 8192
"""Longer values are compared by their length and SHA-256, so that memory stays bounded."""


class Rows:
    """One end's rows: counted, columns named `c0`, `c1`, … in the order of `table.carried`, long
    values replaced by their digests. An error of the stream is kept in `failure`, because the
    engine that reads the stream would make a text of it."""

    def __init__(self, stream: ArrowStream, table: Table) -> None:
        self._stream = stream
        self._table = table
        self._reader = pa.RecordBatchReader.from_stream(stream)
        self._columns = [column.name for column in table.carried]
        if self._reader.schema.names != self._columns:
            raise ReplicatorError(
                f"the comparison got the columns {self._reader.schema.names}, "
                f"and wants {self._columns}",
                object=str(table.name),
            )
        self.count = 0
        self.failure: BaseException | None = None

    def reader(self) -> pa.RecordBatchReader:
        """To be read once."""
        schema = pa.schema([(f"c{i}", pa.string()) for i in range(len(self._columns))])
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._reader:
                self.count += batch.num_rows
                columns = [_bounded(column.cast(pa.string())) for column in batch.columns]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)
        except BaseException as error:  # whatever it is: who reads behind C sees words only
            self.failure = self._cause(error)
            raise

    def _cause(self, error: BaseException) -> BaseException:
        """Behind the C interface only the stream itself still knows what broke it."""
        kept = getattr(self._stream, "failure", None)
        if isinstance(kept, BaseException):
            return kept
        if isinstance(error, pa.ArrowException):
            return ReplicatorError(
                f"a stream of rows broke: {error}", object=str(self._table.name), hint="try again"
            )
        return error


def _bounded(column: pa.Array) -> pa.Array:
    longest = pc.max(pc.binary_length(column)).as_py() or 0
    if longest <= LONGEST:
        return column
    return pa.array(
        [value if value is None else bounded(value) for value in column.to_pylist()], pa.string()
    )


def bounded(value: str) -> str:
    """The value, or what stands for it when it is long."""
    data = value.encode()
    if len(data) <= LONGEST:
        return value
    return f"{value[:60]}… ({len(value)} characters, sha256 {hashlib.sha256(data).hexdigest()})"


def normal_form(column: Column, name: str) -> str:
    """DuckDB's expression that makes equal numbers equal texts.

    Zeros at the end of a decimal say nothing (the ends may have different scales), and floats are
    printed in different ways that all round-trip; −0 equals 0.
    """
    match column.type.kind:
        case Kind.DECIMAL | Kind.MONEY:
            trimmed = f"rtrim(rtrim({name}, '0'), '.')"
            return f"CASE WHEN contains({name}, '.') THEN {trimmed} ELSE {name} END"
        case Kind.FLOAT64:
            return f"coalesce(CAST(TRY_CAST({name} AS DOUBLE) + 0 AS VARCHAR), {name})"
        case Kind.FLOAT32:
            return (
                f"coalesce(CAST(TRY_CAST({name} AS FLOAT) + CAST(0 AS FLOAT) AS VARCHAR), {name})"
            )
        case _:
            return name
