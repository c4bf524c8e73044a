"""The full comparison: every row of every table, value by value, in bounded memory.

Both ends sort texts and uuids in different orders, so rows are not merged in order. Instead all
rows of both ends are grouped by all their values, the source's counting +1 and the target's −1:
what does not come to 0 differs. That names duplicates too, needs no key, and spills to disk. The
few rows that are left over are then joined by key, to tell a changed value from a lost row.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Protocol

import duckdb

from model.catalog import Table
from model.errors import ReplicatorError
from model.ports import ArrowStream, TargetTable
from replicator.validation.report import Difference, DifferenceKind, Report, TableReport, masked
from replicator.validation.rows import Rows, normal_form

_MIB: Final = 1024 * 1024


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


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """`memory` bounds the engine (bytes); what does not fit goes to `spill` (a folder; a temporary
    one when None). `listed` differences of each table are named. `masked` hides values."""

    memory: int = 96 * _MIB
    spill: Path | None = None
    threads: int = 2
    listed: int = 100
    masked: bool = False


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
                "memory_limit": f"{options.memory // _MIB}MiB",
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
            _run(engine, leftover_query(table), here, there)
            count, listed = _differences(engine, table, options)
            return here.count, there.count, count, listed
        finally:
            engine.close()


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


def _run(engine: duckdb.DuckDBPyConnection, query: str, *streams: Rows) -> None:
    try:
        engine.execute(query)
    except duckdb.Error as error:
        for stream in streams:
            if stream.failure is not None:
                raise stream.failure from error
        raise ReplicatorError(
            f"the comparison's engine failed: {error}",
            hint="give it more memory, or a spill folder with more space",
        ) from error


def _differences(
    engine: duckdb.DuckDBPyConnection, table: Table, options: CompareOptions
) -> tuple[int, tuple[Difference, ...]]:
    """What is left over, counted and told apart."""
    named = [column.name for column in table.carried]
    keys = [named.index(name) for name in table.key]
    match = " AND ".join(f"s.c{i} IS NOT DISTINCT FROM t.c{i}" for i in keys) or "false"
    sides = {"s": "balance > 0", "t": "balance < 0"}
    s, t = (f"(SELECT * FROM leftover WHERE {sides[side]}) AS {side}" for side in "st")
    values = [i for i in range(len(named)) if i not in keys]
    changed = " + ".join(f"(s.c{i} IS DISTINCT FROM t.c{i})::INTEGER" for i in values) or "0"
    lost = f"FROM {s} WHERE NOT EXISTS (SELECT 1 FROM {t} WHERE {match})"
    more = f"FROM {t} WHERE NOT EXISTS (SELECT 1 FROM {s} WHERE {match})"
    count = 0
    for query in (
        f"SELECT coalesce(sum(balance), 0) {lost}",
        f"SELECT coalesce(-sum(balance), 0) {more}",
        f"SELECT coalesce(sum({changed}), 0) FROM {s} JOIN {t} ON {match}",
    ):
        row = engine.execute(query).fetchone()
        count += int(row[0]) if row else 0
    found: list[Difference] = []
    shown = keys or list(range(len(named)))
    order = ", ".join(f"c{i}" for i in shown)
    for kind, query in ((DifferenceKind.MISSING_ROW, lost), (DifferenceKind.EXTRA_ROW, more)):
        rows = engine.execute(f"SELECT * {query} ORDER BY {order} LIMIT {options.listed}")
        for row in rows.fetchall():
            key = {named[i]: row[i] for i in shown}
            if options.masked and not keys:
                key = {name: masked(value) for name, value in key.items()}
            found.append(Difference(table.name, kind, key, count=abs(int(row[-1]))))
    if keys:
        order = ", ".join(f"s.c{i}" for i in keys)
        joined = engine.execute(
            f"SELECT s.*, t.* FROM {s} JOIN {t} ON {match} ORDER BY {order} LIMIT {options.listed}"
        )
        for row in joined.fetchall():
            found.extend(_changed(table, named, keys, row, options))
    return count, tuple(found[: options.listed])


def _changed(
    table: Table, named: list[str], keys: list[int], row: tuple[Any, ...], options: CompareOptions
) -> list[Difference]:
    width = len(named) + 1
    here, there = row[:width], row[width:]
    show = masked if options.masked else (lambda value: value)
    return [
        Difference(
            table.name,
            DifferenceKind.DIFFERENT_VALUE,
            {named[k]: here[k] for k in keys},
            named[i],
            show(here[i]),
            show(there[i]),
        )
        for i in range(len(named))
        if i not in keys and here[i] != there[i]
    ]
