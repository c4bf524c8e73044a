"""Table variables: temporary tables that end with their batch or procedure, and outlive a rollback.

PostgreSQL undoes them with everything else. So their rows are read before a rollback, and the
tables are made and filled again behind it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import TableVariable
from sandbox.azuresql.tsql.names import ObjectName, literal
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_TEXT: Final = 25


def table_name(session: TsqlSession, variable: str) -> ObjectName:
    """The temporary table of a variable: each level of nesting has its own."""
    depth = session.state.nesting
    return ObjectName("", f"#{variable}:{depth}" if depth else f"#{variable}")


async def read(session: TsqlSession, table: TableVariable) -> None:
    """Look at the table that was made for the variable."""
    found = await reader.relations(session.link, [table.name.key])
    table.relation = found[table.name.key]


@asynccontextmanager
async def surviving(session: TsqlSession) -> AsyncIterator[None]:
    """Around a rollback: the table variables in sight are afterwards what they were before."""
    live = session.interpreter.tables
    if not live or session.transaction.doomed:
        yield
        return
    await session.transaction.usable()
    kept = [(table, await _rows(session, table)) for table in live]
    yield
    for table, rows in kept:
        await _restore(session, table, rows)
    session.state.forget_temporary()


async def _rows(session: TsqlSession, table: TableVariable) -> str:
    """All rows, as PostgreSQL writes an array of them."""
    rows, _ = await session.link.fetch(
        f"SELECT coalesce(array_agg(t), '{{}}')::text FROM {table.name.sql} AS t"
    )
    return read_text(rows[0][0])


async def _restore(session: TsqlSession, table: TableVariable, rows: str) -> None:
    name = table.name.sql
    await session.link.run("; ".join([f"DROP TABLE IF EXISTS {name}", *table.statements]))
    await read(session, table)
    columns = [column for column in table.relation.columns if not column.computed]
    listed = ", ".join(column.sql for column in columns)
    given = ", ".join(f"(r.t).{column.sql}" for column in columns)
    await session.link.fetch(
        f"INSERT INTO {name} ({listed}) OVERRIDING SYSTEM VALUE SELECT {given} "
        f"FROM (SELECT unnest($1::text::{name}[]) AS t) AS r",
        [Value(_TEXT, rows.encode())],
    )
    identity = table.relation.identity
    if identity is not None:
        best = "max" if identity.increment > 0 else "min"
        await session.link.fetch(
            f"SELECT sys.advance_identity({literal(name)}::regclass, "
            f"(SELECT {best}({identity.sql})::int8 FROM {name}))"
        )
