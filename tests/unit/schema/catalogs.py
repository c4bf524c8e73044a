"""Small catalogs for the tests of the schema."""

from __future__ import annotations

from typing import Any

from model.catalog import Catalog, Column, ForeignKey, Index, IndexColumn, Key, Table, TableName
from model.profile import ColumnProfile, TableProfile
from model.types import Kind, LogicalType
from replicator.schema import PlanOptions, SchemaPlan, Scripts, convert, plan


def typed(kind: Kind, **measures: Any) -> LogicalType:
    return LogicalType(kind, **measures)


def column(
    name: str, kind: Kind = Kind.INT64, *, nullable: bool = True, native: str = "", **more: Any
) -> Column:
    measures = {
        key: more.pop(key)
        for key in ("length", "precision", "scale", "labels", "domain", "checks")
        if key in more
    }
    return Column(name, typed(kind, **measures), nullable, native or str(kind), **more)


def table(name: str, *columns: Column, key: tuple[str, ...] = (), **parts: Any) -> Table:
    schema, _, bare = name.rpartition(".")
    primary = Key(f"{bare}_pkey", key) if key else None
    return Table(
        TableName(schema or "public", bare), columns, primary_key=primary, key=key, **parts
    )


def index(name: str, *columns: str, unique: bool = False, **parts: Any) -> Index:
    return Index(
        name, tuple(IndexColumn(part) for part in columns), unique, **{"method": "btree"} | parts
    )


def reference(name: str, here: str, other: str, there: str, **actions: Any) -> ForeignKey:
    return ForeignKey(name, (here,), TableName("public", other), (there,), **actions)


def profiled(table_: Table, **columns: ColumnProfile) -> dict[TableName, TableProfile]:
    return {table_.name: TableProfile(columns)}


def planned(*tables: Table, options: PlanOptions | None = None, **parts: Any) -> SchemaPlan:
    profiles = parts.pop("profiles", {})
    return plan(Catalog("app", tables, **parts), profiles, options or PlanOptions())


def scripts(*tables: Table, **parts: Any) -> Scripts:
    return convert(planned(*tables, **parts))
