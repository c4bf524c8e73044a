"""Table-valued parameters: each becomes a table variable of its type, filled by COPY."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Notice, Parameter, Refused, SqlType, TableValue
from sandbox.azuresql.tsql.bulk import BulkLoad
from sandbox.azuresql.tsql.ddl.table_types import typed_variable
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.parameters import Declared
from sandbox.azuresql.tsql.scope import Column, Relation
from sandbox.azuresql.tsql.types import STRINGS
from sandbox.azuresql.tsql.values import encode

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_BOUNDED: Final = STRINGS | {"varbinary", "binary"}


async def receive(
    session: TsqlSession, declarations: Sequence[Declared], given: Sequence[Parameter], frame: Frame
) -> None:
    """Make and fill a table variable for each table value. Raises Refused."""
    for place, parameter in enumerate(given):
        if isinstance(parameter.value, TableValue):
            name = parameter.name or declarations[place].name
            await received(session, name.lower(), parameter.value, frame)
            frame.readonly.add(name.lower())


async def received(session: TsqlSession, name: str, value: TableValue, frame: Frame) -> None:
    """The frame's table variable of that name (`@x`) holds the value. Raises Refused 2715."""
    type = ObjectName(value.schema, value.name)
    if not await typed_variable(session.interpreter, name, type, frame):
        raise Refused(
            2715,
            f"Column, parameter, or variable {name}: Cannot find data type {value.name}.",
            state=3,
        )
    await _fill(session, name, value, frame.tables[name].relation)


async def _fill(session: TsqlSession, name: str, value: TableValue, relation: Relation) -> None:
    """Raises Refused 500 for another number of columns, and what the table refuses."""
    if value.places and max(value.places) >= len(relation.columns):
        raise Refused(
            500,
            f"Trying to pass a table-valued parameter with {max(value.places) + 1} column(s) "
            f"where the corresponding user-defined table type requires {len(relation.columns)} "
            "column(s).",
        )
    if not value.rows:
        return
    columns = [relation.columns[place] for place in value.places]
    types = [column.type or SqlType("nvarchar", -1) for column in columns]
    for row in value.rows:
        _check_lengths(name, row, columns)
    rows = b"".join(_row(row, types) for row in value.rows)
    load = BulkLoad(session, relation, columns, [])
    await load.start()
    await load.feed(rows)
    async for result in load.end(abort=False):
        if isinstance(result, Notice):
            raise Refused(result.number, result.text, result.severity, result.state)


def _check_lengths(name: str, row: Sequence[object], columns: Sequence[Column]) -> None:
    """Raises Refused 2628."""
    for value, column in zip(row, columns, strict=True):
        if not isinstance(value, str | bytes) or column.type is None or column.type.length <= 0:
            continue
        wide = column.type.name in ("nvarchar", "nchar")
        size = len(value)
        if wide and isinstance(value, str):
            size = len(value.encode("utf-16-le", "surrogatepass")) // 2
        if column.type.name in _BOUNDED and size > column.type.length:
            shown = value[: column.type.length] if isinstance(value, str) else ""
            raise Refused(
                2628,
                f"String or binary data would be truncated in table '{name}', column "
                f"'{column.name}'. Truncated value: '{shown}'.",
            )


def _row(row: Sequence[object], types: Sequence[SqlType]) -> bytes:
    """A row of binary COPY. Raises Refused 8114 for a value that its type cannot hold."""
    parts = [struct.pack(">H", len(row))]
    for value, type in zip(row, types, strict=True):
        data = encode(value, type)
        parts.append(b"\xff" * 4 if data is None else struct.pack(">I", len(data)) + data)
    return b"".join(parts)
