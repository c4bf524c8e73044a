"""The data profile: what the values say that the catalog does not, one scan for each table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from connectors.postgresql.errors import translated
from connectors.postgresql.names import quote
from connectors.postgresql.selection import source_of
from model.catalog import Column, Table, TableName
from model.profile import ColumnProfile, TableProfile
from model.types import Kind

_STRINGS: Final = frozenset({Kind.CHAR, Kind.VARCHAR, Kind.TEXT})
_FACTS_A_QUERY: Final = 1000
"""A select list holds at most 1,664 entries."""

_PARTITIONED: Final = """/* replicator:profile */
SELECT count(*) FROM pg_partitioned_table p
JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s"""
_SPECIAL: Final = "{0} IN ('NaN', 'Infinity', '-Infinity')"
_EXTRA_UNITS: Final = (
    "CASE WHEN octet_length({0}::text) > length({0}::text) "
    "AND current_setting('server_encoding') = 'UTF8' "
    "THEN length(regexp_replace({0}::text, '[\\u0001-\\uffff]', '', 'g')) ELSE 0 END"
)
"""Characters beyond the basic plane take two UTF-16 units; only they survive the replacement."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One aggregate: `name` is the field of ColumnProfile that it fills."""

    column: str
    name: str
    expression: str


def facts(table: Table) -> list[Fact]:
    """What must be asked of a table's values, in column order."""
    compared = _compared(table)
    return [
        Fact(column.name, name, text.format(quote(column.name)))
        for column in table.carried
        for name, text in _asked(column, column.name in compared)
    ]


def query(table: Table, asked: Sequence[Fact], *, partitioned: bool = False) -> str:
    """One row with one integer for each fact."""
    expressions = ", ".join(f"coalesce({fact.expression}, 0)" for fact in asked)
    source = source_of(table, partitioned=partitioned)
    return f"/* replicator:profile */ SELECT {expressions} FROM {source}"


def collision_query(table: Table, columns: Sequence[str], *, partitioned: bool = False) -> str:
    """How many groups of rows have keys that differ only by spaces at their ends.

    SQL Server compares strings without them, whatever the collation.
    """
    parts = [
        f"rtrim({quote(name)}::text, ' ')"
        if table.column(name).type.kind in _STRINGS
        else quote(name)
        for name in columns
    ]
    present = " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)
    return (
        "/* replicator:profile */ SELECT count(*) FROM (SELECT 1 FROM "
        f"{source_of(table, partitioned=partitioned)} WHERE {present} "
        f"GROUP BY {', '.join(parts)} HAVING count(*) > 1) AS collisions"
    )


def read_profiles(
    connection: psycopg.Connection[Any], tables: Sequence[Table]
) -> dict[TableName, TableProfile]:
    """Profile each table. Raises the connector's translated errors, naming the table."""
    return {table.name: _read_profile(connection, table) for table in tables}


def _read_profile(connection: psycopg.Connection[Any], table: Table) -> TableProfile:
    asked = facts(table)
    values: dict[str, dict[str, int]] = {}
    with translated(str(table.name)):
        row = connection.execute(_PARTITIONED, [table.name.schema, table.name.name]).fetchone()
        partitioned = bool(row and row[0])
        for start in range(0, len(asked), _FACTS_A_QUERY):
            some = asked[start : start + _FACTS_A_QUERY]
            row = connection.execute(
                query(table, some, partitioned=partitioned).encode()
            ).fetchone()
            for fact, value in zip(some, row or (), strict=True):
                values.setdefault(fact.column, {})[fact.name] = int(value)
        columns = {name: ColumnProfile(**found) for name, found in values.items()}
        collisions = {
            name: _count(connection, collision_query(table, key, partitioned=partitioned))
            for name, key in _unique(table)
            if any(columns.get(part, ColumnProfile()).trailing_spaces for part in key)
        }
    return TableProfile(columns, collisions)


def _count(connection: psycopg.Connection[Any], text: str) -> int:
    row = connection.execute(text.encode()).fetchone()
    return int(row[0]) if row else 0


def _unique(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    keys = [table.primary_key] if table.primary_key else []
    for key in [*keys, *table.unique_keys]:
        yield key.name, key.columns
    for index in table.indexes:
        names = tuple(part.name for part in index.columns if part.name is not None)
        if index.unique and index.predicate is None and len(names) == len(index.columns):
            yield index.name, names


def _compared(table: Table) -> frozenset[str]:
    """Columns whose length counts: those of keys, indexes and references."""
    names = {name for _, key in _unique(table) for name in key} | set(table.key)
    for foreign in table.foreign_keys:
        names.update(foreign.columns)
    for index in table.indexes:
        names.update(part.name for part in index.columns if part.name is not None)
    return frozenset(names)


def _asked(column: Column, compared: bool) -> Iterator[tuple[str, str]]:
    kind, length = column.type.kind, column.type.length
    if kind is Kind.DECIMAL:
        finite = f"CASE WHEN {_SPECIAL} THEN NULL ELSE {{0}} END"
        if column.type.precision is None or column.type.precision > 38:
            yield "integer_digits", _digits(f"max(abs({finite}))")
            yield "scale", f"max(min_scale({finite}))"
        yield "not_numbers", f"count(*) FILTER (WHERE {_SPECIAL})"
    elif kind in (Kind.FLOAT32, Kind.FLOAT64):
        yield "not_numbers", f"count(*) FILTER (WHERE {_SPECIAL})"
    elif kind is Kind.MONEY:
        yield "integer_digits", _digits("max(abs({0}::numeric))")
    elif kind is Kind.INTERVAL:
        yield "not_numbers", "count(*) FILTER (WHERE NOT isfinite({0}))"
    elif kind in _STRINGS:
        if kind is Kind.CHAR and length is not None:
            yield "units", f"max({length} + {_EXTRA_UNITS})"
        elif length is not None or compared:
            yield "units", f"max(length({{0}}::text) + {_EXTRA_UNITS})"
        if compared and kind is not Kind.CHAR:
            yield "trailing_spaces", "count(*) FILTER (WHERE {0}::text LIKE '% ')"
    elif kind is Kind.BYTES and compared:
        yield "units", "max(octet_length({0}))"
    elif kind is Kind.BITSTRING and compared:
        yield "units", "max(length({0}))"
    else:
        yield from _asked_of_times(kind)


def _asked_of_times(kind: Kind) -> Iterator[tuple[str, str]]:
    bounds = {
        Kind.DATE: ("0001-01-01", "10000-01-01"),
        Kind.TIMESTAMP: ("0001-01-01 00:00:00", "10000-01-01 00:00:00"),
        Kind.TIMESTAMPTZ: ("0001-01-01 00:00:00+00", "10000-01-01 00:00:00+00"),
    }
    if kind in bounds:
        least, beyond = bounds[kind]
        outside = f"isfinite({{0}}) AND ({{0}} < '{least}' OR {{0}} >= '{beyond}')"
        yield "out_of_range", f"count(*) FILTER (WHERE {outside})"
        yield "infinite", "count(*) FILTER (WHERE NOT isfinite({0}))"
    elif kind is Kind.TIME:
        yield "midnights", "count(*) FILTER (WHERE {0} = '24:00:00')"
    elif kind is Kind.TIMETZ:
        yield "midnights", "count(*) FILTER (WHERE {0}::time = '24:00:00')"
        yield "odd_offsets", "count(*) FILTER (WHERE {0}::text ~ '[+-]\\d\\d:\\d\\d:\\d\\d$')"


def _digits(greatest: str) -> str:
    return f"CASE WHEN {greatest} >= 1 THEN length(trunc({greatest})::text) ELSE 0 END"
