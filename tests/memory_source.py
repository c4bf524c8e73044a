"""A source kept in this process: tables, the log of what happened to them, a slot, snapshots.

A commit is in the log and visible at one moment. Commits stand at odd places of the log, as a real
one's never stands right below the next; `insert` is the next one's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from model.catalog import Catalog, Table, TableName
from model.change import Begin, Change, Commit, LogEvent, MarkerSeen
from model.errors import Gap, ReplicatorError, Retryable
from model.position import Position, SourceIdentity
from model.state import Chunk
from tests.streams import boundary

Values = tuple[int, ...]
"""A row: one integer for each column, the key's first."""

IDENTITY = SourceIdentity("7", 1)
_TS = 1_760_000_000_000


def at(lsn: int) -> Position:
    return Position(f"{boundary(lsn)}/00000000")


@dataclass
class Snapshot:
    """Every table's rows as they were, and where the log stood. `exact`: the point is known."""

    rows: dict[TableName, list[Values]]
    high: Position


@dataclass
class MemorySource:
    """`keyed` holds rows by key, `keyless` a bag. `history` tells each key's rows: (lsn, row)."""

    tables: Mapping[TableName, Table]
    kind: str = "postgresql"
    insert: int = 1
    keyed: dict[TableName, dict[int, Values]] = field(default_factory=dict)
    keyless: dict[TableName, list[Values]] = field(default_factory=dict)
    history: dict[tuple[TableName, int], list[tuple[int, Values | None]]] = field(
        default_factory=dict
    )
    log: list[tuple[int, list[LogEvent]]] = field(default_factory=list)
    confirmed: int | None = None
    """What the slot was told last; None while there is no slot."""
    reading: MemoryLogReader | None = None
    exported: dict[str, Snapshot] = field(default_factory=dict)
    woken: list[asyncio.Event] = field(default_factory=list)

    def commit(self, changes: Sequence[Change]) -> None:
        """The changes as the log will carry them; the rows are the caller's to keep."""
        lsn, self.insert = self.insert, self.insert + 2
        begin = Begin(boundary(lsn), _TS + lsn, str(lsn))
        self.log.append((lsn, [begin, *changes, Commit(boundary(lsn), _TS + lsn)]))
        self._wake()

    def note(self, name: TableName, key: int, row: Values | None) -> None:
        """In the transaction that is about to be committed, this key's row becomes `row`."""
        self.history.setdefault((name, key), []).append((self.insert, row))

    def write_marker(self, id: str, written_ts: int) -> Position:
        lsn, self.insert = self.insert, self.insert + 2
        self.log.append((lsn, [MarkerSeen(id, boundary(lsn), _TS + lsn, _TS + lsn)]))
        self._wake()
        return at(lsn)

    def _wake(self) -> None:
        for event in self.woken:
            event.set()

    def catalog(self, include: Sequence[str], exclude: Sequence[str]) -> Catalog:
        return Catalog("app", tuple(self.tables.values()))

    def identity(self) -> SourceIdentity:
        return IDENTITY

    def prepare(self, tables: Sequence[Table]) -> None:
        """The log carries every table from the beginning."""

    def carried(self) -> set[TableName]:
        return set(self.tables)

    def slot_exists(self) -> bool:
        return self.confirmed is not None

    def drop(self) -> None:
        self.confirmed = None

    def anchor(self) -> MemoryAnchor:
        self.confirmed = self.insert - 1
        return self.exact_snapshot()

    def exact_snapshot(self) -> MemoryAnchor:
        """Whatever commits at `insert` or later is in the log behind it."""
        return MemoryAnchor(self)

    def frozen(self, high: Position) -> Snapshot:
        rows = {name: list(rows.values()) for name, rows in self.keyed.items()}
        rows |= {name: list(rows) for name, rows in self.keyless.items()}
        return Snapshot(rows, high)

    def snapshot(self, exported: str | None) -> MemorySnapshotReader:
        if exported is None:
            return MemorySnapshotReader(self.frozen(at(self.insert)))
        if exported not in self.exported:
            raise Retryable("the snapshot is gone", object=exported)
        return MemorySnapshotReader(self.exported[exported])

    @contextmanager
    def log_reader(
        self, start: Position, identity: SourceIdentity, tables: Sequence[Table]
    ) -> Iterator[MemoryLogReader]:
        if self.confirmed is None or identity != IDENTITY:
            raise Gap("the slot is gone", object="slot")
        if self.confirmed > int(start.boundary, 16):
            raise Gap(f"the slot stands at {self.confirmed}, beyond {start}", object="slot")
        self.reading = reader = MemoryLogReader(self, int(start.boundary, 16))
        try:
            yield reader
        finally:
            self.woken.remove(reader.more)
            if self.reading is reader:
                self.reading = None

    def close(self) -> None:
        pass


class MemoryAnchor:
    """See `model.ports.Anchor`."""

    def __init__(self, source: MemorySource) -> None:
        self.start = at(source.insert - 1)
        self.snapshot = f"snapshot {source.insert}"
        self._source = source
        source.exported[self.snapshot] = source.frozen(self.start)

    def close(self) -> None:
        self._source.exported.pop(self.snapshot, None)


class MemoryLogReader:
    """See `model.ports.LogReader`. `allowed` is how many more events it may hand over."""

    identity = IDENTITY

    def __init__(self, source: MemorySource, start: int) -> None:
        self._source = source
        self._at = sum(1 for lsn, _ in source.log if lsn <= start)
        self._event = 0
        self.more = asyncio.Event()
        self.allowed = 0
        source.woken.append(self.more)

    def allow(self, events: int) -> None:
        self.allowed = events
        self.more.set()

    async def read(self, max_bytes: int) -> Sequence[LogEvent]:
        while True:
            if self._source.reading is not self:
                raise Retryable("the connection was lost", object="slot")
            found = self._next()
            if found:
                return found
            self.more.clear()
            await self.more.wait()

    def _next(self) -> list[LogEvent]:
        found: list[LogEvent] = []
        log = self._source.log
        while self.allowed and self._at < len(log):
            events = log[self._at][1]
            found.append(events[self._event])
            self.allowed -= 1
            self._event += 1
            if self._event == len(events):
                self._at, self._event = self._at + 1, 0
        return found

    def acknowledge(self, boundary: str) -> None:
        assert self._source.confirmed is not None
        self._source.confirmed = max(self._source.confirmed, int(boundary, 16))

    async def close(self) -> None:
        pass


class MemorySnapshotReader:
    """See `model.ports.SnapshotReader`."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._rows = snapshot.rows
        self.high = snapshot.high

    def plan(self, table: Table, rows_per_chunk: int) -> list[Chunk]:
        places = [place for place, _ in self._placed(table)]
        bounds = [json.dumps([at]) for at in places[rows_per_chunk - 1 : -1 : rows_per_chunk]]
        ends = zip([None, *bounds], [*bounds, None], strict=True)
        return [Chunk(table.name, n, lower, upper) for n, (lower, upper) in enumerate(ends)]

    def middle(self, table: Table, chunk: Chunk) -> str | None:
        found = self._within(table, chunk)
        return json.dumps([found[len(found) // 2 - 1][0]]) if len(found) > 1 else None

    def first_key(self, table: Table, chunk: Chunk) -> str | None:
        found = self._within(table, chunk)
        return json.dumps({table.key[0]: found[0][0]}) if table.key and found else None

    def read(self, table: Table, chunk: Chunk) -> MemoryStream:
        names = [column.name for column in table.carried]
        rows = [row for _, row in self._within(table, chunk)]
        columns = [pa.array([row[at] for row in rows], pa.int64()) for at in range(len(names))]
        return MemoryStream(pa.record_batch(columns, names=names))

    def _placed(self, table: Table) -> list[tuple[int, Values]]:
        """Rows under what chunks are bounded by: the key, or where a row lies."""
        rows = self._rows[table.name]
        return sorted((row[0], row) for row in rows) if table.key else list(enumerate(rows))

    def _within(self, table: Table, chunk: Chunk) -> list[tuple[int, Values]]:
        lower = json.loads(chunk.lower)[0] if chunk.lower else None
        upper = json.loads(chunk.upper)[0] if chunk.upper else None
        return [
            (at, row)
            for at, row in self._placed(table)
            if (lower is None or at > lower) and (upper is None or at <= upper)
        ]

    def close(self) -> None:
        pass


class MemoryStream:
    """See `model.ports.SnapshotStream`."""

    failure: ReplicatorError | None = None

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._reader.__arrow_c_stream__(requested_schema)
