"""PostgreSQL's types by OID, read from the catalog and kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg

from connectors.postgresql.errors import translated
from model.types import Kind, LogicalType

_TYPES: Final = """/* replicator:types */
SELECT t.oid::bigint, t.typname, n.nspname, t.typtype, t.typbasetype::bigint, t.typtypmod,
       CASE WHEN t.typsubscript = 'pg_catalog.array_subscript_handler'::regproc
            THEN t.typelem::bigint ELSE 0 END,
       t.typdelim, t.typnotnull, e.extname,
       ARRAY(SELECT l.enumlabel FROM pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder),
       ARRAY(SELECT pg_get_expr(c.conbin, 0) FROM pg_constraint c
             WHERE c.contypid = t.oid AND c.contype = 'c' ORDER BY c.conname),
       (SELECT coalesce(json_agg(json_build_array(a.attname, a.atttypid::bigint, a.atttypmod)
                                 ORDER BY a.attnum), '[]')
        FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
              AND t.typtype = 'c')
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
LEFT JOIN pg_extension e ON e.oid = d.refobjid
WHERE t.oid = ANY (%s)"""

_BUILT_IN: Final[dict[str, Kind]] = {
    "int2": Kind.INT16,
    "int4": Kind.INT32,
    "int8": Kind.INT64,
    "oid": Kind.INT64,
    "numeric": Kind.DECIMAL,
    "money": Kind.MONEY,
    "float4": Kind.FLOAT32,
    "float8": Kind.FLOAT64,
    "bool": Kind.BOOLEAN,
    "bpchar": Kind.CHAR,
    "varchar": Kind.VARCHAR,
    "text": Kind.TEXT,
    "name": Kind.TEXT,
    "char": Kind.TEXT,
    "bytea": Kind.BYTES,
    "date": Kind.DATE,
    "timestamp": Kind.TIMESTAMP,
    "timestamptz": Kind.TIMESTAMPTZ,
    "time": Kind.TIME,
    "timetz": Kind.TIMETZ,
    "interval": Kind.INTERVAL,
    "uuid": Kind.UUID,
    "json": Kind.JSON,
    "jsonb": Kind.JSON,
    "xml": Kind.XML,
    "inet": Kind.NETWORK,
    "cidr": Kind.NETWORK,
    "macaddr": Kind.NETWORK,
    "macaddr8": Kind.NETWORK,
    "bit": Kind.BITSTRING,
    "varbit": Kind.BITSTRING,
    "tsvector": Kind.TSVECTOR,
    **dict.fromkeys(("point", "line", "lseg", "box", "path", "polygon", "circle"), Kind.GEOMETRIC),
}
_EXTENSIONS: Final[dict[tuple[str, str], Kind]] = {
    ("citext", "citext"): Kind.TEXT,
    ("hstore", "hstore"): Kind.KEYVALUE,
    ("postgis", "geometry"): Kind.SPATIAL,
    ("postgis", "geography"): Kind.SPATIAL,
}
_SECONDS: Final = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMPTZ, Kind.TIME, Kind.TIMETZ})


@dataclass(frozen=True, slots=True)
class SourceType:
    """A type as PostgreSQL has it, besides what the model says of it.

    `name` is the type's own name under all domains. `delimiter` separates it within an array.
    """

    name: str
    logical: LogicalType
    delimiter: str = ","
    not_null: bool = False
    element: SourceType | None = None
    fields: tuple[tuple[str, SourceType], ...] = ()


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    schema: str
    type: str
    base: int
    typmod: int
    element: int
    delimiter: str
    not_null: bool
    extension: str | None
    labels: tuple[str, ...]
    checks: tuple[str, ...]
    fields: tuple[tuple[str, int, int], ...]

    @property
    def references(self) -> list[int]:
        return [oid for oid in (self.base, self.element, *(f[1] for f in self.fields)) if oid]


class TypeCatalog:
    """Types that were asked for, with all they are made of.

    `load` asks the source; `resolve` only looks, so that it never blocks an event loop.
    """

    def __init__(self) -> None:
        self._rows: dict[int, _Row] = {}

    def missing(self, oids: Iterable[int]) -> set[int]:
        """Those that `load` has not read yet."""
        return set(oids) - self._rows.keys()

    def forget(self, oids: Iterable[int]) -> None:
        """Read these again at the next `load`: a type may have been altered."""
        for oid in oids:
            row = self._rows.pop(oid, None)
            if row is not None:
                self.forget(row.references)

    def load(self, connection: psycopg.Connection[tuple[Any, ...]], oids: Iterable[int]) -> None:
        """Read these types and all that they refer to."""
        wanted = self.missing(oids)
        while wanted:
            with translated("pg_type"):
                found = connection.execute(_TYPES, [sorted(wanted)]).fetchall()
            self._rows.update((row[0], _row(row)) for row in found)
            for oid in wanted - self._rows.keys():
                self._rows[oid] = _DROPPED
            wanted = self.missing(
                reference for oid in wanted for reference in self._rows[oid].references
            )

    def resolve(self, oid: int, typmod: int) -> SourceType:
        """The type for a column's OID and modifier. Raises KeyError when it was not loaded."""
        row = self._rows[oid]
        if row.type == "d":
            return self._domain(row, typmod)
        if row.element:
            return self._array(row, typmod)
        if row.type == "c":
            return self._composite(row)
        return SourceType(row.name, _simple(row, typmod), row.delimiter)

    def _domain(self, row: _Row, typmod: int) -> SourceType:
        base = self.resolve(row.base, row.typmod if typmod == -1 else typmod)
        logical = replace(
            base.logical,
            domain=f"{row.schema}.{row.name}",
            checks=base.logical.checks + row.checks,
        )
        return replace(base, logical=logical, not_null=base.not_null or row.not_null)

    def _array(self, row: _Row, typmod: int) -> SourceType:
        element = self.resolve(row.element, typmod)
        logical = LogicalType(_within(Kind.ARRAY, [element]), element=element.logical)
        return SourceType(row.name, logical, element=element)

    def _composite(self, row: _Row) -> SourceType:
        fields = tuple((name, self.resolve(type_, typmod)) for name, type_, typmod in row.fields)
        logical = LogicalType(
            _within(Kind.COMPOSITE, [field for _, field in fields]),
            fields=tuple((name, field.logical) for name, field in fields),
        )
        return SourceType(row.name, logical, fields=fields)


def _row(columns: tuple[Any, ...]) -> _Row:
    _, name, schema, kind, base, typmod, element, delimiter, not_null, extension = columns[:10]
    labels, checks, fields = columns[10:]
    members = tuple((field, type_, modifier) for field, type_, modifier in fields)
    lists = (tuple(labels), tuple(checks), members)
    return _Row(name, schema, kind, base, typmod, element, delimiter, not_null, extension, *lists)


_DROPPED: Final = _Row("dropped", "", "b", 0, -1, 0, ",", False, None, (), (), ())


def _within(kind: Kind, parts: Iterable[SourceType]) -> Kind:
    """UNKNOWN when a part's JSON is made by a cast that we do not reproduce (PostGIS)."""
    refused = (Kind.SPATIAL, Kind.UNKNOWN)
    return Kind.UNKNOWN if any(part.logical.kind in refused for part in parts) else kind


def _simple(row: _Row, typmod: int) -> LogicalType:
    if row.type == "e":
        return LogicalType(Kind.ENUM, labels=row.labels)
    if row.type in ("r", "m"):
        return LogicalType(Kind.RANGE)
    if row.extension is not None:
        return LogicalType(_EXTENSIONS.get((row.extension, row.name), Kind.UNKNOWN))
    if row.schema != "pg_catalog":
        return LogicalType(Kind.UNKNOWN)
    kind = _BUILT_IN.get(row.name, Kind.UNKNOWN)
    if typmod < 0:
        return LogicalType(kind)
    if kind in (Kind.CHAR, Kind.VARCHAR):
        return LogicalType(kind, length=typmod - 4)
    if kind is Kind.BITSTRING:
        return LogicalType(kind, length=typmod)
    if kind is Kind.DECIMAL:
        digits = typmod - 4
        return LogicalType(
            kind, precision=(digits >> 16) & 0xFFFF, scale=((digits & 0x7FF) ^ 1024) - 1024
        )
    if kind in _SECONDS:
        return LogicalType(kind, precision=typmod)
    if kind is Kind.INTERVAL and typmod & 0xFFFF != 0xFFFF:
        return LogicalType(kind, precision=typmod & 0xFFFF)
    return LogicalType(kind)
