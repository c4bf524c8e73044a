"""`INSERT … EXEC`: what a procedure returns goes into a table."""

from __future__ import annotations

import struct
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    Done,
    Refused,
    Result,
    ResultColumn,
    ResultSet,
    ReturnStatus,
    Rows,
)
from sandbox.azuresql.tsql import changing, control, evaluate, types
from sandbox.azuresql.tsql.changes import Change, assigned, insert_columns, target_of
from sandbox.azuresql.tsql.expression import Expression
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.scope import Column, Context
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.types import SEAM_OIDS
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_COPY_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_COPY_TRAILER: Final = struct.pack(">h", -1)
_PLAIN: Final = {20: "int8", 21: "int2", 23: "int4", 1700: "numeric", 700: "float4", 701: "float8"}


@dataclass(slots=True)
class _Set:
    """One result set, its rows in COPY's format."""

    columns: Sequence[ResultColumn]
    rows: list[bytes] = field(default_factory=list)


async def insert(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """All result sets of the call, in order. Raises Refused 213 and 8164."""
    session = interpreter.session
    if interpreter.collecting:
        raise Refused(8164, "An INSERT EXEC statement cannot be nested.", line=node.line)
    walk = Walk(node)
    walk.need_words("INSERT")
    walk.words("INTO")
    target = walk.need("table_reference", "parameter")
    given = walk.kind("bracketed")
    call = walk.need("execute_script_statement")
    walk.done()

    def prepare(context: Context) -> Change:
        name, relation = target_of(target, context)
        context.require("INSERT", name)
        identity = relation.identity
        columns, listed = insert_columns(given, relation)
        return Change("", relation, None, identity in columns if identity else False, listed)

    found, context = await evaluate.translate(session, node, frame, prepare, "collect")
    into, _ = insert_columns(given, found.target)
    sets: list[_Set] = []
    interpreter.collecting = True
    try:
        async for result in control.execute(interpreter, call, frame):
            if isinstance(result, ResultSet):
                sets.append(_Set(result.columns))
            elif isinstance(result, Rows):
                sets[-1].rows += [_copied(row) for row in result.rows]
            elif not isinstance(result, Done | ReturnStatus):
                yield result
    finally:
        interpreter.collecting = False
    for one in sets:
        _check(one, into, node)
    async for result in start(interpreter):
        yield result
    if not sets:
        session.state.rowcount = 0
        yield Done(0, 0xC3)
        return
    for place, staged in enumerate(sets):
        await _stage(interpreter, staged, place)
    names = ", ".join(column.sql for column in into)
    parts = " UNION ALL ".join(_selected(one, place, into) for place, one in enumerate(sets))
    sql = f"INSERT INTO {found.target.sql} ({names}) {parts}"
    change = Change(sql, found.target, None, found.identity_given, found.columns_listed)
    async for result in changing.run(interpreter, change, context, "INSERT", frame, node):
        yield result
    await session.link.run(f"DROP TABLE {', '.join(_table(place) for place in range(len(sets)))}")


def _check(one: _Set, into: Sequence[Column], node: Node) -> None:
    if len(one.columns) != len(into):
        raise Refused(
            213,
            "Column name or number of supplied values does not match table definition.",
            state=7,
            line=node.line,
        )


def _table(place: int) -> str:
    return f'pg_temp."~collected{place}"'


def _selected(one: _Set, place: int, into: Sequence[Column]) -> str:
    values = ", ".join(
        assigned(Expression(f'"c{number}"', column.type, bound=True), wanted)
        for number, (column, wanted) in enumerate(zip(one.columns, into, strict=True))
    )
    return f'(SELECT {values} FROM {_table(place)} ORDER BY "n")'


def _copied(row: Sequence[bytes | None]) -> bytes:
    """One row of PostgreSQL's binary COPY format."""
    cells = (
        b"\xff\xff\xff\xff" if cell is None else struct.pack(">i", len(cell)) + cell for cell in row
    )
    return struct.pack(">h", len(row)) + b"".join(cells)


async def _stage(interpreter: Interpreter, one: _Set, place: int) -> None:
    """One result set in a temporary table, its rows numbered as they came."""
    link = interpreter.session.link
    columns = ", ".join(f'"c{n}" {postgresql_type(column)}' for n, column in enumerate(one.columns))
    listed = ", ".join(f'"c{n}"' for n in range(len(one.columns)))
    name = _table(place)
    await link.run(
        f"DROP TABLE IF EXISTS {name}; CREATE TEMPORARY TABLE {name.removeprefix('pg_temp.')} "
        f'({columns}, "n" int8 GENERATED ALWAYS AS IDENTITY)'
    )
    await link.copy_begin(f"COPY {name} ({listed}) FROM STDIN (FORMAT binary)")
    await link.copy_data(_COPY_HEADER + b"".join(one.rows) + _COPY_TRAILER)
    await link.copy_end()


def postgresql_type(column: ResultColumn) -> str:
    """The PostgreSQL type whose binary format the column's values have."""
    if SEAM_OIDS[column.type.name] == column.oid:
        return types.bare(column.type)
    return _PLAIN[column.oid]
