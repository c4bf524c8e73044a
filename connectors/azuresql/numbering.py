"""Identities and sequences continue where the source's stopped, and never go back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from connectors.azuresql.dialect import literal, qualified, quote
from model.catalog import TableName

IDENTITIES: Final = (
    "/* replicator:identities */ SELECT s.name AS table_schema, t.name AS table_name, c.name, "
    "CAST(c.increment_value AS bigint) AS increment, CAST(c.last_value AS bigint) AS last "
    "FROM sys.identity_columns AS c INNER JOIN sys.tables AS t ON t.object_id = c.object_id "
    "INNER JOIN sys.schemas AS s ON s.schema_id = t.schema_id ORDER BY 1, 2"
)
SEQUENCES: Final = (
    "/* replicator:sequences */ SELECT s.name AS sequence_schema, q.name, "
    "CAST(q.increment AS bigint) AS increment, CAST(q.current_value AS bigint) AS current_value "
    "FROM sys.sequences AS q INNER JOIN sys.schemas AS s ON s.schema_id = q.schema_id ORDER BY 1, 2"
)


@dataclass(frozen=True, slots=True)
class IdentityColumn:
    """`last` is the last number given, None when the table never had a row."""

    table: TableName
    column: str
    increment: int
    last: int | None

    @property
    def label(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class SequenceObject:
    """`current` is the catalog's current value: the next one's predecessor, or the start."""

    name: TableName
    increment: int
    current: int


def identities(rows: Iterable[Any], tables: Sequence[TableName]) -> list[IdentityColumn]:
    """Identity columns of these tables, from rows of `IDENTITIES`."""
    wanted = set(tables)
    return [
        IdentityColumn(table, column, increment, last)
        for schema, name, column, increment, last in rows
        if (table := TableName(schema, name)) in wanted
    ]


def sequences(rows: Iterable[Any]) -> list[SequenceObject]:
    """From rows of `SEQUENCES`."""
    return [
        SequenceObject(TableName(schema, name), increment, current)
        for schema, name, increment, current in rows
    ]


def furthest_row(identity: IdentityColumn) -> str:
    """The number that lies furthest in the identity's direction."""
    end = "MAX" if identity.increment > 0 else "MIN"
    return (
        f"/* replicator:identity-rows */ SELECT CAST({end}({quote(identity.column)}) AS bigint) "
        f"FROM {qualified(identity.table)}"
    )


def reseed(identity: IdentityColumn, furthest: int | None, source: int | None) -> str | None:
    """`DBCC CHECKIDENT`, or None when the identity is far enough already.

    `source` is the last number that the source gave. After a reseed the next number is one
    increment further, except in a table that never had a row: there it is the seed itself.
    """
    known = [number for number in (identity.last, furthest, source) if number is not None]
    if not known:
        return None
    last = max(known) if identity.increment > 0 else min(known)
    if last == identity.last:
        return None
    seed = last + identity.increment if identity.last is None else last
    return (
        f"/* replicator:reseed */ DBCC CHECKIDENT ({literal(qualified(identity.table))}, "
        f"RESEED, {seed}) WITH NO_INFOMSGS"
    )


def restart(sequence: SequenceObject, source: int) -> str | None:
    """`ALTER SEQUENCE`, or None when the sequence is past the source's already."""
    following = source + sequence.increment
    ahead = sequence.current - following
    if (ahead >= 0) if sequence.increment > 0 else (ahead <= 0):
        return None
    return (
        f"/* replicator:restart */ ALTER SEQUENCE {qualified(sequence.name)} "
        f"RESTART WITH {following}"
    )


def unknown(
    given: Mapping[str, int],
    known_identities: Iterable[IdentityColumn],
    known_sequences: Iterable[SequenceObject],
) -> list[str]:
    """Names that are neither a sequence (`schema.name`) nor an identity (`schema.table.column`)."""
    known = {identity.label for identity in known_identities}
    known |= {str(sequence.name) for sequence in known_sequences}
    return sorted(given.keys() - known)
