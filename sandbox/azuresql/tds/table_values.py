"""Table-valued parameters: a type's name, columns, rows ([MS-TDS] 2.2.5.5.5)."""

from __future__ import annotations

from typing import Any, Final

from sandbox.azuresql.session import SqlType, TableValue
from sandbox.azuresql.tds import types, values
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor
from sandbox.azuresql.tds.types import Token, WireType

_NO_COLUMNS: Final = 0xFFFF
_TAKES_DEFAULT: Final = 0x0200
_END, _ROW, _ORDER_UNIQUE, _COLUMN_ORDER = 0x00, 0x01, 0x10, 0x11
_MAX_COLUMNS: Final = 1024

TABLE: Final = SqlType("table")


def begins(cursor: Cursor) -> bool:
    """Whether a table value comes next, where a type is expected."""
    return cursor.peek() == Token.TABLE


def read(cursor: Cursor) -> TableValue:
    """A whole table value, its type token included. Raises ProtocolError, UnknownType."""
    cursor.u8()
    _, schema, name = cursor.text8(), cursor.text8(), cursor.text8()
    columns = _columns(cursor)
    order = _hints(cursor, len(columns))
    given = [place for place, kind in enumerate(columns) if kind is not None]
    kinds = {place: kind for place, kind in enumerate(columns) if kind is not None}
    sent = [place for place in order if place in kinds]
    rows: list[tuple[Any, ...]] = []
    while (token := cursor.u8()) == _ROW:
        row = {place: values.read(cursor, kinds[place]) for place in sent}
        rows.append(tuple(row[place] for place in given))
    if token != _END:
        raise ProtocolError(f"0x{token:02x} begins no row of a table value")
    return TableValue(
        schema, name, tuple(kinds[place].sql for place in given), tuple(given), tuple(rows)
    )


def _columns(cursor: Cursor) -> list[WireType | None]:
    """The columns' types; None for one that takes its default, whose values are not sent."""
    count = cursor.u16()
    if count == _NO_COLUMNS:
        return []
    if count > _MAX_COLUMNS:
        raise ProtocolError(f"a table value of {count} columns")
    columns: list[WireType | None] = []
    for _ in range(count):
        cursor.u32()
        flags = cursor.u16()
        kind = types.read(cursor)
        cursor.text8()
        columns.append(None if flags & _TAKES_DEFAULT else kind)
    return columns


def _hints(cursor: Cursor, count: int) -> list[int]:
    """Past the optional metadata: the order in which a row's columns come."""
    order = list(range(count))
    while (token := cursor.u8()) != _END:
        if token == _ORDER_UNIQUE:
            cursor.take(3 * cursor.u16())
        elif token == _COLUMN_ORDER:
            order = [cursor.u16() - 1 for _ in range(cursor.u16())]
            if sorted(order) != list(range(count)):
                raise ProtocolError("a table value with columns out of its own")
        else:
            raise ProtocolError(f"0x{token:02x} in the metadata of a table value")
    return order
