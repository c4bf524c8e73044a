"""What the migration asks of its memory, the `replicator` schema in the target."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from model.catalog import TableName
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
