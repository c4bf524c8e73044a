"""What the applier asks of one connection to the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from model.change import Op
from model.position import Position
from model.state import Checkpoint, TrackedTable


@dataclass(slots=True)
class Advance:
    """One checkpoint moves by compare-and-set: from offset `expected` and position `before`.

    The offset alone does not tell a table's story from the one that was begun anew at the same
    place. None: the position is not compared.
    """

    topic: str
    partition: int
    expected: int
    next: int
    position: Position
    before: Position | None = None


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
