"""The full comparison: every row of every table, value by value, in bounded memory.

Both ends sort texts and uuids in different orders, so rows are not merged in order. Instead all
rows of both ends are grouped by all their values, the source's counting +1 and the target's −1:
what does not come to 0 differs. That names duplicates too, needs no key, and spills to disk. The
few rows that are left over are then joined by key, to tell a changed value from a lost row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory
from typing import Final, Protocol

import duckdb

from model.catalog import Table
from model.errors import ReplicatorError
from model.ports import ArrowStream, TargetTable
from replicator.validation.leftover import Leftover
from replicator.validation.options import MIB, CompareOptions
from replicator.validation.report import Difference, Report, TableReport
from replicator.validation.rows import Rows, normal_form

_BYTES_A_COLUMN: Final = MIB


class ComparableSource(Protocol):
    """A source, or what stands for it."""

    def comparable(self, table: Table) -> ArrowStream:
        """Every row of `table.carried` as text in comparison form."""
        ...


class ComparableTarget(Protocol):
    """A target, or one that is read in a single transaction."""

    def comparable(self, table: TargetTable, source: Table) -> ArrowStream:
        """Every row of the source's carried columns as text in comparison form."""
        ...


def compare(
    source: ComparableSource,
    target: ComparableTarget,
    pairs: Sequence[tuple[Table, TargetTable]],
    options: CompareOptions | None = None,
    progress: Callable[[TableReport], None] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Compare each source table with its target table, one after the other.

    `progress` is told of each table when it is done. Raises what the streams raise.
    """
    options = options or CompareOptions()
    reports = []
    for table, target_table in pairs:
        started = clock()
        found = _compare_table(source, target, table, target_table, options)
        report = TableReport(table.name, target_table.name, *found, seconds=clock() - started)
        reports.append(report)
        if progress is not None:
            progress(report)
    return Report(tuple(reports))


def _compare_table(
    source: ComparableSource,
    target: ComparableTarget,
    table: Table,
    target_table: TargetTable,
    options: CompareOptions,
) -> tuple[int, int, int, tuple[Difference, ...]]:
    """(rows of the source, rows of the target, differences, named ones)."""
    with TemporaryDirectory(prefix="replicator-compare-", dir=options.spill) as folder:
        engine = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": f"{_memory(table, options) // MIB}MiB",
                "temp_directory": folder,
                "threads": options.threads,
                "preserve_insertion_order": False,
            },
        )
        try:
            here = Rows(source.comparable(table), table)
            there = Rows(target.comparable(target_table, table), table)
            engine.register("source_rows", here.reader())
            engine.register("target_rows", there.reader())
            _load(engine, table, here, there)
            try:
                count, listed = Leftover(engine, table, options).differences()
            except duckdb.Error as error:
                raise _failed(table, error) from error
            return here.count, there.count, count, listed
        finally:
            engine.close()


def _memory(table: Table, options: CompareOptions) -> int:
    """The engine works on 2,048 rows of every column at once, however few rows there are."""
    return max(options.memory, _BYTES_A_COLUMN * len(table.carried))


def leftover_query(table: Table) -> str:
    """Rows whose number differs between both ends, with that difference as `balance`."""
    forms = ", ".join(
        f"{normal_form(column, f'c{i}')} AS c{i}" for i, column in enumerate(table.carried)
    )
    names = ", ".join(f"c{i}" for i in range(len(table.carried)))
    return (
        f"CREATE TABLE leftover AS SELECT {names}, sum(side) AS balance FROM ("
        f"SELECT {forms}, 1 AS side FROM source_rows UNION ALL "
        f"SELECT {forms}, -1 AS side FROM target_rows"
        f") GROUP BY {names} HAVING sum(side) <> 0"
    )


def _load(engine: duckdb.DuckDBPyConnection, table: Table, *streams: Rows) -> None:
    try:
        engine.execute(leftover_query(table))
    except duckdb.Error as error:
        for stream in streams:
            if stream.failure is not None:
                raise stream.failure from error
        raise _failed(table, error) from error


def _failed(table: Table, error: duckdb.Error) -> ReplicatorError:
    return ReplicatorError(
        f"the comparison's engine failed: {error}",
        object=str(table.name),
        hint="give it more memory, or a spill folder with more space",
    )
