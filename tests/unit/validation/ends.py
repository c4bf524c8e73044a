"""Two ends that hold their rows in memory, in comparison form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from model.catalog import Column, Key, Table, TableName
from model.ports import ArrowStream, TargetTable
from model.types import Kind, LogicalType

Rows = Sequence[Sequence[str | None]]
TARGET = TargetTable(TableName("dbo", "t"), ())


def _letters(number: int) -> str:
    """`a` to `z`, then `a1`, `b1` and so on."""
    return chr(ord("a") + number % 26) + (str(number // 26) if number > 25 else "")


def make_table(*kinds: Kind, key: tuple[str, ...] = ("id",)) -> Table:
    """A table with the column `id` and then `a`, `b`, … of these kinds."""
    columns = [Column("id", LogicalType(Kind.INT64), False, "bigint")]
    columns += [
        Column(_letters(i), LogicalType(kind), True, str(kind)) for i, kind in enumerate(kinds)
    ]
    return Table(
        TableName("public", "t"),
        tuple(columns),
        primary_key=Key("t_pkey", key) if key else None,
        key=key,
    )


def stream(table: Table, rows: Rows, batch: int = 1000) -> pa.RecordBatchReader:
    """Rows as an Arrow stream of strings."""
    schema = pa.schema([(column.name, pa.string()) for column in table.carried])

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(rows), batch):
            columns = list(zip(*rows[start : start + batch], strict=True))
            yield pa.RecordBatch.from_arrays(
                [pa.array(column, pa.string()) for column in columns], schema=schema
            )

    return pa.RecordBatchReader.from_batches(schema, batches())


class SourceEnd:
    """Stands for a source."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def comparable(self, table: Table) -> ArrowStream:
        reader: ArrowStream = stream(table, self.rows)
        return reader


class TargetEnd:
    """Stands for a target."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def comparable(self, table: TargetTable, source: Table) -> ArrowStream:
        reader: ArrowStream = stream(source, self.rows)
        return reader
