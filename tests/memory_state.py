"""What a target remembers of a migration, kept in this process (`model.ports.State`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model.catalog import TableName
from model.errors import Overtaken
from model.ports import Advance, TableBatch
from model.position import START, Position
from model.state import (
    Checkpoint,
    Chunk,
    ChunkState,
    JournalEntry,
    Migration,
    Refusal,
    RoleStatus,
    TableState,
    TrackedTable,
)

Row = dict[str, Any]
Place = tuple[str, int]
Rows = dict[tuple[Any, ...], Row]


@dataclass
class Memory:
    """What the target holds. `fail` is asked before, within and after each transaction: it may
    raise.

    `moved` hears of every commit that moved checkpoints: with what stood before it.
    """

    tracked: dict[TableName, TrackedTable] = field(default_factory=dict)
    checkpoints: dict[Place, Checkpoint] = field(default_factory=dict)
    rows: dict[TableName, Rows] = field(default_factory=dict)
    keyless: dict[TableName, list[Row]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    quarantined: dict[TableName, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    leases: dict[str, str] = field(default_factory=dict)
    refused_leases: int = 0
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    chunks: dict[tuple[TableName, int], Chunk] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    sending: dict[str, tuple[TableName, list[Row]]] = field(default_factory=dict)
    """Bulk sessions that have not committed, by application name."""
    migration: Migration | None = None
    fail: Callable[[str, Sequence[TableBatch]], None] = lambda when, batches: None
    moved: Callable[[Sequence[Advance], Memory, bool], None] = lambda advances, before, emptied: (
        None
    )
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

    def before(self) -> Memory:
        """Rows and checkpoints as they are, for `moved`: every commit replaces what it changes."""
        return Memory(dict(self.tracked), dict(self.checkpoints), self.rows, self.keyless)


class MemoryState:
    """The part of `model.ports.State` that the roles use."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def migration(self) -> Migration | None:
        return self._memory.migration

    def set_start(self, start: Position) -> None:
        assert self._memory.migration is not None
        if self._memory.migration.start not in (START, start):
            raise Overtaken("another L0 stands there")
        self._memory.migration = replace(self._memory.migration, start=start)

    def journal(self, entry: JournalEntry) -> int:
        self._memory.journal.append(entry)
        return len(self._memory.journal)

    def entries(self, after: int = 0) -> list[JournalEntry]:
        return self._memory.journal[after:]

    def tables(self) -> list[TrackedTable]:
        with self._memory.lock:
            return list(self._memory.tracked.values())

    def checkpoints(self) -> list[Checkpoint]:
        with self._memory.lock:
            return list(self._memory.checkpoints.values())

    def set_table(
        self,
        source: TableName,
        to: TableState,
        *,
        expected: Sequence[TableState],
        reason: str = "",
        high: Position | None = None,
        rows_loaded: int | None = None,
    ) -> bool:
        with self._memory.lock:
            found = self._memory.tracked[source]
            if found.state not in expected:
                return False
            self._memory.tracked[source] = replace(
                found,
                state=to,
                reason=reason,
                high=found.high if high is None else high,
                rows_loaded=found.rows_loaded if rows_loaded is None else rows_loaded,
            )
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

    def refusal(self, source: TableName) -> Refusal | None:
        found = self._memory.quarantined.get(source)
        return Refusal(*found, "") if found else None

    def begin_anew(self, table: TrackedTable) -> None:
        with self._memory.lock:
            for place, found in self._of(table.topic).items():
                self._memory.checkpoints[place] = replace(found, closed=True, waiting_at=None)
            self.forget_chunks(table.source)
            self._memory.tracked[table.source] = replace(table, high=START, rows_loaded=0)

    def forget_chunks(self, source: TableName) -> None:
        for place in [place for place in self._memory.chunks if place[0] == source]:
            del self._memory.chunks[place]

    def place_checkpoints(self, topic: str, offsets: Sequence[int], position: Position) -> None:
        with self._memory.lock:
            for number, offset in enumerate(offsets):
                placed = Checkpoint(topic, number, offset, position, closed=True)
                self._memory.checkpoints[topic, number] = placed

    def open_gate(self, table: TrackedTable) -> bool:
        with self._memory.lock:
            found = self._memory.tracked[table.source]
            if found.state is not TableState.LOADED or found.since != table.since:
                return False
            self._memory.tracked[table.source] = replace(found, state=TableState.OPEN, reason="")
            for place, each in self._of(table.topic).items():
                self._memory.checkpoints[place] = replace(each, closed=False)
            return True

    def _of(self, topic: str) -> dict[Place, Checkpoint]:
        return {p: each for p, each in self._memory.checkpoints.items() if p[0] == topic}

    def save_chunks(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._memory.chunks[chunk.table, chunk.number] = chunk

    def chunks(self, table: TableName | None = None) -> list[Chunk]:
        found = sorted(self._memory.chunks.items(), key=lambda each: each[0])
        return [chunk for place, chunk in found if table in (None, place[0])]

    def take_chunk(self, owner: str, tables: Sequence[TableName]) -> Chunk | None:
        with self._memory.lock:
            for name in tables:
                for chunk in self.chunks(name):
                    loading = self._memory.tracked[name].state is TableState.LOADING
                    if loading and chunk.state is ChunkState.PLANNED:
                        taken = replace(chunk, state=ChunkState.SENDING, owner=owner)
                        self.save_chunks([taken])
                        return taken
            return None

    def mark_chunk(self, chunk: Chunk) -> None:
        with self._memory.lock:
            found = self._memory.chunks.get((chunk.table, chunk.number))
            if found is None or found.owner != chunk.owner:
                raise Overtaken("the chunk is another's", object=str(chunk.table))
            self.save_chunks([chunk])

    def split_chunk(self, chunk: Chunk, bound: str) -> None:
        with self._memory.lock:
            self.mark_chunk(chunk)
            number = 1 + max(each.number for each in self.chunks(chunk.table))
            half = replace(chunk, state=ChunkState.PLANNED, probe=None, owner="")
            self.save_chunks(
                [replace(half, upper=bound), replace(half, number=number, lower=bound)]
            )

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

    def statuses(self) -> list[RoleStatus]:
        return [RoleStatus(role, "", each, 0.0) for role, each in self._memory.statuses.items()]

    def remember(self, name: str, value: dict[str, Any]) -> None:
        self._memory.documents[name] = value

    def recall(self, name: str) -> dict[str, Any] | None:
        value: dict[str, Any] | None = self._memory.documents.get(name)
        return value

    def close(self) -> None:
        pass
