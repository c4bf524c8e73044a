"""Compares a million rows with themselves, one value changed; prints what it took.

Run in a process of its own, because memory is measured: `python -m … [rows]`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pyarrow as pa

from model.catalog import Table
from model.ports import ArrowStream, TargetTable
from model.types import Kind
from monitoring.metrics import peak_rss_bytes
from replicator.validation import compare
from tests.unit.validation.ends import TARGET, make_table

BATCH = 8192
TABLE = make_table(Kind.TEXT, Kind.TEXT, Kind.TIMESTAMP, Kind.DECIMAL, Kind.BOOLEAN, Kind.TEXT)
CHANGED = 654_321


def _batches(rows: int, schema: pa.Schema, changed: bool) -> Iterator[pa.RecordBatch]:
    for start in range(0, rows, BATCH):
        ids = range(start, min(rows, start + BATCH))
        columns: list[list[str | None]] = [
            [str(i) for i in ids],
            [f"user{i}@example.org" for i in ids],
            [f"lorem ipsum dolor sit amet {i * 7919} " * 3 for i in ids],
            [f"2026-01-02 03:04:05.{i:07d}" for i in ids],
            [f"{i}.{i % 100:02d}" for i in ids],
            [None if i % 3 == 0 else str(i % 2) for i in ids],
            ["x" * (i % 60) + " " * (changed and i == CHANGED) for i in ids],
        ]
        yield pa.record_batch([pa.array(c, pa.string()) for c in columns], schema=schema)


class Generated:
    """Both ends, generated while they are read."""

    def __init__(self, rows: int, changed: bool) -> None:
        self._rows = rows
        self._changed = changed

    def comparable(self, table: Table | TargetTable, source: Table = TABLE) -> ArrowStream:
        schema = pa.schema([(column.name, pa.string()) for column in source.carried])
        reader: ArrowStream = pa.RecordBatchReader.from_batches(
            schema, _batches(self._rows, schema, self._changed)
        )
        return reader


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    report = compare(Generated(rows, False), Generated(rows, True), [(TABLE, TARGET)])
    [table] = report.tables
    print(
        json.dumps(
            {
                "rows": table.source_rows,
                "differences": report.differences,
                "named": [str(found) for found in table.listed],
                "seconds": table.seconds,
                "peak_rss_mib": peak_rss_bytes() / (1024 * 1024),
            }
        )
    )


if __name__ == "__main__":
    main()
