"""What a log reader hands over: transactions of changes, and the markers among them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from model.catalog import Table, TableName
from model.position import Position

JsonObject = bytes
"""A row or a key as the text of one JSON object: its members in the table's (the key's) order,
their values in wire form (`model.types`), SQL NULL as `null`."""


class Op(StrEnum):
    """Debezium's letters."""

    CREATE = "c"
    UPDATE = "u"
    DELETE = "d"
    TRUNCATE = "t"


@dataclass(slots=True)
class Begin:
    """A transaction starts. `boundary` is the commit's part of every position in it.

    `source_ts` is the commit time in milliseconds since 1970 UTC, `transaction` the source's id.
    """

    boundary: str
    source_ts: int
    transaction: str


class Change(NamedTuple):
    """One row changed, or a table truncated (then `key`, `before` and `after` are None).

    `key` holds `Table.key` in canonical form (of the new row; of the old one in a delete), None for
    a keyless table. `key_before` is set only when the canonical key changed. `before` is set when
    the log carried the whole old row (FULL). `unchanged` names the columns of `Table.carried` that
    `after` lacks, because neither the log nor the old row told their value.

    A tuple, because making one and taking it apart is cheap: a reader makes one for each change.
    """

    table: Table
    op: Op
    key: JsonObject | None = None
    key_before: JsonObject | None = None
    before: JsonObject | None = None
    after: JsonObject | None = None
    unchanged: tuple[str, ...] = ()


@dataclass(slots=True)
class Commit:
    """A commit boundary: the only kind of place where a reader may resume."""

    boundary: str
    source_ts: int


@dataclass(slots=True)
class MarkerSeen:
    """A marker met in the log, outside of any `Begin`…`Commit`. `boundary` is its own commit's."""

    id: str
    boundary: str
    source_ts: int
    written_ts: int
    """When the writer of the marker sent it, milliseconds since 1970 UTC by its own clock."""


@dataclass(slots=True)
class SchemaChanged:
    """A table's shape in the log differs from the last one; changes that follow carry `new`."""

    old: Table
    new: Table


@dataclass(slots=True)
class Undecodable:
    """A value that cannot be represented: the table must be quarantined, others go on."""

    table: TableName
    position: Position
    column: str
    reason: str


LogEvent = Begin | Change | Commit | MarkerSeen | SchemaChanged | Undecodable
