"""A table's changes as the JSON that fills its stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from connectors.azuresql.columns import Digits, insertable
from connectors.azuresql.staging import Shape
from model.change import Op
from model.errors import DataRefused
from model.ports import KeyedChange, KeylessChange, TargetTable

DELETE: Final = 1
ABSENT: Final = 2
UPSERT: Final = 3
INSERT: Final = 4
PARTIAL: Final = 5
MOVE: Final = 6

UNKNOWN_COLUMN: Final = 207


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of each op a stage holds; `updates` counts ops 3 and 5."""

    deletes: int = 0
    absent: int = 0
    updates: int = 0
    inserts: int = 0
    moves: int = 0
    runs: int = 0


class Knowledge:
    """What changes of one table have shown so far: the columns they carry, those they left out.

    Only grows, so that a session needs few different stages for a table.
    """

    def __init__(self, table: TargetTable, key: tuple[str, ...]) -> None:
        self._table = table
        self._key = key
        self._insertable = {column.name: column for column in insertable(table)}
        self._ignored = {column.name for column in table.columns} - self._insertable.keys()
        missing = [name for name in key if name not in self._insertable]
        if missing:
            raise DataRefused(
                f"the key's column {missing[0]} is not a column of the target",
                object=str(table.name),
                number=UNKNOWN_COLUMN,
            )
        self.carried: frozenset[str] = frozenset(key)
        self._unchanged: frozenset[str] = frozenset()
        self.digits = Digits(table.name, self._insertable.values())

    def learn(self, changes: Iterable[KeyedChange]) -> None:
        """Raises DataRefused for a column that the target does not have."""
        for change in changes:
            values = change.values
            if values is not None and values.keys() != self.carried:
                self._widen(values)
                if change.partial:
                    self._unchanged |= self.carried - values.keys() - set(self._key)

    def learn_rows(self, rows: Iterable[dict[str, Any] | None]) -> None:
        """The same for whole rows."""
        for row in rows:
            if row is not None and row.keys() != self.carried:
                self._widen(row)

    def shape(self, *, moves: bool = False) -> Shape:
        """The stage that holds everything seen so far."""
        return Shape(
            table=self._table,
            key=self._key,
            columns=tuple(c for n, c in self._insertable.items() if n in self.carried),
            flagged=tuple(n for n in self._insertable if n in self._unchanged),
            moves=moves,
        )

    def _widen(self, values: dict[str, Any]) -> None:
        seen = values.keys() - self._ignored
        if unknown := sorted(seen - self._insertable.keys()):
            raise DataRefused(
                f"a change carries column {unknown[0]}, which the target does not have",
                object=str(self._table.name),
                hint="add the column to the target, or reload the table",
                number=UNKNOWN_COLUMN,
            )
        self.carried |= seen


def keyed(changes: Sequence[KeyedChange], shape: Shape, digits: Digits) -> tuple[str, Counts]:
    """`@rows` for `staging.fill(shape, …)`, and the counts for `staging.apply`."""
    names = tuple(column.name for column in shape.columns)
    checked = bool(digits.limits)
    ops = [0] * 7
    rows: list[Sequence[Any]] = []
    for change in changes:
        values = change.values
        if values is None:
            op = ABSENT if change.first is Op.CREATE else DELETE
            row: Sequence[Any] = (op, *map(change.key.get, names))
        else:
            if checked:
                digits.check(values)
            if change.partial or change.key_before is not None:
                op, row = _special(change, values, shape, names)
            else:
                op = INSERT if change.first is Op.CREATE else UPSERT
                row = (op, *map(values.get, names))
        ops[op] += 1
        rows.append(row)
    counts = Counts(ops[DELETE], ops[ABSENT], ops[UPSERT] + ops[PARTIAL], ops[INSERT], ops[MOVE])
    return orjson.dumps(rows).decode(), counts


def _special(
    change: KeyedChange, values: dict[str, Any], shape: Shape, names: tuple[str, ...]
) -> tuple[int, Sequence[Any]]:
    """A change that lacks values or moves a key: the row with its flags and former key."""
    op = PARTIAL if change.key_before is None else MOVE
    known = change.key | values
    row: list[Any] = [op, *map(known.get, names)]
    if shape.moves:
        before = change.key_before
        row += [before[name] if before else None for name in (c.name for _, c in shape.keys)]
    if change.partial:
        row += [int(name not in known) for name in shape.flagged]
    return op, row


def keyless(changes: Sequence[KeylessChange], shape: Shape, digits: Digits) -> tuple[str, Counts]:
    """`@rows` for `keyless.fill(shape, …)`; counts hold the number of runs."""
    names = tuple(column.name for column in shape.columns)
    identities = [column.name for column in shape.columns if column.identity]
    nothing: tuple[Any, ...] = (None,) * len(names)
    rows: list[Sequence[Any]] = []
    run, inserting = 0, False
    for op, before, after in _steps(changes, identities):
        if not (op == INSERT and inserting):
            run += 1
        inserting = op == INSERT
        if after is not None:
            digits.check(after)
        new = nothing if after is None else tuple(map(after.get, names))
        old = () if before is None else tuple(map(before.get, names))
        rows.append((run, op, *new, *old))
    return orjson.dumps(rows).decode(), Counts(runs=run)


def _steps(
    changes: Iterable[KeylessChange], identities: Sequence[str]
) -> Iterable[tuple[int, dict[str, Any] | None, dict[str, Any] | None]]:
    """Ops with rows; an update that changes an identity column is a delete and an insert."""
    for change in changes:
        before, after = change.before, change.after
        match change.op:
            case Op.CREATE:
                yield INSERT, None, after
            case Op.DELETE:
                yield DELETE, before, None
            case _ if before and after and any(before[n] != after[n] for n in identities):
                yield DELETE, before, None
                yield INSERT, None, after
            case _:
                yield UPSERT, before, after
