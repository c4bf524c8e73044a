"""A target's memory and one connection of the applier, kept in this process.

For tests of the roles' own logic: it does what the ports promise, one transaction at a time, and
fails on demand where a real server fails by chance. The real ones have their own tests.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model.catalog import TableName
from model.change import Op
from model.errors import DataRefused, InDoubt, Overtaken, ReplicatorError
from model.ports import Advance, KeyedChange, KeylessChange, TableBatch
from model.position import Position
from model.state import Checkpoint, Migration, MigrationState, TableState, TrackedTable

Row = dict[str, Any]


@dataclass
class Memory:
    """What the target holds. `fail` is asked before and after each commit: it may raise."""

    tracked: dict[TableName, TrackedTable] = field(default_factory=dict)
    checkpoints: dict[tuple[str, int], Checkpoint] = field(default_factory=dict)
    rows: dict[TableName, dict[tuple[Any, ...], Row]] = field(default_factory=dict)
    keyless: dict[TableName, list[Row]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    quarantined: dict[TableName, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    leases: dict[str, str] = field(default_factory=dict)
    refused_leases: int = 0
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    migration: Migration | None = None
    fail: Callable[[str, Sequence[TableBatch]], None] = lambda when, batches: None
    commits: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def track(self, table: TrackedTable) -> None:
        self.tracked[table.source] = table
        self.rows.setdefault(table.source, {})
        self.keyless.setdefault(table.source, [])
        for number in range(table.partitions):
            place = (table.topic, number)
            self.checkpoints.setdefault(place, Checkpoint(table.topic, number, 0))

    def set_state(self, source: TableName, state: TableState) -> None:
        self.tracked[source] = replace(self.tracked[source], state=state)


class MemoryTarget:
    """The part of `model.ports.Target` that the roles use."""

    kind = "memory"

    def __init__(self, memory: Memory) -> None:
        self.memory = memory

    def state(self, migration: str) -> MemoryState:
        return MemoryState(self.memory)

    def apply_session(self, migration: str) -> MemorySession:
        return MemorySession(self.memory)


class MemoryState:
    """The part of `model.ports.State` that the roles use."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def migration(self) -> Migration | None:
        return self._memory.migration

    def tables(self) -> list[TrackedTable]:
        with self._memory.lock:
            return list(self._memory.tracked.values())

    def checkpoints(self) -> list[Checkpoint]:
        with self._memory.lock:
            return list(self._memory.checkpoints.values())

    def set_table(
        self, source: TableName, to: TableState, *, expected: Sequence[TableState]
    ) -> bool:
        with self._memory.lock:
            if self._memory.tracked[source].state not in expected:
                return False
            self._memory.set_state(source, to)
            return True

    def quarantine(
        self,
        source: TableName,
        reason: str,
        record: dict[str, Any],
        position: Position | None = None,
    ) -> bool:
        with self._memory.lock:
            if position is not None and position <= self._memory.tracked[source].since:
                return False
            self._memory.set_state(source, TableState.QUARANTINED)
            self._memory.quarantined[source] = (reason, record)
            return True

    def acquire_lease(self, name: str, holder: str, ttl_s: float) -> bool:
        with self._memory.lock:
            held = self._memory.leases.setdefault(name, holder) == holder
            self._memory.refused_leases += not held
            return held

    def lease_holder(self, name: str) -> str | None:
        with self._memory.lock:
            return self._memory.leases.get(name)

    def release_lease(self, name: str, holder: str) -> None:
        with self._memory.lock:
            if self._memory.leases.get(name) == holder:
                del self._memory.leases[name]

    def report_status(self, role: str, instance: str, detail: dict[str, Any]) -> None:
        self._memory.statuses[role] = detail

    def remember(self, name: str, value: dict[str, Any]) -> None:
        self._memory.documents[name] = value

    def recall(self, name: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self._memory.documents.get(name)
        return value

    def close(self) -> None:
        pass


class MemorySession:
    """See `model.ports.ApplySession`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def apply(self, advances: Sequence[Advance], batches: Sequence[TableBatch]) -> None:
        memory = self._memory
        with memory.lock:
            memory.fail("before", batches)
            self._expect(advances)
            rows = {name: dict(found) for name, found in memory.rows.items()}
            keyless = {name: list(found) for name, found in memory.keyless.items()}
            for batch in batches:
                name = batch.table.source
                _delete_update_insert(rows[name], batch.keyed, batch.strict, str(name))
                for change in batch.keyless:
                    _one_row(keyless[name], change, str(name))
            memory.rows, memory.keyless = rows, keyless
            self._advance(advances)
            memory.commits += 1
            memory.fail("after", batches)

    def wait_at_truncate(self, advance: Advance) -> None:
        with self._memory.lock:
            self._expect([advance])
            place = (advance.topic, advance.partition)
            found = self._memory.checkpoints[place]
            self._memory.checkpoints[place] = replace(found, waiting_at=advance.expected)

    def settle_truncate(self, table: TrackedTable, moves: Sequence[Advance]) -> None:
        with self._memory.lock:
            self._memory.fail("before truncate", ())
            self._expect(moves)
            if any(
                self._memory.checkpoints[m.topic, m.partition].waiting_at != m.expected
                for m in moves
            ):
                raise Overtaken("not all wait")
            self._memory.rows[table.source] = {}
            self._memory.keyless[table.source] = []
            self._advance(moves)
            self._memory.fail("after truncate", ())

    def checkpoints(self, topic: str | None = None) -> list[Checkpoint]:
        with self._memory.lock:
            found = self._memory.checkpoints.values()
            return [each for each in found if topic in (None, each.topic)]

    def close(self) -> None:
        pass

    def _expect(self, advances: Iterable[Advance]) -> None:
        for each in advances:
            found = self._memory.checkpoints[each.topic, each.partition]
            if found.next_offset != each.expected or found.closed:
                raise Overtaken(f"{each.topic}[{each.partition}] is at {found.next_offset}")

    def _advance(self, advances: Iterable[Advance]) -> None:
        for each in advances:
            place = (each.topic, each.partition)
            self._memory.checkpoints[place] = Checkpoint(
                each.topic, each.partition, each.next, Position(each.position.text)
            )


def _delete_update_insert(
    rows: dict[tuple[Any, ...], Row], changes: Sequence[KeyedChange], strict: bool, table: str
) -> None:
    """In the order of the protocol: all deletes, then all updates, then all inserts."""
    if strict:
        for change in changes:
            there = tuple((change.key_before or change.key).values()) in rows
            if there != (change.first is not Op.CREATE):
                raise DataRefused(f"{change.first} of {change.key}", object=table)
    for change in changes:
        if change.values is None:
            rows.pop(tuple(change.key.values()), None)
    pending = []
    for change in changes:
        if change.values is None:
            continue
        old = tuple((change.key_before or change.key).values())
        if old in rows:
            found = rows.pop(old) if change.partial else rows.pop(old) and {}
            rows[tuple(change.key.values())] = {**found, **change.values}
        elif not change.partial:
            pending.append(change)
    for change in pending:
        rows.setdefault(tuple(change.key.values()), dict(change.values or {}))


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
