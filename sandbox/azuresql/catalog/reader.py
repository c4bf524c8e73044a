"""Reading tables and views out of the embedded PostgreSQL, as T-SQL knows them."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from typing import Any, Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.names import quote
from sandbox.azuresql.tsql.scope import Column, Relation
from sandbox.azuresql.tsql.values import read_int, read_text

_RELATIONS: Final = """
SELECT c.oid::int8, c.relkind::text, n.nspname::text, c.relname::text,
       obj_description(c.oid, 'pg_class'), obj_description(n.oid, 'pg_namespace'),
       a.attname::text, tn.nspname || '.' || t.typname, a.atttypmod, NOT a.attnotnull,
       a.attidentity <> '', a.attgenerated <> '', a.atthasdef, col_description(c.oid, a.attnum),
       coalesce(obj_description(l.oid, 'pg_collation'), l.collname::text), a.attnum::int4,
       a.attnum = ANY (key.columns)
FROM unnest($1::text[], $2::text[]) AS wanted (schema, name)
JOIN pg_class c ON c.relname = wanted.name AND c.relkind IN ('r', 'v', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace AND (n.nspname = wanted.schema
     OR wanted.schema = 'pg_temp' AND n.oid = pg_my_temp_schema())
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_collation l ON l.oid = a.attcollation AND l.collname <> 'default'
LEFT JOIN LATERAL (
  SELECT (i.indkey::int2[])[0:i.indnkeyatts - 1] AS columns FROM pg_index i
  WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
    AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = c.oid
      AND k.attnum = ANY (i.indkey) AND NOT k.attnotnull)
  ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) AS key ON true
ORDER BY c.oid, a.attnum
"""

_KINDS: Final = {"r": "U", "p": "U", "v": "V"}
_NATIVE: Final = {
    "pg_catalog.bool": SqlType("bit"),
    "pg_catalog.int2": SqlType("smallint"),
    "pg_catalog.int4": SqlType("int"),
    "pg_catalog.int8": SqlType("bigint"),
    "pg_catalog.oid": SqlType("int"),
    "pg_catalog.float4": SqlType("real"),
    "pg_catalog.float8": SqlType("float"),
    "pg_catalog.text": SqlType("nvarchar", -1),
    "pg_catalog.varchar": SqlType("nvarchar", -1),
    "pg_catalog.bpchar": SqlType("nvarchar", -1),
    "pg_catalog.name": SqlType("nvarchar", 128),
    "pg_catalog.char": SqlType("nvarchar", 1),
    "pg_catalog.uuid": SqlType("uniqueidentifier"),
    "pg_catalog.date": SqlType("date"),
    "pg_catalog.bytea": SqlType("varbinary", -1),
    "pg_catalog.json": SqlType("nvarchar", -1),
    "pg_catalog.jsonb": SqlType("nvarchar", -1),
}
_TEXTS: Final = frozenset({"nvarchar", "varchar", "nchar", "char"})
_SIZED: Final = frozenset({"nvarchar", "varchar", "nchar", "char", "varbinary", "binary"})
_SCALED: Final = frozenset({"datetime2", "datetimeoffset", "time"})


def type_of(name: str, typmod: int) -> SqlType:
    """The T-SQL type of a PostgreSQL type, by its qualified name and modifier."""
    native = _NATIVE.get(name)
    if native is not None:
        return native
    if name == "pg_catalog.numeric":
        if typmod < 0:
            return SqlType("decimal", 0, 38, -1)
        return SqlType("decimal", 0, (typmod - 4) >> 16 & 0xFFFF, (typmod - 4) & 0x7FF)
    plain = name.removeprefix("sys.")
    if plain in _SIZED:
        return SqlType(plain, typmod - 4 if typmod > 0 else -1)
    if plain in _SCALED:
        return SqlType(plain, 0, 0, typmod - 5 if typmod > 0 else 7)
    return SqlType(plain)


_SEQUENCES: Final = """
SELECT n.nspname::text, c.relname::text, 'pg_catalog.' || t.typname,
       obj_description(c.oid, 'pg_class')
FROM unnest($1::text[], $2::text[]) AS wanted (schema, name)
JOIN pg_class c ON c.relname = wanted.name JOIN pg_sequence q ON q.seqrelid = c.oid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = wanted.schema
JOIN pg_type t ON t.oid = q.seqtypid
"""


async def sequences(link: Link, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], SqlType]:
    """The types of those of these sequences that exist, names folded."""
    wanted = list(keys)
    if not wanted:
        return {}
    schemas, names = [key[0] for key in wanted], [key[1] for key in wanted]
    values = [Value(1009, text_array(schemas)), Value(1009, text_array(names))]
    rows, _ = await link.fetch(_SEQUENCES, values)
    found: dict[tuple[str, str], SqlType] = {}
    for schema, name, native, comment in rows:
        noted = remarks(comment).get("type")
        type = SqlType("tinyint") if noted == "tinyint" else type_of(read_text(native), -1)
        if isinstance(noted, int):
            type = SqlType("decimal", 0, noted, 0)
        found[read_text(schema), read_text(name)] = type
    return found


async def relations(link: Link, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Relation]:
    """The tables and views of these (schema, name) pairs that exist, names folded."""
    wanted = list(keys)
    if not wanted:
        return {}
    schemas, names = [key[0] for key in wanted], [key[1] for key in wanted]
    values = [Value(1009, text_array(schemas)), Value(1009, text_array(names))]
    rows, _ = await link.fetch(_RELATIONS, values)
    grouped: dict[int, list[list[bytes | None]]] = {}
    for row in rows:
        grouped.setdefault(read_int(row[0]) or 0, []).append(row)
    found: dict[tuple[str, str], Relation] = {}
    for oid, columns in grouped.items():
        relation = _relation(oid, columns)
        schema = read_text(columns[0][2])
        key = "pg_temp" if schema.startswith("pg_temp") else schema
        found[key, read_text(columns[0][3])] = relation
    return found


def _relation(oid: int, rows: list[list[bytes | None]]) -> Relation:
    first = rows[0]
    schema, name = read_text(first[2]), read_text(first[3])
    notes = remarks(first[4])
    temporary = schema.startswith("pg_temp")
    system = schema in ("sys", "infoschema")
    shown = "pg_temp" if temporary else quote(schema)
    return Relation(
        schema=str(remarks(first[5]).get("name", schema)),
        name=str(notes.get("name", name)),
        kind="S" if system else _KINDS[read_text(first[1])],
        oid=oid,
        sql=f"{shown}.{quote(name)}",
        columns=tuple(_column(row, schema == "infoschema") for row in rows),
        key=tuple(quote(read_text(row[6])) for row in rows if row[16] == b"\x01"),
    )


def _column(row: list[bytes | None], upper: bool) -> Column:
    name = read_text(row[6])
    notes = remarks(row[13])
    native = read_text(row[7])
    collation = remarks(row[14]).get("name") if row[14] is not None else None
    type = type_of(native, read_int(row[8]) or 0)
    return Column(
        name=str(notes.get("name", name.upper() if upper else name)),
        type=type,
        nullable=row[9] == b"\x01",
        identity=row[10] == b"\x01" or "seed" in notes,
        computed=row[11] == b"\x01",
        default=row[12] == b"\x01",
        collation=str(collation) if collation else None,
        loose=row[14] is None and type.name in _TEXTS,
        seed=int(notes.get("seed", 1)),
        increment=int(notes.get("increment", 1)),
    )


def remarks(comment: bytes | None) -> dict[str, Any]:
    """An object's comment: JSON with its real name and what PostgreSQL does not keep."""
    text = read_text(comment)
    if not text.startswith("{"):
        return {"name": text} if text else {}
    found: dict[str, Any] = json.loads(text)
    return found


def text_array(items: list[str]) -> bytes:
    """A text[] in binary."""
    if not items:
        return struct.pack(">iii", 0, 0, 25)
    body = b"".join(struct.pack(">i", len(raw)) + raw for raw in (i.encode() for i in items))
    return struct.pack(">iiiii", 1, 0, 25, len(items), 1) + body
