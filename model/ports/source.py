"""What the migration asks of a source."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from model.catalog import Catalog, Table, TableName
from model.change import LogEvent
from model.ports.stream import ArrowStream, CheckResult, SnapshotStream
from model.position import Position, SourceIdentity
from model.profile import TableProfile
from model.state import Chunk


class LogReader(Protocol):
    """The source's log from a commit boundary on. Belongs to one event loop."""

    identity: SourceIdentity
    """The log that is read: after a failover a later one than that of the position it began at."""

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
        """Ranges of about equal size, in order: of the key, or of where the rows lie, which holds
        in this snapshot alone."""
        ...

    def middle(self, table: Table, chunk: Chunk) -> str | None:
        """A bound that halves the chunk; None when it holds less than two rows."""
        ...

    def first_key(self, table: Table, chunk: Chunk) -> str | None:
        """The chunk's first key as a JSON object in wire form, None when the chunk is empty."""
        ...

    def read(self, table: Table, chunk: Chunk) -> SnapshotStream:
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

    def profile(self, tables: Sequence[Table]) -> dict[TableName, TableProfile]:
        """What the values say beyond the catalog; scans each table once."""
        ...

    def identity(self) -> SourceIdentity: ...

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make the log carry exactly these tables (publication). Idempotent.

        Raises Blocked naming tables that have neither key nor usable replica identity.
        """
        ...

    def require_capturable(self, tables: Sequence[Table]) -> None:
        """Changes nothing. Raises Blocked or RightMissing naming each table that the log could not
        carry, and why."""
        ...

    def carried(self) -> set[TableName]:
        """The tables that the log carries now (publication)."""
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
        """Resume after the boundary `start`. Raises Gap, Blocked (another system, timeline).

        The caller holds the lease of capture: a reader of this migration that is there still has
        lost it, and is ended.
        """
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
