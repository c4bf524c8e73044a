"""A target kept in this process: its tables, the applier's connections, bulk loads.

For tests of the roles' own logic: it does what the ports promise, one transaction at a time, and
fails on demand where a real server fails by chance. The real ones have their own tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from model.catalog import TableName
from model.change import Op
from model.errors import DataRefused, InDoubt, Overtaken, ReplicatorError
from model.ports import (
    Advance,
    ArrowStream,
    KeyedChange,
    KeylessChange,
    TableBatch,
    TargetColumn,
    TargetTable,
)
from model.position import Position
from model.state import Checkpoint, Migration, MigrationState, TrackedTable
from tests.memory_state import Memory, MemoryState, Row, Rows

__all__ = [
    "FailOnce",
    "Memory",
    "MemorySession",
    "MemoryTarget",
    "Row",
    "lost_in_commit",
    "started",
]


class MemoryTarget:
    """The part of `model.ports.Target` that the roles use. Tables are called as in the source."""

    kind = "memory"

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def state(self, migration: str) -> MemoryState:
        return MemoryState(self.memory)

    def apply_session(self, migration: str) -> MemorySession:
        return MemorySession(self.memory)

    def describe(self, name: TableName) -> TargetTable | None:
        tracked = self.memory.tracked.get(name)
        if tracked is None:
            return None
        return TargetTable(name, (TargetColumn("id", "int", False),), tracked.key)

    def count(self, name: TableName) -> int:
        return len(self.memory.rows[name]) + len(self.memory.keyless[name])

    def truncate(self, name: TableName) -> None:
        self.memory.rows = {**self.memory.rows, name: {}}
        self.memory.keyless = {**self.memory.keyless, name: []}

    def probe(self, table: TargetTable, key: str) -> bool:
        return tuple(json.loads(key).values()) in self.memory.rows[table.name]

    def bulk(self, application: str) -> MemoryBulk:
        return MemoryBulk(self.memory, application)

    def end_bulk_sessions(self, application_prefix: str) -> int:
        found = [name for name in self.memory.sending if name.startswith(application_prefix)]
        for name in found:
            del self.memory.sending[name]
        return len(found)

    def log_rate(self) -> None:
        """It is not told."""

    def close(self) -> None:
        pass


class MemoryBulk:
    """One chunk is one transaction; a session whose process died may still commit it."""

    def __init__(self, memory: Memory, application: str) -> None:
        self._memory = memory
        self._application = application

    def write(self, table: TargetTable, stream: ArrowStream) -> int:
        rows = pa.RecordBatchReader.from_stream(stream).read_all().to_pylist()
        self._memory.sending[self._application] = (table.name, rows)
        self._memory.fail("bulk", ())
        commit_bulk(self._memory, self._application)
        return len(rows)


def commit_bulk(memory: Memory, application: str) -> None:
    """The session of that name commits what it was sent. Raises DataRefused for a key twice."""
    name, rows = memory.sending.pop(application)
    key = memory.tracked[name].key
    if not key:
        memory.keyless = {**memory.keyless, name: [*memory.keyless[name], *rows]}
        return
    there = dict(memory.rows[name])
    for row in rows:
        identity = tuple(row[column] for column in key)
        if identity in there:
            raise DataRefused(f"the row {identity} is there already", object=str(name))
        there[identity] = row
    memory.rows = {**memory.rows, name: there}


class MemorySession:
    """See `model.ports.ApplySession`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._stage: list[TableBatch] = []

    def apply(self, advances: Sequence[Advance], batches: Sequence[TableBatch]) -> None:
        memory = self._memory
        with memory.lock:
            self._stage.clear()
            self._stage += batches
            memory.fail("before", batches)
            self._expect(advances)
            before = memory.before()
            rows = {name: dict(found) for name, found in memory.rows.items()}
            keyless = {name: list(found) for name, found in memory.keyless.items()}
            for batch in self._stage:
                name = batch.table.source
                (_strictly if batch.strict else _tolerantly)(rows[name], batch.keyed, str(name))
                for change in batch.keyless:
                    _one_row(keyless[name], change, str(name))
            memory.fail("within", batches)
            memory.rows, memory.keyless = rows, keyless
            self._advance(advances)
            memory.commits += 1
            memory.moved(advances, before, False)
            memory.fail("after", batches)

    def wait_at_truncate(self, advance: Advance) -> None:
        with self._memory.lock:
            self._expect([advance])
            place = (advance.topic, advance.partition)
            found = self._memory.checkpoints[place]
            self._memory.checkpoints[place] = replace(found, waiting_at=advance.expected)

    def settle_truncate(self, table: TrackedTable, moves: Sequence[Advance]) -> None:
        memory = self._memory
        with memory.lock:
            memory.fail("before truncate", ())
            self._expect(moves)
            waiting = [memory.checkpoints[m.topic, m.partition].waiting_at for m in moves]
            if waiting != [m.expected for m in moves] or len(moves) != table.partitions:
                raise Overtaken("not all wait")
            before = memory.before()
            MemoryTarget(memory).truncate(table.target)
            self._advance(moves)
            for each in moves:
                place = (each.topic, each.partition)
                memory.checkpoints[place] = replace(memory.checkpoints[place], waiting_at=None)
            memory.moved(moves, before, True)
            memory.fail("after truncate", ())

    def checkpoints(self, topic: str | None = None) -> list[Checkpoint]:
        with self._memory.lock:
            found = self._memory.checkpoints.values()
            return [each for each in found if topic in (None, each.topic)]

    def close(self) -> None:
        pass

    def _expect(self, advances: Iterable[Advance]) -> None:
        for each in advances:
            found = self._memory.checkpoints[each.topic, each.partition]
            story = each.before is None or each.before == found.position
            if found.next_offset != each.expected or found.closed or not story:
                raise Overtaken(f"{each.topic}[{each.partition}] is at {found.next_offset}")

    def _advance(self, advances: Iterable[Advance]) -> None:
        for each in advances:
            place = (each.topic, each.partition)
            self._memory.checkpoints[place] = replace(
                self._memory.checkpoints[place],
                next_offset=each.next,
                position=Position(each.position.text),
            )


def _strictly(rows: Rows, changes: Sequence[KeyedChange], table: str) -> None:
    """As `connectors.azuresql.staging` does it for a consistent table: deletes, then key changes,
    updates and inserts, each with what must be there before it."""
    for change in changes:
        there = _key(change) in rows
        if change.values is None and there != (change.first is not Op.CREATE):
            raise DataRefused(f"{change.key} is {'' if there else 'not '}there", object=table)
    for change in changes:
        if change.values is None:
            rows.pop(_key(change), None)
    inserts = []
    for change in changes:
        if change.key_before is not None:
            old = rows.pop(tuple(change.key_before.values()), None)
            if old is None:
                raise DataRefused(f"{change.key_before} to move is not there", object=table)
            inserts.append((_key(change), {**old, **(change.values or {})}))
        elif change.values is not None and change.first is Op.CREATE:
            inserts.append((_key(change), dict(change.values)))
        elif change.values is not None:
            if _key(change) not in rows:
                raise DataRefused(f"{change.key} to update is not there", object=table)
            rows[_key(change)] = {**rows[_key(change)], **change.values}
    for key, row in inserts:
        if key in rows:
            raise DataRefused(f"{key} to create is there", object=table)
        rows[key] = row


def _tolerantly(rows: Rows, changes: Sequence[KeyedChange], table: str) -> None:
    """The same while replays are tolerated."""
    for change in changes:
        if change.values is None:
            rows.pop(_key(change), None)
    for change in changes:
        if change.values is None:
            continue
        old = None
        if change.key_before is not None:
            old = rows.pop(tuple(change.key_before.values()), None)
        found = rows.get(_key(change), old)
        if found is not None:
            rows[_key(change)] = {**found, **change.values}
        elif not change.partial:
            rows[_key(change)] = dict(change.values)


def _key(change: KeyedChange) -> tuple[Any, ...]:
    return tuple(change.key.values())


def _one_row(rows: list[Row], change: KeylessChange, table: str) -> None:
    if change.op is not Op.CREATE:
        if change.before not in rows:
            raise DataRefused(f"no row like {change.before}", object=table)
        rows.remove(change.before)
    if change.after is not None:
        rows.append(change.after)


class FailOnce:
    """Raises each planned error once, at the commit of its number (from 1), when it is `when`."""

    def __init__(self, memory: Memory, plan: dict[tuple[str, int], ReplicatorError]) -> None:
        self._memory = memory
        self._plan = plan

    def __call__(self, when: str, batches: Sequence[TableBatch]) -> None:
        number = self._memory.commits + (0 if when.startswith("after") else 1)
        error = self._plan.pop((when, number), None)
        if error is not None:
            raise error


def lost_in_commit() -> InDoubt:
    """The connection went while the commit was under way."""
    return InDoubt("connection lost during COMMIT")


def started(identity: str = "7:1", start: str = "0000000000000000/00000000") -> Migration:
    """A migration that is deployed."""
    return Migration("m", MigrationState.LOADING, 1, identity, Position(start))
