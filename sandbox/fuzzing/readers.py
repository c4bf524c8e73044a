"""The readers of single messages, each of which either reads any bytes or says that it does not.

An input is one byte that chooses the reader, then the message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.azuresql.session import BulkTarget, Refused, ResultColumn, SqlType
from sandbox.azuresql.tds import login, oids, prelogin, requests, table_values
from sandbox.azuresql.tds.bulk_stream import BulkStream
from sandbox.azuresql.tds.packet import PacketReader, ProtocolError
from sandbox.azuresql.tds.reading import Cursor
from sandbox.azuresql.tds.types import UnknownType
from sandbox.fuzzing.messages import recorded

COLUMNS: Final = [
    ResultColumn("a", SqlType("int"), oids.INT4, nullable=False),
    ResultColumn("b", SqlType("nvarchar", 50), oids.TEXT),
    ResultColumn("c", SqlType("decimal", 0, 18, 2), oids.NUMERIC),
    ResultColumn("d", SqlType("datetime2", 0, 0, 6), oids.INT8),
    ResultColumn("e", SqlType("varbinary", -1), oids.BYTEA),
]
"""The table that the recorded bulk loads fill."""

_PIECE: Final = 61
"""Bytes that arrive at once: few, so that messages are cut everywhere."""


def _calls(message: bytes) -> None:
    for _ in requests.calls(message):
        pass


def _bulk(message: bytes) -> None:
    stream = BulkStream(BulkTarget(COLUMNS))
    for start in range(0, len(message), _PIECE):
        stream.feed(message[start : start + _PIECE], last=start + _PIECE >= len(message))


def _packets(message: bytes) -> None:
    reader = PacketReader()
    for start in range(0, len(message), _PIECE):
        for _ in reader.feed(message[start : start + _PIECE]):
            pass


READERS: Final[dict[str, Callable[[bytes], object]]] = {
    "prelogin": prelogin.parse,
    "login": login.parse,
    "batch": requests.batch,
    "rpc": _calls,
    "transaction": requests.transaction,
    "bulk": _bulk,
    "table value": lambda message: table_values.read(Cursor(message)),
    "packets": _packets,
}
_ORDER: Final = tuple(READERS)


def attack(data: bytes) -> None:
    """Read one input; whatever is raised from here is a defect of the reader."""
    if not data:
        return
    read = READERS[_ORDER[data[0] % len(_ORDER)]]
    try:
        read(data[1:])
    except (ProtocolError, UnknownType, Refused):
        return


def chosen(kind: str, message: bytes) -> bytes:
    """The input that gives `message` to the reader of that name."""
    return bytes([_ORDER.index(kind)]) + message


def seeds() -> list[bytes]:
    """Inputs to begin with: what drivers sent."""
    kinds = ("prelogin", "login", "batch", "rpc", "transaction", "bulk")
    whole = [chosen(kind, message) for kind in kinds for message in recorded(kind)]
    tables = [message for message in recorded("rpc") if b"\xf3" in message]
    values = [chosen("table value", message[message.index(b"\xf3") :]) for message in tables]
    return whole + values
