"""The rows that are left over when equal ones have cancelled out: counted, named, told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb

from model.catalog import Table
from replicator.validation.options import CompareOptions
from replicator.validation.report import Difference, DifferenceKind, masked

Value = str | None


class Leftover:
    """Reads the engine's table `leftover`: columns `c0`, `c1`, … and `balance`.

    Questions touch the key and one column at a time, so that wide tables need no more memory.
    """

    def __init__(
        self, engine: duckdb.DuckDBPyConnection, table: Table, options: CompareOptions
    ) -> None:
        self._engine = engine
        self._table = table
        self._options = options
        self._names = [column.name for column in table.carried]
        self._keys = [self._names.index(name) for name in table.key]
        self._values = [i for i in range(len(self._names)) if i not in self._keys]
        self._shown: Callable[[Value], Value] = masked if options.masked else lambda value: value
        match = " AND ".join(f"s.c{i} IS NOT DISTINCT FROM t.c{i}" for i in self._keys) or "false"
        self._lost = (
            "FROM leftover AS s WHERE s.balance > 0 AND NOT EXISTS "
            f"(SELECT 1 FROM leftover AS t WHERE t.balance < 0 AND {match})"
        )
        self._more = (
            "FROM leftover AS t WHERE t.balance < 0 AND NOT EXISTS "
            f"(SELECT 1 FROM leftover AS s WHERE s.balance > 0 AND {match})"
        )
        self._both = (
            f"FROM leftover AS s JOIN leftover AS t ON {match} "
            "WHERE s.balance > 0 AND t.balance < 0"
        )

    def differences(self) -> tuple[int, tuple[Difference, ...]]:
        """How many there are, and the first of them by name."""
        count = self._number(f"SELECT coalesce(sum(s.balance), 0) {self._lost}")
        count += self._number(f"SELECT coalesce(-sum(t.balance), 0) {self._more}")
        changed = [i for i in self._values if self._keys] if self._any_pair() else []
        for i in changed:
            count += self._number(
                f"SELECT count(*) {self._both} AND s.c{i} IS DISTINCT FROM t.c{i}"
            )
        found = self._rows(DifferenceKind.MISSING_ROW, "s", self._lost)
        found += self._rows(DifferenceKind.EXTRA_ROW, "t", self._more)
        found += self._changed() if changed else []
        return count, tuple(found[: self._options.listed])

    def _any_pair(self) -> bool:
        return self._number(f"SELECT count(*) FROM (SELECT 1 {self._both} LIMIT 1)") > 0

    def _number(self, query: str) -> int:
        row = self._engine.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _order(self, side: str) -> str:
        columns = self._keys or range(len(self._names))
        return ", ".join(f"{side}.c{i}" for i in columns)

    def _rows(self, kind: DifferenceKind, side: str, query: str) -> list[Difference]:
        chosen = self._engine.execute(
            f"SELECT {side}.rowid {query} ORDER BY {self._order(side)} LIMIT {self._options.listed}"
        ).fetchall()
        return [self._row(kind, number) for (number,) in chosen]

    def _row(self, kind: DifferenceKind, number: int) -> Difference:
        row = self._fetch(number)
        if self._keys:
            key = {self._names[i]: row[i] for i in self._keys}
        else:
            key = {name: self._shown(value) for name, value in zip(self._names, row, strict=False)}
        return Difference(self._table.name, kind, key, count=abs(int(row[-1])))

    def _fetch(self, number: int) -> tuple[Any, ...]:
        query = f"SELECT * FROM leftover WHERE rowid = {number}"
        row = self._engine.execute(query).fetchone()
        if row is None:
            raise AssertionError(f"row {number} of the leftover is gone")
        return tuple(row)

    def _changed(self) -> list[Difference]:
        pairs = self._engine.execute(
            f"SELECT s.rowid, t.rowid {self._both} ORDER BY {self._order('s')} "
            f"LIMIT {self._options.listed}"
        ).fetchall()
        found: list[Difference] = []
        for one, other in pairs:
            here, there = self._fetch(one), self._fetch(other)
            key = {self._names[i]: here[i] for i in self._keys}
            found.extend(
                Difference(
                    self._table.name,
                    DifferenceKind.DIFFERENT_VALUE,
                    key,
                    self._names[i],
                    self._shown(here[i]),
                    self._shown(there[i]),
                )
                for i in self._values
                if here[i] != there[i]
            )
        return found
