"""Bulk rows: INSERT BULK into PostgreSQL's binary COPY, by a function generated per table shape.

A row that the bytes at hand do not complete is left for the next call, so the stream may be split
anywhere.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sandbox.azuresql.session import Refused, ResultColumn, SqlType
from sandbox.azuresql.tds import bulk_cells
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.types import WireType

ROW: Final = 0xD1
DONE: Final = 0xFD

RowsDecoder = Callable[[bytes, int, int, list[bytes]], tuple[int, int]]
"""(bytes, position, end, out) to (position after the last whole row, number of rows). The COPY rows
are appended to `out`; it stops at a token that begins no row."""


@dataclass(frozen=True, slots=True)
class BulkColumn:
    """What the client sends and what the table wants."""

    wire: WireType
    target: ResultColumn


def rows_decoder(columns: Sequence[BulkColumn]) -> RowsDecoder:
    """The decoder of rows with these columns.

    Raises Refused(4816) for a column whose wire type does not convert to the table's.
    """
    return _rows_decoder(
        tuple((column.wire, column.target.type, column.target.oid) for column in columns),
        tuple(column.target.name for column in columns),
    )


@lru_cache(maxsize=128)
def _rows_decoder(
    shape: tuple[tuple[WireType, SqlType, int], ...], names: tuple[str, ...]
) -> RowsDecoder:
    cells = [bulk_cells.cell(index, *column) for index, column in enumerate(shape)]
    scope: dict[str, object] = {
        "fields": struct.pack(">H", len(cells)),
        "struct_error": struct.error,
        "unreadable": _unreadable,
        "NULL": bulk_cells.COPY_NULL,
        "bad": _bad_length,
        "too_long": _too_long(names),
    }
    for cell in cells:
        scope.update(cell.scope)
    source = "\n".join(
        [
            "def decode(data, start, end, out):",
            "    rows = 0",
            "    p = start",
            "    try:",
            "        while p < end:",
            f"            if data[p] != {ROW}:",
            "                break",
            "            p += 1",
            *(f"            {line}" for cell in cells for line in cell.lines),
            "            if p > end:",
            "                break",
            f"            out += (fields, {', '.join(cell.name for cell in cells)})",
            "            rows += 1",
            "            start = p",
            "    except (IndexError, struct_error):",
            "        pass",
            "    except UnicodeError as error:",
            "        unreadable(error)",
            "    return start, rows",
        ]
    )
    exec(compile(source, "<bulk rows decoder>", "exec"), scope)
    decode = scope["decode"]
    assert callable(decode)
    return decode


def _bad_length(column: int, length: int) -> None:
    raise ProtocolError(f"a bulk value of {length} bytes in column {column + 1}")


def _too_long(names: Sequence[str]) -> Callable[[int], None]:
    def too_long(column: int) -> None:
        raise Refused(
            2628,
            f"String or binary data would be truncated in column '{names[column]}'. "
            "The bulk load was refused before the row was stored.",
        )

    return too_long


def _unreadable(error: UnicodeError) -> None:
    raise Refused(4864, f"Bulk load: text that is not valid Unicode ({error}).") from error
