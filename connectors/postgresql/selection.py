"""Select lists and predicates of the snapshot: SQL text only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from connectors.postgresql.names import literal, qualified, quote
from model.catalog import Column, Table, TableName
from model.state import Chunk
from model.types import Kind

_OUTPUT: Final = "CASE WHEN {c} IS NOT NULL THEN format('%s', {c}) END"
"""The type's own text. `::text` is another function for some: it adds `/32` to an inet,
and keeps the declaration of an xml, which the output function (and so the log) leaves out."""

_DATE: Final = (
    "CASE WHEN isfinite({c}) OR {c} IS NULL THEN {c}"
    " WHEN {c} = 'infinity' THEN '9999-12-31' ELSE '0001-01-01' END"
)
_EXPRESSIONS: Final[dict[Kind, str]] = {
    Kind.INT64: "{c}::bigint",
    Kind.MONEY: "{c}::numeric",
    Kind.VARCHAR: "{c}::text",
    Kind.TEXT: "{c}::text",
    Kind.DATE: _DATE,
    Kind.TIMESTAMP: _DATE,
    Kind.TIMESTAMPTZ: _DATE.replace("-31'", "-31 00:00:00+00'").replace("-01'", "-01 00:00:00+00'"),
    Kind.TIMETZ: "regexp_replace({c}::text, '([+-]\\d\\d)$', '\\1:00')",
    Kind.INTERVAL: "{c}::text",
    Kind.JSON: "{c}::text",
    Kind.XML: _OUTPUT,
    Kind.KEYVALUE: "{c}::json::text",
    Kind.ARRAY: "to_json({c})::text",
    Kind.COMPOSITE: "to_json({c})::text",
    Kind.RANGE: "to_json({c})::text",
    Kind.ENUM: "{c}::text",
    Kind.NETWORK: _OUTPUT,
    Kind.BITSTRING: "{c}::text",
    Kind.GEOMETRIC: _OUTPUT,
    Kind.SPATIAL: _OUTPUT,
    Kind.UNKNOWN: _OUTPUT,
}
_AS_JSON: Final = frozenset({Kind.ARRAY, Kind.COMPOSITE, Kind.RANGE, Kind.KEYVALUE})


def expression(column: Column) -> str:
    """What is selected for a column, so that it equals the log's wire form in value.

    `char(n)` stays as it is: a cast to text would trim it, and the log does not.
    """
    name = quote(column.name)
    return f"{_EXPRESSIONS.get(column.type.kind, '{c}').format(c=name)} AS {name}"


def source_of(table: Table | TableName, *, partitioned: bool) -> str:
    """The FROM item: a table without the rows of tables that inherit from it."""
    name = table.name if isinstance(table, Table) else table
    return qualified(name) if partitioned else f"ONLY {qualified(name)}"


def within(table: Table, chunk: Chunk) -> str:
    """The predicate of a range of keys, or of ctids; the server compares, in its own collations."""
    conditions = []
    for bound, operator in ((chunk.lower, ">"), (chunk.upper, "<=")):
        if bound is not None:
            values = ", ".join(literal(value).strip() for value in json.loads(bound))
            conditions.append(f"{_row(_places(table))} {operator} ({values})")
    return " AND ".join(conditions) or "true"


def _places(table: Table) -> list[str]:
    """What orders a table's rows: its key, else where they lie."""
    return [quote(name) for name in table.key] or ["ctid"]


def _row(columns: Sequence[str]) -> str:
    listed = ", ".join(columns)
    return f"({listed})" if len(columns) > 1 else listed


def read_chunk(table: Table, chunk: Chunk, *, partitioned: bool) -> str:
    """All carried columns of a chunk's rows."""
    columns = ", ".join(expression(column) for column in table.carried)
    return (
        f"/* replicator:chunk */ SELECT {columns} "
        f"FROM {source_of(table, partitioned=partitioned)} WHERE {within(table, chunk)}"
    )


def first_key(table: Table, chunk: Chunk, *, partitioned: bool) -> str:
    """The text of the least key in a chunk; JSON text where the wire form holds JSON."""
    columns = ", ".join(
        _EXPRESSIONS[kind].format(c=quote(name))
        if (kind := table.column(name).type.kind) in _AS_JSON
        else f"format('%s', {quote(name)})"
        for name in table.key
    )
    order = ", ".join(quote(name) for name in table.key)
    return (
        f"/* replicator:probe */ SELECT {columns} "
        f"FROM {source_of(table, partitioned=partitioned)} WHERE {within(table, chunk)} "
        f"ORDER BY {order} LIMIT 1"
    )


def sampled_bounds(table: Table, chunks: int, percent: float, *, partitioned: bool) -> str:
    """The keys (or ctids) that end the first `chunks - 1` of equal parts of a sample, in order."""
    texts, keys = _bound_columns(table)
    return (
        f"/* replicator:plan */ SELECT {keys} FROM (SELECT {texts}, "
        f"row_number() OVER (ORDER BY {_order(table)}) AS place, count(*) OVER () AS total "
        f"FROM {source_of(table, partitioned=partitioned)} "
        f"TABLESAMPLE SYSTEM ({percent:.4f}) REPEATABLE (1)) AS sample "
        f"WHERE place * {chunks} / total > (place - 1) * {chunks} / total AND place < total "
        "ORDER BY place"
    )


def _order(table: Table) -> str:
    return ", ".join(_places(table))


def _bound_columns(table: Table) -> tuple[str, str]:
    """The select list of a bound's texts, and the names that it gives them."""
    places = _places(table)
    texts = ", ".join(f"format('%s', {place}) AS k{n}" for n, place in enumerate(places))
    return texts, ", ".join(f"k{n}" for n in range(len(places)))


def middle(table: Table, chunk: Chunk, *, partitioned: bool) -> str:
    """The key of a chunk's row that half of the others do not exceed; no row when it has one."""
    texts, keys = _bound_columns(table)
    return (
        f"/* replicator:split */ SELECT {keys} FROM (SELECT {texts}, "
        f"row_number() OVER (ORDER BY {_order(table)}) AS place, count(*) OVER () AS total "
        f"FROM {source_of(table, partitioned=partitioned)} WHERE {within(table, chunk)}) AS chunk "
        "WHERE place * 2 <= total ORDER BY place DESC LIMIT 1"
    )


def hold(table: TableName, *, partitioned: bool) -> str:
    """The lock of a reader, taken before it reads: TRUNCATE and rewrites wait for it."""
    source = source_of(table, partitioned=partitioned)
    return f"/* replicator:hold */ LOCK TABLE {source} IN ACCESS SHARE MODE"


def replaced(table: TableName) -> str:
    """How many files of the table are not those that the snapshot knows: the query reads the
    catalog in the snapshot, the function reads it as it is now."""
    name = literal(qualified(table)).strip()
    return (
        "/* replicator:hold */ SELECT count(*) FROM pg_class c "
        f"WHERE c.relfilenode <> pg_relation_filenode(c.oid) AND {_parts(name)}"
    )


def _parts(name: str) -> str:
    """The table itself and its partitions."""
    return (
        f"(c.oid = {name}::regclass "
        f"OR c.oid IN (SELECT relid FROM pg_partition_tree({name}::regclass)))"
    )


def size(table: TableName) -> str:
    """Pages, and whether the table is partitioned."""
    name = literal(qualified(table)).strip()
    return (
        "/* replicator:plan */ SELECT (coalesce(sum(pg_relation_size(c.oid)), 0) / "
        "current_setting('block_size')::int)::float8, bool_or(c.relkind = 'p') "
        f"FROM pg_class c WHERE {_parts(name)}"
    )


def count(table: TableName, *, partitioned: bool) -> str:
    """The exact number of rows."""
    source = source_of(table, partitioned=partitioned)
    return f"/* replicator:count */ SELECT count(*) FROM {source}"


def count_sample(table: TableName, percent: float, *, partitioned: bool) -> str:
    """The number of rows in so many of the table's pages."""
    source = source_of(table, partitioned=partitioned)
    return (
        f"/* replicator:plan */ SELECT count(*) FROM {source} "
        f"TABLESAMPLE SYSTEM ({percent:.6f}) REPEATABLE (1)"
    )
