"""The client that runs a case: pyodbc, one fresh connection for each session of a case."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import pyodbc

from sandbox.databases import target_dsn
from tests.contract.tsql.cases import Batch
from tests.contract.tsql.events import Column, Count, Error, Event, Message, ResultSet

PASSWORD: Final = "Conformance-Only-1"
"""Of every user that a case creates."""

_DATETIMEOFFSET: Final = -155  # SQL_SS_TIMESTAMPOFFSET
_PREFIX: Final = r"^(?:\[\w+\] )?(?:\[[^\]]*\])*"
_ERROR: Final = re.compile(_PREFIX + r"(?P<text>.*?) \((?P<number>\d+)\) \(\w+\)(?:; .*)?$", re.S)
_NULL_ELIMINATED: Final = "(8153)"
"""A warning that ODBC's cursor shows or not, by how far it has read: never compared."""
_WHOLE: Final = {3: "tinyint", 5: "smallint", 10: "int", 19: "bigint"}
_ESCAPES: Final = str.maketrans({"'": "''", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def run(dsn: str, batches: Iterable[Batch]) -> list[Event]:
    """What the sessions see, batch after batch. `dsn` is the administrator's, of the database."""
    found: list[Event] = []
    with ExitStack() as stack:
        sessions: dict[str, pyodbc.Connection] = {}
        for batch in batches:
            if batch.session not in sessions:
                user = {"uid": batch.user, "pwd": PASSWORD} if batch.user else {}
                opened = pyodbc.connect(target_dsn(dsn, **user), autocommit=True, timeout=30)
                sessions[batch.session] = stack.enter_context(closing(opened))
                opened.add_output_converter(_DATETIMEOFFSET, _datetimeoffset)
                opened.execute("SET NOCOUNT ON")
            found.extend(_seen(sessions[batch.session], batch.text))
    return found


def _seen(connection: pyodbc.Connection, text: str) -> Iterator[Event]:
    """The batch's events, until its end or its first error: ODBC's cursor ends with that."""
    with closing(connection.cursor()) as cursor:
        try:
            cursor.execute(text)
            while True:
                yield from _messages(cursor)
                if cursor.description is not None:
                    yield _result_set(cursor)
                elif cursor.rowcount >= 0:
                    yield Count(cursor.rowcount)
                if not cursor.nextset():
                    break
            yield from _messages(cursor)
        except pyodbc.Error as error:
            parts = _ERROR.match(str(error.args[1]))
            if parts is None:
                raise
            yield Error(int(parts["number"]), parts["text"])


def _messages(cursor: pyodbc.Cursor) -> Iterator[Message]:
    for kind, said in cursor.messages or ():
        if not kind.endswith(_NULL_ELIMINATED):
            yield Message(re.sub(_PREFIX, "", said))


def _result_set(cursor: pyodbc.Cursor) -> ResultSet:
    described = cursor.description
    scales = [entry[5] for entry in described]
    rows = [
        " | ".join(shown(value, scale) for value, scale in zip(row, scales, strict=True))
        for row in cursor.fetchall()
    ]
    columns = tuple(Column(entry[0], _type(entry)) for entry in described)
    return ResultSet(columns, tuple(rows))


def _type(entry: tuple[Any, ...]) -> str:
    """What ODBC tells of a column's type; char, varchar, nchar and nvarchar are one there."""
    _, kind, _, size, _, scale, _ = entry
    length = size or "max"
    if kind is int:
        return _WHOLE.get(size, f"int({size})")
    if kind is float:
        return "real" if size == 24 else "float"
    if kind is Decimal:
        return f"decimal({size},{scale})"
    if kind is datetime:
        return f"timestamp({scale})"
    if kind is time:
        return f"time({scale})"
    return {bool: "bit", date: "date", bytearray: f"binary({length})"}.get(kind, f"text({length})")


def shown(value: Any, scale: int) -> str:
    """A value as `.expected` files write it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, bytes):
        return f"0x{value.hex().upper()}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}".rjust(19, "0") + _fraction(value.microsecond, scale)
    if isinstance(value, time):
        return f"{value:%H:%M:%S}" + _fraction(value.microsecond, scale)
    if isinstance(value, date | int | float):
        return str(value)
    return f"'{str(value).translate(_ESCAPES)}'"


def _fraction(microseconds: int, scale: int) -> str:
    """Python's clock has six digits: a case that needs the seventh converts to text."""
    return f".{microseconds:06d}"[: 1 + scale] if scale else ""


def _datetimeoffset(raw: bytes) -> str:
    """ODBC's SQL_SS_TIMESTAMPOFFSET_STRUCT as text."""
    *parts, nanoseconds, hours, minutes = struct.unpack("<6hI2h", raw)
    day = "{:04d}-{:02d}-{:02d} {:02d}:{:02d}:{:02d}".format(*parts)
    sign = "-" if hours < 0 or minutes < 0 else "+"
    return f"{day}.{nanoseconds // 100:07d} {sign}{abs(hours):02d}:{abs(minutes):02d}"
