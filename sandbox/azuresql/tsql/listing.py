"""Result sets that system procedures make from a query of their own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Done, Result, ResultSet, Rows, SqlType
from sandbox.azuresql.tsql.exchange import Value, rows_of
from sandbox.azuresql.tsql.results import columns
from sandbox.azuresql.tsql.scope import Output

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def rows(
    interpreter: Interpreter, sql: str, values: list[Value], types: list[tuple[str, SqlType]]
) -> AsyncGenerator[Result, None]:
    """A query's rows as a result set of these columns."""
    async for result in _rows(interpreter, sql, values, [Output(*named) for named in types]):
        yield result


async def native_rows(
    interpreter: Interpreter, sql: str, values: list[Value]
) -> AsyncGenerator[Result, None]:
    """A query's rows with the names and types that PostgreSQL gives its columns."""
    async for result in _rows(interpreter, sql, values, None):
        yield result


async def _rows(
    interpreter: Interpreter, sql: str, values: list[Value], outputs: list[Output] | None
) -> AsyncGenerator[Result, None]:
    first, count = True, 0
    async for piece in interpreter.session.link.stream(sql, values):
        if first:
            yield ResultSet(columns(piece, outputs, interpreter.session.types))
            first = False
        if piece.ntuples:
            count += piece.ntuples
            yield Rows(rows_of(piece))
    yield Done(count, 0xC1)
