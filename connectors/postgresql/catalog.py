"""Reads what a source holds into `model.catalog`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from collections.abc import Sequence as Ordered
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

import psycopg

from connectors.postgresql import relations
from connectors.postgresql.errors import translated
from connectors.postgresql.names import literal, qualified
from connectors.postgresql.types import TypeCatalog
from model.catalog import (
    Catalog,
    Check,
    Column,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Key,
    ReplicaIdentity,
    Sequence,
    Table,
    TableName,
    View,
)
from model.errors import RightMissing
from model.types import Kind, LogicalType

Connection = psycopg.Connection[tuple[Any, ...]]

_ACTIONS: Final = {
    "a": "NO ACTION",
    "r": "RESTRICT",
    "c": "CASCADE",
    "n": "SET NULL",
    "d": "SET DEFAULT",
}
_IDENTITIES: Final = {
    "d": ReplicaIdentity.DEFAULT,
    "f": ReplicaIdentity.FULL,
    "i": ReplicaIdentity.INDEX,
    "n": ReplicaIdentity.NOTHING,
}
_INTEGERS: Final = {"int2": Kind.INT16, "int4": Kind.INT32, "int8": Kind.INT64}


@dataclass(frozen=True, slots=True)
class Relation:
    """A row of `pg_class`: what tells tables apart before their parts are read."""

    oid: int
    name: TableName
    kind: str
    identity: ReplicaIdentity
    persistence: str
    comment: str | None
    rows: int | None
    bytes: int | None


def chosen(name: TableName, include: Ordered[str], exclude: Ordered[str]) -> bool:
    """True when `schema.name` matches a pattern of `include` and none of `exclude`."""
    text = str(name)
    return any(fnmatchcase(text, pattern) for pattern in include) and not any(
        fnmatchcase(text, pattern) for pattern in exclude
    )


def read_relations(
    connection: Connection, partitions: str, include: Ordered[str], exclude: Ordered[str]
) -> list[Relation]:
    """The chosen tables, partitioned ones as the setting says."""
    with translated("catalog"):
        rows = connection.execute(relations.TABLES, [partitions]).fetchall()
    return [
        Relation(oid, TableName(schema, name), kind, _IDENTITIES[identity], *rest)
        for oid, schema, name, kind, identity, *rest in rows
        if chosen(TableName(schema, name), include, exclude)
    ]


def read_tables(
    connection: Connection, types: TypeCatalog, found: Ordered[Relation]
) -> tuple[Table, ...]:
    """The tables with all their parts."""
    oids = [relation.oid for relation in found]
    with translated("catalog"):
        columns = connection.execute(relations.COLUMNS, [oids]).fetchall()
        constraints = connection.execute(relations.CONSTRAINTS, [oids]).fetchall()
        indexes = connection.execute(relations.INDEXES, [oids]).fetchall()
    types.load(connection, {row[2] for row in columns})
    return tuple(
        _table(
            relation,
            types,
            [row[1:] for row in columns if row[0] == relation.oid],
            [row[1:] for row in constraints if row[0] == relation.oid],
            [row[1:] for row in indexes if row[0] == relation.oid],
        )
        for relation in found
    )


def _table(
    relation: Relation,
    types: TypeCatalog,
    columns: list[tuple[Any, ...]],
    constraints: list[tuple[Any, ...]],
    indexes: list[tuple[Any, ...]],
) -> Table:
    by_kind: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for kind, *parts in constraints:
        by_kind[kind].append(tuple(parts))
    equal_nulls = {index[0]: index[-1] for index in indexes}
    keys = {
        kind: tuple(
            Key(name, tuple(names), deferrable, equal_nulls.get(index, False))
            for name, deferrable, names, *_, index in by_kind[kind]
        )
        for kind in "pu"
    }
    primary = keys["p"][0] if keys["p"] else None
    return Table(
        name=relation.name,
        columns=tuple(_column(types, parts) for parts in columns),
        primary_key=primary,
        unique_keys=keys["u"],
        indexes=tuple(_index(parts) for parts in indexes if not parts[7]),
        foreign_keys=tuple(_foreign_key(parts) for parts in by_kind["f"]),
        checks=tuple(Check(parts[0], parts[8]) for parts in by_kind["c"]),
        replica_identity=relation.identity,
        key=_record_key(relation.identity, primary, indexes),
        comment=relation.comment,
        rows=relation.rows,
        bytes=relation.bytes,
    )


def _column(types: TypeCatalog, parts: tuple[Any, ...]) -> Column:
    name, oid, typmod, not_null, native, expression, identity, generated, collation = parts[:9]
    comment, sequence_schema, sequence, start, increment, missing = parts[9:]
    type_ = types.resolve(oid, typmod)
    numbered = None
    if sequence is not None:
        numbered = Identity(
            TableName(sequence_schema, sequence), start, increment, always=identity == "a"
        )
    default = None if generated or numbered else expression
    if default is None and missing:
        default = "(a default that was dropped later and filled the older rows)"
    return Column(
        name=name,
        type=type_.logical,
        nullable=not (not_null or type_.not_null),
        native=native,
        default=default,
        identity=numbered,
        generated=expression if generated else None,
        collation=collation,
        comment=comment,
    )


def _index(parts: tuple[Any, ...]) -> Index:
    _, name, unique, _, method, definition, predicate, _, *rest = parts
    names, expressions, descending, included, nulls_equal = rest
    return Index(
        name=name,
        columns=tuple(
            IndexColumn(column, expression, down)
            for column, expression, down in zip(names, expressions, descending, strict=True)
        ),
        unique=unique,
        method=method,
        included=tuple(included),
        predicate=predicate,
        definition=definition,
        nulls_equal=nulls_equal,
    )


def _foreign_key(parts: tuple[Any, ...]) -> ForeignKey:
    name, deferrable, columns, schema, table, referenced, on_delete, on_update, *_ = parts
    return ForeignKey(
        name=name,
        columns=tuple(columns),
        referenced=TableName(schema, table),
        referenced_columns=tuple(referenced),
        on_delete=_ACTIONS[on_delete],
        on_update=_ACTIONS[on_update],
        deferrable=deferrable,
    )


def _record_key(
    identity: ReplicaIdentity, primary: Key | None, indexes: list[tuple[Any, ...]]
) -> tuple[str, ...]:
    """The columns that the log carries of an old row, in key order (protocol: "Record").

    With `USING INDEX` a delete carries that index's columns only, a primary key or not.
    """
    if identity is ReplicaIdentity.INDEX:
        return next((tuple(parts[8]) for parts in indexes if parts[3]), ())
    if identity is ReplicaIdentity.NOTHING or primary is None:
        return ()
    return primary.columns


def read_sequences(
    connection: Connection, schemas: Container[str] | None = None
) -> tuple[Sequence, ...]:
    """Every sequence of these schemas (None: of all) that is no extension's.

    Raises RightMissing when one cannot be read: its value would look like that of an unused one.
    """
    with translated("catalog"):
        rows = connection.execute(relations.SEQUENCES).fetchall()
    return tuple(_sequence(row) for row in rows if schemas is None or row[0] in schemas)


def _sequence(row: tuple[Any, ...]) -> Sequence:
    schema, name, type_, start, increment, least, most, cycle, readable, last, *owner = row
    sequence = TableName(schema, name)
    if not readable:
        raise RightMissing(
            "our role may not read the sequence",
            object=str(sequence),
            hint=f"GRANT SELECT ON SEQUENCE {qualified(sequence)} TO <our role>",
        )
    return Sequence(
        name=sequence,
        type=LogicalType(_INTEGERS[type_]),
        start=start,
        increment=increment,
        minimum=least,
        maximum=most,
        cycle=cycle,
        last=last,
        owner=(TableName(owner[0], owner[1]), owner[2]) if owner[1] else None,
    )


def read_catalog(
    connection: Connection,
    types: TypeCatalog,
    partitions: str,
    include: Ordered[str],
    exclude: Ordered[str],
) -> Catalog:
    """Tables that were chosen, and the rest of the database's objects by name."""
    found = read_relations(connection, partitions, include, exclude)
    with translated("catalog"):
        views = connection.execute(relations.VIEWS).fetchall()
        others = connection.execute(relations.OTHERS).fetchall()
    unlogged = tuple(
        ("unlogged table", str(relation.name)) for relation in found if relation.persistence == "u"
    )
    return Catalog(
        database=connection.info.dbname,
        tables=read_tables(connection, types, found),
        sequences=read_sequences(connection, {relation.name.schema for relation in found}),
        views=tuple(View(TableName(s, n), query, m) for s, n, query, m in views),
        others=tuple((kind, name) for kind, name in others) + unlogged,
    )


def read_table(
    connection: Connection, types: TypeCatalog, partitions: str, name: TableName
) -> Table | None:
    """One table as it is now, None when it is gone."""
    pattern = str(name).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
    found = read_relations(connection, partitions, [pattern], [])
    tables = read_tables(connection, types, found)
    return tables[0] if tables else None


def regclass(name: TableName) -> str:
    """A table's name as a literal that PostgreSQL resolves to its OID."""
    return f"{literal(qualified(name))}::regclass"
