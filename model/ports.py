"""The ports: what the migration asks of a source, of a target, and of the target's memory.

All methods block, except those of `LogReader`; roles call them from bounded thread pools. A
connection serves one thread at a time. Every method raises only `model.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from model.catalog import Catalog, Table, TableName
from model.change import LogEvent, Op
from model.position import Position, SourceIdentity
from model.state import (
    Checkpoint,
    Chunk,
    JournalEntry,
    Migration,
    MigrationState,
    Request,
    RoleStatus,
    TableState,
    TrackedTable,
)


class ArrowStream(Protocol):
    """Anything that exports an Arrow C stream (a `pyarrow.RecordBatchReader` does)."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of `replicator check`. `fix` is the statement or setting that would make it pass."""

    name: str
    passed: bool
    detail: str
    fix: str = ""


# --- source -----------------------------------------------------------------------------------


class LogReader(Protocol):
    """The source's log from a commit boundary on. Belongs to one event loop."""

    async def read(self, max_bytes: int) -> Sequence[LogEvent]:
        """Wait for at least one event, return what is there up to about `max_bytes` of log.

        A large transaction arrives in several calls. Keepalives are answered inside.
        Raises Gap, Retryable (connection lost), Blocked (identity changed).
        """
        ...

    def acknowledge(self, boundary: str) -> None:
        """Everything up to this commit is safe in Kafka; told to the source soon after."""
        ...

    async def close(self) -> None: ...


class SnapshotReader(Protocol):
    """One session that reads tables inside one snapshot."""

    high: Position
    """No change below or at this position is missing from the snapshot's reads."""

    def plan(self, table: Table, rows_per_chunk: int) -> list[Chunk]:
        """Key ranges of about equal size; one chunk for a keyless table. In key order."""
        ...

    def first_key(self, table: Table, chunk: Chunk) -> str | None:
        """The chunk's first key as a JSON object in wire form, None when the chunk is empty."""
        ...

    def read(self, table: Table, chunk: Chunk) -> ArrowStream:
        """Rows of `table.carried` in the chunk, columns typed for bulk load (see `loadable`)."""
        ...

    def close(self) -> None: ...


class Anchor(Protocol):
    """The slot's birth: `start` is L0; `snapshot` is importable until `close`."""

    start: Position
    snapshot: str

    def close(self) -> None: ...


class Fence(Protocol):
    """Shared locks on all captured tables, held by one session in one transaction."""

    def attempt(self, pause_s: float) -> bool:
        """Try once to take all locks within `pause_s` altogether; True when held."""
        ...

    def alive(self) -> bool:
        """Keep the session busy and say whether it still holds its locks."""
        ...

    def close_source(self, roles: Sequence[str]) -> list[str]:
        """Revoke the roles' write rights in the fence's own transaction, end their sessions.

        Returns the statements that give the rights back. Raises InDoubt when the commit's fate is
        unknown (`Source.closed` then tells).
        """
        ...

    def release(self) -> None:
        """Roll back: the source is as it was. Idempotent."""
        ...


class Source(Protocol):
    """A database that is captured."""

    kind: str

    def check(self) -> list[CheckResult]:
        """Reachability, settings and rights, one line each."""
        ...

    def catalog(self, include: Sequence[str], exclude: Sequence[str]) -> Catalog:
        """Tables whose `schema.name` matches a pattern (`*`, `?`), and what belongs to them."""
        ...

    def identity(self) -> SourceIdentity: ...

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make the log carry exactly these tables (publication). Idempotent.

        Raises Blocked naming tables that have neither key nor usable replica identity.
        """
        ...

    def anchor(self) -> Anchor:
        """Create the slot with an exported snapshot. Raises Blocked when it exists already."""
        ...

    def slot_exists(self) -> bool: ...

    def exact_snapshot(self) -> Anchor:
        """A snapshot with an exact consistent point of its own (a temporary slot's), for keyless
        tables whose first load was lost: records committed below `start` are in it."""
        ...

    def snapshot(self, exported: str | None) -> SnapshotReader:
        """Import the exported snapshot, or take a fresh one whose `high` is read after it."""
        ...

    def log_reader(
        self, start: Position, identity: SourceIdentity, tables: Sequence[Table]
    ) -> AbstractContextManager[LogReader]:
        """Resume after the boundary `start`. Raises Gap, Blocked (another system, timeline)."""
        ...

    def write_marker(self, id: str, written_ts: int) -> Position:
        """Write a marker into the log, committed at once by a session of its own."""
        ...

    def fence(self, tables: Sequence[TableName], budget_s: float) -> Fence: ...

    def closed(self, roles: Sequence[str], tables: Sequence[TableName]) -> bool:
        """True when none of the roles may write any of the tables any more."""
        ...

    def reopening(self, roles: Sequence[str], tables: Sequence[TableName]) -> list[str]:
        """The statements that would give back what `Fence.close_source` is about to take.

        Read before it acts, so that they can be journaled first.
        """
        ...

    def superusers(self, roles: Sequence[str]) -> list[str]:
        """Those of the roles that no REVOKE can stop."""
        ...

    def write_blocked(self, role: str, table: TableName, wait_s: float) -> bool:
        """Try a write that changes nothing with the role's rights, and roll it back.

        True when a lock or a missing right refused it within `wait_s`.
        """
        ...

    def reopen(self, statements: Sequence[str]) -> None:
        """Give back what `Fence.close_source` took."""
        ...

    def writers(self, tables: Sequence[TableName]) -> list[str]:
        """Roles other than ours that may write one of the tables."""
        ...

    def sequences(self) -> dict[TableName, int]:
        """Last value of each sequence that belongs to the catalog (read after the fence)."""
        ...

    def lag_bytes(self) -> int | None:
        """Log that the slot still holds back, None when unknown."""
        ...

    def count(self, table: TableName) -> int: ...

    def comparable(self, table: Table) -> ArrowStream:
        """Every row of `table.carried` as text in comparison form (`replicator.validation`)."""
        ...

    def drop(self) -> None:
        """Remove slot and publication. Idempotent."""
        ...

    def close(self) -> None: ...


# --- target -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TargetColumn:
    """A column as the target's catalog has it. `type` is T-SQL's text: `decimal(12,3)`."""

    name: str
    type: str
    nullable: bool
    identity: bool = False
    computed: bool = False
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class TargetTable:
    """A table as the target's catalog has it; `key` is its primary key's columns."""

    name: TableName
    columns: tuple[TargetColumn, ...]
    key: tuple[str, ...] = ()


@dataclass(slots=True)
class Advance:
    """One checkpoint moves by compare-and-set."""

    topic: str
    partition: int
    expected: int
    next: int
    position: Position


@dataclass(slots=True)
class KeyedChange:
    """The last state of one key after a batch was reduced.

    `key` maps key columns to wire values (parsed JSON). `values` is None when the row ends deleted,
    else every column that is known (those absent are unchanged and stay as they are). `first` is
    the key's first operation in the batch: it says what must be there before. `partial` is
    True when values are missing, so that only an UPDATE is possible. `key_before` names the row to
    update when the key itself changed.
    """

    key: dict[str, Any]
    values: dict[str, Any] | None
    first: Op
    partial: bool = False
    key_before: dict[str, Any] | None = None


@dataclass(slots=True)
class KeylessChange:
    """One change of a table without a key, applied alone and in order."""

    op: Op
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(slots=True)
class TableBatch:
    """What one batch does to one table. `strict`: the table is consistent, so what must be there
    is checked; otherwise replays are tolerated."""

    table: TrackedTable
    strict: bool
    keyed: list[KeyedChange] = field(default_factory=list)
    keyless: list[KeylessChange] = field(default_factory=list)


class ApplySession(Protocol):
    """One connection of the applier."""

    def apply(self, advances: Sequence[Advance], batches: Sequence[TableBatch]) -> None:
        """Stage and apply everything and advance every checkpoint, in one transaction.

        Raises Overtaken (a checkpoint was elsewhere or closed), DataRefused (its `object` is the
        source table's name), TooLarge, Retryable, InDoubt.
        """
        ...

    def wait_at_truncate(self, advance: Advance) -> None:
        """Record that this partition has applied all before offset `advance.expected` and waits."""
        ...

    def settle_truncate(self, table: TrackedTable, moves: Sequence[Advance]) -> None:
        """Delete all rows and move each waiting partition past it, in one transaction."""
        ...

    def checkpoints(self, topic: str | None = None) -> list[Checkpoint]: ...

    def close(self) -> None: ...


class BulkWriter(Protocol):
    """Native bulk load. Holds the GIL while it runs: use it in a process of its own."""

    def write(self, table: TargetTable, stream: ArrowStream) -> int:
        """One transaction for the whole stream; columns by name. Returns the rows confirmed.

        Raises DataRefused, Retryable; whatever it raises, the chunk is in doubt.
        """
        ...


class Target(Protocol):
    """A database that is migrated into."""

    kind: str

    def check(self) -> list[CheckResult]: ...

    def describe(self, name: TableName) -> TargetTable | None: ...

    def count(self, name: TableName) -> int: ...

    def run_script(self, text: str) -> Iterator[tuple[str, int]]:
        """Run a script with GO batches; yields each batch's first line and rows affected."""
        ...

    def bulk(self, application: str) -> BulkWriter:
        """`application` names the session, so that `end_bulk_sessions` finds it."""
        ...

    def end_bulk_sessions(self, application_prefix: str) -> int:
        """KILL every session whose application name starts so; returns how many there were."""
        ...

    def probe(self, table: TargetTable, key: str) -> bool:
        """True when a row has this key (a JSON object in wire form), by equality."""
        ...

    def truncate(self, name: TableName) -> None: ...

    def apply_session(self, migration: str) -> ApplySession: ...

    def state(self, migration: str) -> State: ...

    def comparable(self, table: TargetTable, source: Table) -> ArrowStream:
        """Every row of the source's carried columns, as text in comparison form, in one SNAPSHOT
        transaction."""
        ...

    def finalise(self, tables: Sequence[TableName], sequences: dict[str, int]) -> list[str]:
        """Enable and check foreign keys and triggers as recorded, reseed identities and
        sequences, update statistics. Idempotent. Returns one line for each object's state."""
        ...

    def unfinalise(self, tables: Sequence[TableName]) -> list[str]:
        """The inverse of `finalise`: constraints and triggers off again, as during the sync."""
        ...

    def deny_writes(self, principals: Sequence[str]) -> None: ...

    def allow_writes(self, principals: Sequence[str]) -> None: ...

    def write_allowed(self, principal: str, table: TableName) -> bool:
        """Try a write that changes nothing with the principal's rights: was it accepted?"""
        ...

    def writers(self) -> list[str]:
        """Principals other than ours with an effective right to write user tables."""
        ...

    def close(self) -> None: ...


class State(Protocol):
    """The `replicator` schema in the target, seen by one migration. Its clock is the database's."""

    def install(self) -> None:
        """Create or upgrade the schema. Raises Blocked when a later version is there."""
        ...

    def create(self, identity: SourceIdentity, entry: JournalEntry) -> Migration:
        """The migration's row; the one that exists when there is one already."""
        ...

    def migration(self) -> Migration | None: ...

    def transition(self, expected: Migration, to: MigrationState, entry: JournalEntry) -> Migration:
        """Compare-and-set on (state, epoch), in one transaction with the journal's row.

        Raises Overtaken.
        """
        ...

    def set_start(self, start: Position) -> None:
        """Record L0, once. Raises Overtaken when another one stands there."""
        ...

    def journal(self, entry: JournalEntry) -> int: ...

    def entries(self, after: int = 0) -> list[JournalEntry]: ...

    def save_tables(self, tables: Iterable[TrackedTable]) -> None: ...

    def tables(self) -> list[TrackedTable]: ...

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
        """Compare-and-set of one table's state; False when it was in none of the expected ones."""
        ...

    def quarantine(self, source: TableName, reason: str, record: dict[str, Any]) -> None: ...

    def save_chunks(self, chunks: Iterable[Chunk]) -> None: ...

    def chunks(self, table: TableName | None = None) -> list[Chunk]: ...

    def take_chunk(self, owner: str) -> Chunk | None:
        """The next planned chunk, now SENDING and owned; None when there is none."""
        ...

    def mark_chunk(self, chunk: Chunk) -> None:
        """Write the chunk's row as given (state, probe, high, rows, bytes, owner)."""
        ...

    def initialise_checkpoints(self, topic: str, partitions: int) -> None:
        """A row at offset 0 for each partition that has none."""
        ...

    def checkpoints(self) -> list[Checkpoint]: ...

    def close_checkpoints(self) -> None: ...

    def reopen_checkpoints(self) -> None: ...

    def acquire_lease(self, name: str, holder: str, ttl_s: float) -> bool:
        """Take or renew; False while another holder's lease has not expired."""
        ...

    def release_lease(self, name: str, holder: str) -> None: ...

    def ask(self, kind: str, actor: str, detail: dict[str, Any]) -> int: ...

    def requests(self) -> list[Request]:
        """Requests that nobody has answered."""
        ...

    def answer(self, request: int, outcome: str) -> None: ...

    def outcome(self, request: int) -> str | None: ...

    def report_status(self, role: str, instance: str, detail: dict[str, Any]) -> None: ...

    def statuses(self) -> list[RoleStatus]: ...

    def remember(self, name: str, value: dict[str, Any]) -> None:
        """A small named document of this migration (fingerprints, trust flags, former ACLs)."""
        ...

    def recall(self, name: str) -> dict[str, Any] | None: ...

    def close(self) -> None: ...


Clock = Callable[[], float]
"""Seconds, monotonic or wall as its parameter's name says; injected so that tests own time."""
