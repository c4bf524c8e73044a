"""Requests: SQL batch, RPC, transaction manager ([MS-TDS] 2.2.6.6, 2.2.6.7, 2.2.6.9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from sandbox.azuresql.session import Parameter
from sandbox.azuresql.tds import table_values, types, values
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor

PROCEDURES: Final = {
    1: "sp_cursor",
    2: "sp_cursoropen",
    3: "sp_cursorprepare",
    4: "sp_cursorexecute",
    5: "sp_cursorprepexec",
    6: "sp_cursorunprepare",
    7: "sp_cursorfetch",
    8: "sp_cursoroption",
    9: "sp_cursorclose",
    10: "sp_executesql",
    11: "sp_prepare",
    12: "sp_execute",
    13: "sp_prepexec",
    14: "sp_prepexecrpc",
    15: "sp_unprepare",
}
"""Procedures that clients call by number."""

_BY_NUMBER: Final = 0xFFFF
_NEXT, _NEXT_OLD, _NEXT_NO_EXECUTE = 0xFF, 0x80, 0xFE
_OUTPUT: Final = 0x01

_TM_BEGIN, _TM_COMMIT, _TM_ROLLBACK, _TM_SAVE = 5, 7, 8, 9
_TM_BEGIN_AGAIN: Final = 0x01


class Call(NamedTuple):
    """One procedure call."""

    name: str
    parameters: tuple[Parameter, ...]

    @property
    def outputs(self) -> tuple[int, ...]:
        """The places of the parameters that want a value back."""
        return tuple(place for place, given in enumerate(self.parameters) if given.output)


@dataclass(frozen=True, slots=True)
class TransactionRequest:
    """`kind` is begin, commit, rollback or save; `again` begins the next transaction at once."""

    kind: str
    isolation: int = 0
    name: str = ""
    again: bool = False


def batch(message: bytes) -> str:
    """The text of a SQL batch."""
    cursor = _after_headers(message)
    return cursor.utf16(cursor.left // 2)


def calls(message: bytes) -> Iterator[Call]:
    """The calls of an RPC message, one after the other, as parameter arrays send them.

    Raises ProtocolError, or UnknownType for a parameter type that the stand-in does not carry.
    """
    cursor = _after_headers(message)
    while cursor.left:
        yield _call(cursor)


def _call(cursor: Cursor) -> Call:
    length = cursor.u16()
    if length == _BY_NUMBER:
        number = cursor.u16()
        name = PROCEDURES.get(number, f"procedure {number}")
    else:
        name = cursor.utf16(length).lower()
    # The flags ask to leave out columns that the client knows. They are sent all the same: ODBC
    # asks for it though it knows only those of a batch's first result.
    cursor.take(2)
    parameters = []
    while cursor.left and cursor.peek() not in (_NEXT, _NEXT_OLD, _NEXT_NO_EXECUTE):
        parameters.append(_parameter(cursor))
    if cursor.left:
        cursor.u8()
    return Call(name, tuple(parameters))


def _parameter(cursor: Cursor) -> Parameter:
    name, status = cursor.text8(), cursor.u8()
    if table_values.begins(cursor):
        return Parameter(name, table_values.TABLE, table_values.read(cursor))
    kind = types.read(cursor)
    value = values.read(cursor, kind)
    return Parameter(name, kind.sql, value, bool(status & _OUTPUT))


def transaction(message: bytes) -> TransactionRequest:
    """A transaction-manager request. Raises ProtocolError on kinds that only MSDTC sends."""
    cursor = _after_headers(message)
    kind = cursor.u16()
    if kind == _TM_BEGIN:
        return TransactionRequest("begin", cursor.u8(), cursor.text8())
    if kind == _TM_SAVE:
        return TransactionRequest("save", name=cursor.text8())
    if kind in (_TM_COMMIT, _TM_ROLLBACK):
        name = cursor.text8()
        again = bool(cursor.u8() & _TM_BEGIN_AGAIN)
        isolation = cursor.u8() if again else 0
        request = "commit" if kind == _TM_COMMIT else "rollback"
        return TransactionRequest(request, isolation, name, again)
    raise ProtocolError(f"transaction manager request {kind} is not spoken here")


def _after_headers(message: bytes) -> Cursor:
    """Past ALL_HEADERS, whose length counts itself; its trace and transaction are not needed."""
    cursor = Cursor(message)
    total = cursor.u32()
    if total < 4:
        raise ProtocolError(f"headers of {total} bytes")
    cursor.take(total - 4)
    return cursor
