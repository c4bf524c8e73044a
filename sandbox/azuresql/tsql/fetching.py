"""A cursor's next row: where it is, and how it goes into variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, ResultColumn
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.collecting import postgresql_type
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.cursors import Cursor
    from sandbox.azuresql.tsql.session import TsqlSession


def move(cursor: Cursor, direction: str, offset: int) -> None:
    """To the row that FETCH asks for: beyond an end, before the first or behind the last one."""
    last = len(cursor.rows)
    place = {
        "NEXT": cursor.place + 1,
        "PRIOR": cursor.place - 1,
        "FIRST": 1,
        "LAST": last,
        "RELATIVE": cursor.place + offset,
        "ABSOLUTE": offset if offset >= 0 else last + 1 + offset,
    }[direction]
    cursor.place = max(0, min(place, last + 1))


async def into(
    session: TsqlSession,
    columns: Sequence[ResultColumn],
    row: Sequence[bytes | None] | None,
    names: Sequence[str],
    frame: Frame,
    node: Node,
) -> None:
    """The row's values in variables, which keep theirs without a row. Raises Refused 137, 16924."""
    unknown = next((name for name in names if name not in frame.variables), None)
    if unknown is not None:
        raise refusal.no_variable(unknown, node.line)
    if len(names) != len(columns):
        raise Refused(
            16924,
            "Cursorfetch: The number of variables declared in the INTO list must match that of "
            "selected columns.",
            line=node.line,
        )
    if row is None:
        return
    casts: list[str] = []
    values: list[Value] = []
    for place, (column, name, data) in enumerate(zip(columns, names, row, strict=True), 1):
        given = Expression(f"${place}", column.type, bound=True)
        casts.append(cast(given, frame.variables[name].type).text)
        values.append(Value(session.types.oid(postgresql_type(column)), data))
    found, _ = await session.link.fetch(f"SELECT {', '.join(casts)}", values)
    for name, data in zip(names, found[0], strict=True):
        frame.variables[name].data = data
