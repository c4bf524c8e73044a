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
    Refusal,
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

    def renew(self, identity: SourceIdentity, start: Position) -> None:
        """Record another log, or another beginning of it, in place of what stands there."""
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

    def quarantine(
        self,
        source: TableName,
        reason: str,
        record: dict[str, Any],
        position: Position | None = None,
    ) -> bool:
        """Stop one table and keep what was refused. `position` is the record's: one that the table
        has left behind (`TrackedTable.since`) changes nothing, and the answer is False."""
        ...

    def refusal(self, source: TableName) -> Refusal | None:
        """What the table was last quarantined for, None when it never was."""
        ...

    def begin_anew(self, table: TrackedTable) -> None:
        """Write the table's row as given (PENDING, with `since`), forget its chunks and close its
        checkpoints, in one transaction that waits for the batches in flight."""
        ...

    def forget_chunks(self, source: TableName) -> None: ...

    def forget_table(self, table: TrackedTable) -> None:
        """Its row, chunks and checkpoints are gone, in one transaction that waits for the batches
        in flight. Idempotent."""
        ...

    def place_checkpoints(self, topic: str, offsets: Sequence[int], position: Position) -> None:
        """Close the topic's checkpoints and let them stand at these offsets, one for each
        partition; everything up to `position` will be dropped."""
        ...

    def open_gate(self, table: TrackedTable) -> bool:
        """A LOADED table is OPEN and its checkpoints may move, in one transaction. False when it
        is in another state or has begun anew."""
        ...

    def pass_over(
        self, table: TrackedTable, to: TableState, partition: int, offset: int, position: Position
    ) -> bool:
        """Move one partition of a quarantined table past the record at `offset`, and the table to
        its state, in one transaction. False when the checkpoint or the table is elsewhere."""
        ...

    def save_chunks(self, chunks: Iterable[Chunk]) -> None: ...

    def chunks(self, table: TableName | None = None) -> list[Chunk]: ...

    def take_chunk(self, owner: str, tables: Sequence[TableName]) -> Chunk | None:
        """The next planned chunk of those of the tables that are LOADING, now SENDING and owned;
        None when there is none. Tables come in the given order."""
        ...

    def mark_chunk(self, chunk: Chunk) -> None:
        """Write the chunk's row as given (state, probe, high, rows, bytes).

        Raises Overtaken when it is no longer `chunk.owner`'s: the table is loaded anew.
        """
        ...

    def split_chunk(self, chunk: Chunk, bound: str) -> None:
        """Two planned chunks in place of one that is being sent: up to `bound`, and beyond it.

        Raises Overtaken as `mark_chunk` does.
        """
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

    def lease_holder(self, name: str) -> str | None:
        """Who took it last, and did not give it back."""
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
