"""Table-valued parameters: each becomes a table variable of its type, filled by COPY."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Notice, Parameter, Refused, SqlType, TableValue
from sandbox.azuresql.tsql import evaluate
from sandbox.azuresql.tsql.bulk import BulkLoad
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.link import Value
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.parameters import Declared
from sandbox.azuresql.tsql.scope import Column
from sandbox.azuresql.tsql.sources import table_variable
from sandbox.azuresql.tsql.tree import parsed
from sandbox.azuresql.tsql.types import STRINGS
from sandbox.azuresql.tsql.values import encode, read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.session import TsqlSession

_TEXT: Final = 25
_BOUNDED: Final = STRINGS | {"varbinary", "binary"}


async def receive(
    session: TsqlSession, declarations: Sequence[Declared], given: Sequence[Parameter], frame: Frame
) -> None:
    """Make and fill a table variable for each table value. Raises Refused."""
    for place, parameter in enumerate(given):
        if isinstance(parameter.value, TableValue):
            name = parameter.name or declarations[place].name
            await _declare(session, name, parameter.value, frame)
            await _fill(session, name, parameter.value)


async def _declare(session: TsqlSession, name: str, value: TableValue, frame: Frame) -> None:
    """Raises Refused 2715 for a type that does not exist."""
    schema = ObjectName(value.schema, value.name).folded_schema
    found, _ = await session.link.fetch(
        "SELECT definition FROM store.table_types WHERE schema = $1 AND lower(name) = lower($2)",
        [Value(_TEXT, schema.encode()), Value(_TEXT, value.name.encode())],
    )
    if not found:
        raise Refused(
            2715,
            f"Column, parameter, or variable {name}: Cannot find data type {value.name}.",
            state=3,
        )
    text = f"DECLARE {name} TABLE {read_text(found[0][0])}"
    interpreter = session.interpreter
    interpreter.texts.append(text)
    try:
        async for _ in interpreter.batches(await parsed(text), frame):
            pass
    finally:
        interpreter.texts.pop()


async def _fill(session: TsqlSession, name: str, value: TableValue) -> None:
    """Raises Refused 500 for another number of columns, and what the table refuses."""
    relations = await evaluate.load(session, await parsed(f"SELECT * FROM {name}"))
    relation = relations[ObjectName("", table_variable(name)).key]
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
