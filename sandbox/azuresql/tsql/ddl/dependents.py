"""What hangs on a column: it must go before the column does or becomes another type."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.ddl.columns import Definition
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.names import fold
from sandbox.azuresql.tsql.scope import Column, Relation
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_text

_DEPENDENTS: Final = """
WITH d AS (
  SELECT d.classid, d.objid, a.attnum FROM pg_attribute a
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
    AND d.refobjsubid = a.attnum
  WHERE a.attrelid = $1::text::regclass AND a.attname = $2)
SELECT 'object', coalesce(store.extra(k.oid, 'pg_constraint') ->> 'name', k.conname::text)
FROM d JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
WHERE k.contype IN ('p', 'u', 'f', 'c')
UNION
SELECT 'object', store.column_extra(f.adrelid, f.adnum) ->> 'default_name'
FROM d JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
WHERE f.adnum = d.attnum AND store.column_extra(f.adrelid, f.adnum) ? 'default_name'
UNION
SELECT 'column', coalesce(store.column_extra(f.adrelid, f.adnum) ->> 'name', c.attname::text)
FROM d JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
JOIN pg_attribute c ON c.attrelid = f.adrelid AND c.attnum = f.adnum WHERE f.adnum <> d.attnum
UNION
SELECT 'index', i.name FROM d JOIN store.indexes i ON d.classid = 'pg_class'::regclass
AND i.indexrelid = d.objid WHERE i.constraint_id IS NULL
ORDER BY 1 DESC, 2
"""
"""Constraints (foreign keys of other tables too), the default, computed columns, indexes."""


async def check_drop(link: Link, relation: Relation, column: Column, node: Node) -> None:
    """Raises Refused 5074, naming the first object that hangs on the column."""
    place = [Value(25, relation.sql.encode()), Value(25, fold(column.name).encode())]
    rows, _ = await link.fetch(_DEPENDENTS, place)
    for kind, name in rows:
        raise Refused(
            5074,
            f"The {read_text(kind)} '{read_text(name)}' is dependent on column '{column.name}'.",
            line=node.line,
        )


async def check_change(link: Link, relation: Relation, definition: Definition, node: Node) -> None:
    """The same for ALTER COLUMN; a new length of the same type hurts nothing that is there."""
    column = relation.column(definition.name)
    if column is None or column.type is None or definition.type is None:
        return
    if column.type.name != definition.type.name:
        await check_drop(link, relation, column, node)
