"""An error of PostgreSQL with the real names of what it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.azuresql.catalog.reader import relations, remarks, type_of
from sandbox.azuresql.session import Notice
from sandbox.azuresql.tsql import errors
from sandbox.azuresql.tsql.exchange import ServerError, Value
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.named import Named
from sandbox.azuresql.tsql.names import fold
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_CONSTRAINT: Final = """
SELECT k.contype::text, k.conname::text, obj_description(k.oid, 'pg_constraint'),
       fn.nspname::text, f.relname::text, fa.attname::text, cn.nspname::text, c.relname::text
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace cn ON cn.oid = c.relnamespace
LEFT JOIN pg_class f ON f.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = f.relnamespace
LEFT JOIN pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = k.confkey[1]
WHERE k.conname = $1 AND ($2 = '' OR cn.nspname = $2) AND ($3 = '' OR c.relname = $3)
"""
_INDEX: Final = """
SELECT obj_description(i.oid, 'pg_class') FROM pg_class i WHERE i.relname = $1 AND i.relkind = 'i'
"""
_COUNTED: Final = """
SELECT tn.nspname || '.' || t.typname FROM pg_class c
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
WHERE c.relkind = 'S' AND c.relname = $1 AND d.refclassid = 'pg_class'::regclass
"""


def _text(value: str) -> Value:
    return Value(25, value.encode())


async def explain(session: TsqlSession, error: ServerError, line: int, statement: str) -> Notice:
    """The notice that SQL Server would have sent. The transaction must be usable."""
    database = session.state.database.name
    named = Named(database=database, statement=statement)
    link = session.link
    if error.sqlstate in ("23505", "23503", "23514"):
        named = await _constraint(link, error, named, session)
    elif error.sqlstate == "23502":
        relation = await _relation(link, error.schema, error.table)
        named = Named(
            database=database,
            statement=statement,
            schema=relation.schema if relation else error.schema,
            table=relation.name if relation else error.table,
            columns={fold(c.name): c.name for c in relation.columns} if relation else {},
        )
    elif error.sqlstate == "ZZ028":
        named = await _truncated(session, error, named)
    elif error.sqlstate == "2200H":
        named = Named(database=database, statement=statement, numbered=await _counted(link, error))
    elif error.sqlstate == "42803":
        named = Named(database=database, statement=statement, column=_column(session, error))
    target = session.interpreter.target
    if error.sqlstate in ("55000", "0A000") and target is not None and target.kind == "V":
        return _unwritable(error, target, line)
    found = errors.notice(error, named, line)
    if found.number == 3960 and session.transaction.isolation == "SERIALIZABLE":
        return Notice(1205, 13, 51, line, errors.DEADLOCK)
    if error.sqlstate == "21000" and statement == "MERGE":
        text = (
            "The MERGE statement attempted to UPDATE or DELETE the same row more than once. This "
            "happens when a target row matches more than one source row."
        )
        return Notice(8672, 16, 1, line, text)
    return found


def _unwritable(error: ServerError, view: Relation, line: int) -> Notice:
    """A view that PostgreSQL cannot write through, or a column of it that it cannot."""
    name = f"{view.schema}.{view.name}"
    if error.sqlstate == "0A000":
        text = f"Update or insert of view or function '{name}' failed because it contains a "
        return Notice(4406, 16, 1, line, f"{text}derived or constant field.")
    text = f"View or function '{name}' is not updatable because the modification affects multiple "
    return Notice(4405, 16, 1, line, f"{text}base tables.")


async def _relation(link: Link, schema: str, table: str) -> Relation | None:
    key = ("pg_temp" if schema.startswith("pg_temp") else schema, table)
    return (await relations(link, [key])).get(key)


def _column(session: TsqlSession, error: ServerError) -> str:
    """`schema.table.column` as they are spelled; an alias stays, as SQL Server leaves it."""
    written = error.message.partition('"')[2].partition('"')[0]
    source, _, column = written.rpartition(".")
    named = [
        f"{relation.schema}.{relation.name}.{_real_column(relation, column)}"
        for (_, table), relation in session.state.database.relations.items()
        if table == source and relation.column(column) is not None
    ]
    return named[0] if len(named) == 1 else written


async def _counted(link: Link, error: ServerError) -> str:
    """The type of the identity that the exhausted sequence counts for, empty for none."""
    name = error.message.partition('"')[2].partition('"')[0]
    rows, _ = await link.fetch(_COUNTED, [_text(name)])
    native = read_text(rows[0][0]) if rows else ""
    return type_of(native, -1).name if native else ""


async def _constraint(link: Link, error: ServerError, named: Named, session: TsqlSession) -> Named:
    own = await _relation(link, error.schema, error.table)
    schema = own.schema if own else error.schema
    table = own.name if own else error.table
    if error.schema.startswith("pg_temp"):
        schema = "dbo"
    rows, _ = await link.fetch(
        _CONSTRAINT, [_text(error.constraint), _text(error.schema), _text(error.table)]
    )
    if not rows and error.sqlstate == "23503":
        # The error of a referenced table names that table; the constraint is another's.
        rows, _ = await link.fetch(_CONSTRAINT, [_text(error.constraint), _text(""), _text("")])
    if not rows:
        indexes, _ = await link.fetch(_INDEX, [_text(error.constraint)])
        notes = remarks(indexes[0][0]) if indexes else {}
        name = str(notes.get("name", error.constraint.rpartition(".")[2]))
        return _named(named, schema, table, name, "i")
    kind, name_, comment, f_schema, f_table, f_column, c_schema, c_table = rows[0]
    name = str(remarks(comment).get("name", read_text(name_)))
    found = _named(named, schema, table, name, read_text(kind))
    if error.sqlstate != "23503":
        return found
    referenced = error.message.startswith("update or delete")
    key = (c_schema, c_table) if referenced else (f_schema, f_table)
    other = await _relation(link, read_text(key[0]), read_text(key[1]))
    return Named(
        database=named.database,
        statement=named.statement,
        schema=schema,
        table=table,
        constraint=name,
        kind="f",
        other_schema=other.schema if other else "",
        other_table=other.name if other else "",
        other_column=_real_column(other, read_text(f_column)) if not referenced else "",
    )


def _real_column(relation: Relation | None, folded: str) -> str:
    column = relation.column(folded) if relation else None
    return column.name if column else folded


def _named(named: Named, schema: str, table: str, constraint: str, kind: str) -> Named:
    return Named(
        database=named.database,
        statement=named.statement,
        schema=schema,
        table=table,
        constraint=constraint,
        kind=kind,
    )


async def _truncated(session: TsqlSession, error: ServerError, named: Named) -> Named:
    """The statement's target and its columns of the length that was exceeded."""
    target = session.interpreter.target
    if target is None:
        return named
    length = int(error.detail)
    columns = tuple(
        column.name
        for column in target.columns
        if column.type is not None and column.type.length == length
    )
    return Named(
        database=named.database,
        statement=named.statement,
        schema="dbo" if target.sql.startswith("pg_temp") else target.schema,
        table=target.name,
        truncated_columns=columns,
    )
