"""What the migration asks of a target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from model.catalog import Table, TableName
from model.ports.apply import ApplySession
from model.ports.state import State
from model.ports.stream import ArrowStream, CheckResult


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


@dataclass(frozen=True, slots=True)
class TargetObject:
    """Something that the target holds: `kind` is schema, table, view, sequence, index or
    constraint; `name` is `schema.name`, of an index `schema.table.name`, of a schema its own;
    `table` is set for parts of one."""

    kind: str
    name: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class LogRate:
    """How fast the target writes its log at most, in bytes/s; `used` is the part in use, in
    percent, None when it is not told."""

    cap: int
    used: float | None = None


class BulkWriter(Protocol):
    """Native bulk load. Holds the GIL while it runs: use it in a process of its own."""

    def write(self, table: TargetTable, stream: ArrowStream) -> int:
        """One transaction for the whole stream; columns by name. Returns the rows confirmed.

        Raises DataRefused, Retryable; whatever it raises, the chunk is in doubt.
        """
        ...


class FrozenTarget(Protocol):
    """The target as it stood at one moment, in one SNAPSHOT transaction. Threads may take turns."""

    def describe(self, name: TableName) -> TargetTable | None: ...

    def comparable(self, table: TargetTable, source: Table) -> ArrowStream:
        """As `Target.comparable`; one table is read to its end before the next."""
        ...


class Target(Protocol):
    """A database that is migrated into."""

    kind: str

    def check(self) -> list[CheckResult]: ...

    def describe(self, name: TableName) -> TargetTable | None: ...

    def count(self, name: TableName) -> int: ...

    def objects(self) -> frozenset[TargetObject]:
        """All schemas, tables, views, sequences, constraints and indexes."""
        ...

    def run_script(self, text: str, *, apart_from: str = "") -> Iterator[tuple[str, int]]:
        """Run a script with GO batches; yields each batch's first line and rows affected.

        `apart_from` names a migration whose appliers are kept between two transactions meanwhile:
        for what locks several tables. Raises Retryable when they or others hold them too long.
        """
        ...

    def bulk(self, application: str) -> BulkWriter:
        """`application` names the session, so that `end_bulk_sessions` finds it."""
        ...

    def end_bulk_sessions(self, application_prefix: str) -> int:
        """KILL every session whose application name starts so; returns how many there were."""
        ...

    def log_rate(self) -> LogRate | None:
        """None when the target does not tell, which is no error."""
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

    def frozen(self) -> AbstractContextManager[FrozenTarget]:
        """The target as it is when this is entered, for comparing all tables at leisure."""
        ...

    def finalise(
        self, tables: Sequence[TableName], sequences: dict[str, int], trust: bool = False
    ) -> list[str]:
        """Enable and check foreign keys and triggers as recorded, reseed identities and
        sequences. Idempotent. Returns one line for each object's state.

        `sequences` holds last values of the source by name in the target: `schema.sequence`, or
        `schema.table.column` of an identity. New rows are checked from now on; `trust` checks the
        old ones too (DataRefused names what they break).
        """
        ...

    def update_statistics(self, tables: Sequence[TableName]) -> None:
        """Let the target's planner know the rows as they are now. Blocks no reader or writer."""
        ...

    def retrust(self, tables: Sequence[TableName]) -> list[str]:
        """Check old rows of what `finalise` enabled without; what they break is told, no error."""
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
