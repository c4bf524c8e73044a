"""Result sets that system procedures make from a query of their own."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Done, Result, ResultSet, Rows, SqlType
from sandbox.azuresql.tsql.link import Value, rows_of
from sandbox.azuresql.tsql.results import columns
from sandbox.azuresql.tsql.scope import Output

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def rows(
    interpreter: Interpreter, sql: str, values: list[Value], types: list[tuple[str, SqlType]]
) -> AsyncGenerator[Result, None]:
    """A query's rows as a result set of these columns."""
    outputs = [Output(name, type) for name, type in types]
    first, count = True, 0
    async for piece in interpreter.session.link.stream(sql, values):
        if first:
            yield ResultSet(columns(piece, outputs, interpreter.session.types))
            first = False
        if piece.ntuples:
            count += piece.ntuples
            yield Rows(rows_of(piece))
    yield Done(count, 0xC1)
