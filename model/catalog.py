"""Tables, columns and keys as a source describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from model.types import Kind, LogicalType


@dataclass(frozen=True, slots=True, order=True)
class TableName:
    """Schema and name, exactly as the database stores them (never quoted)."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> TableName:
        """`schema.name` as `__str__` writes it. Raises ValueError without a schema."""
        schema, dot, name = text.partition(".")
        if not (schema and dot and name):
            raise ValueError(f"{text!r} is not of the form schema.table")
        return cls(schema, name)


@dataclass(frozen=True, slots=True)
class Identity:
    """A column that numbers itself: an identity, or a serial with the sequence it owns."""

    sequence: TableName | None
    start: int
    increment: int
    always: bool


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `native` is the source's own spelling of the type, for messages.

    `default` and `generated` are expressions in the source's language, or None.
    """

    name: str
    type: LogicalType
    nullable: bool
    native: str
    default: str | None = None
    identity: Identity | None = None
    generated: str | None = None
    collation: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A primary key or a unique constraint. `nulls_equal`: two NULLs collide."""

    name: str
    columns: tuple[str, ...]
    deferrable: bool = False
    nulls_equal: bool = False


@dataclass(frozen=True, slots=True)
class IndexColumn:
    """A key part of an index: a column's name, or an expression when `expression` is set."""

    name: str | None
    expression: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index that no constraint owns. `predicate` is its WHERE in the source's language."""

    name: str
    columns: tuple[IndexColumn, ...]
    unique: bool
    method: str
    included: tuple[str, ...] = ()
    predicate: str | None = None
    definition: str = ""
    nulls_equal: bool = False


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Actions are SQL words: NO ACTION, RESTRICT, CASCADE, SET NULL, SET DEFAULT."""

    name: str
    columns: tuple[str, ...]
    referenced: TableName
    referenced_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint; `expression` is in the source's language."""

    name: str
    expression: str


class ReplicaIdentity(StrEnum):
    """What the source's log carries of the old row."""

    DEFAULT = "default"
    FULL = "full"
    INDEX = "index"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the source.

    `key` names the columns of a record's key, in key order (protocol: the primary key; without
    one the unique index of the replica identity). Empty means keyless. `rows` and `bytes` are
    the source's estimates, None when it has none. `version` counts schema versions from 1.
    """

    name: TableName
    columns: tuple[Column, ...]
    primary_key: Key | None = None
    unique_keys: tuple[Key, ...] = ()
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    checks: tuple[Check, ...] = ()
    replica_identity: ReplicaIdentity = ReplicaIdentity.DEFAULT
    key: tuple[str, ...] = ()
    comment: str | None = None
    rows: int | None = None
    bytes: int | None = None
    version: int = 1

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError naming table and column."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    @property
    def carried(self) -> tuple[Column, ...]:
        """The columns whose values travel: all but generated ones and text search vectors,
        which the target has no type for (reported by convert)."""
        return tuple(
            column
            for column in self.columns
            if column.generated is None and column.type.kind is not Kind.TSVECTOR
        )

    @property
    def ordered(self) -> bool:
        """Changes of different keys must stay in order: such a table gets one partition.

        True without a key, with a secondary unique constraint or index, and with a foreign
        key to itself (protocol, "Topics").
        """
        unique = bool(self.unique_keys) or any(index.unique for index in self.indexes)
        itself = any(foreign.referenced == self.name for foreign in self.foreign_keys)
        return not self.key or unique or itself


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence; `last` is the last value handed out, None when it was never used."""

    name: TableName
    type: LogicalType
    start: int
    increment: int
    minimum: int
    maximum: int
    cycle: bool
    last: int | None
    owner: tuple[TableName, str] | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A view and its query in the source's language."""

    name: TableName
    query: str
    materialized: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a source holds of the chosen tables; the rest of its objects by name and kind."""

    database: str
    tables: tuple[Table, ...]
    sequences: tuple[Sequence, ...] = ()
    views: tuple[View, ...] = ()
    others: tuple[tuple[str, str], ...] = field(default=())

    def table(self, name: TableName) -> Table:
        """The table of that name. Raises KeyError."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(str(name))
