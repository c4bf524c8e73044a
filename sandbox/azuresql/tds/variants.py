"""A sql_variant on the wire: base type, its properties, the value ([MS-TDS] 2.2.5.5.4).

The engine keeps one as text, `decimal(8,2):1.50`; `catalog/sql/69_variants.sql` says how.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final
from uuid import UUID

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tds import collation, temporal
from sandbox.azuresql.tds.types import Token, UnknownType, WireType, wire_type

Body = Callable[[str], bytes]

_INTEGERS: Final = {
    "tinyint": (Token.INT1, 1),
    "smallint": (Token.INT2, 2),
    "int": (Token.INT4, 4),
    "bigint": (Token.INT8, 8),
}
_MONEY: Final = {"money": (Token.MONEY, 8), "smallmoney": (Token.MONEY4, 4)}
_SCALED: Final = frozenset({"time", "datetime2", "datetimeoffset"})


def encode(stored: bytes) -> bytes:
    """The value behind its length. Raises UnknownType for a base that no variant has."""
    written, _, value = stored.decode("utf-8", "surrogatepass").partition(":")
    head, body = _base(written)
    raw = head + body(value)
    return struct.pack("<I", len(raw)) + raw


@lru_cache(maxsize=512)
def _base(written: str) -> tuple[bytes, Body]:
    """Token and properties of `decimal(8,2)`, and the function for its values."""
    name, _, rest = written.partition("(")
    sizes = [int(size) for size in rest.rstrip(")").split(",") if size]
    if name in _INTEGERS:
        token, size = _INTEGERS[name]
        return bytes([token, 0]), lambda text: int(text).to_bytes(size, "little", signed=size > 1)
    if name in _MONEY:
        token, size = _MONEY[name]
        return bytes([token, 0]), lambda text: _money(text, size)
    if name == "decimal":
        kind = wire_type(SqlType(name, 0, sizes[0], sizes[1]))
        return bytes([kind.token, 2, *sizes]), lambda text: _decimal(text, sizes[1], kind.length)
    if name in _SCALED:
        kind = wire_type(SqlType(name, scale=sizes[0]))
        return bytes([kind.token, 1, sizes[0]]), lambda text: _scaled(text, kind)
    if name in _TEXTS:
        token, codec, width = _TEXTS[name]
        head = bytes([token, 7]) + collation.DEFAULT_BYTES + struct.pack("<H", sizes[0] * width)
        return head, lambda text: text.encode(codec, "replace")
    if name in ("varbinary", "binary"):
        token = Token.BIGVARBINARY if name == "varbinary" else Token.BIGBINARY
        return bytes([token, 2]) + struct.pack("<H", sizes[0]), bytes.fromhex
    if name in _PLAIN:
        token, body = _PLAIN[name]
        return bytes([token, 0]), body
    raise UnknownType(f"sql_variant of {written}")


_TEXTS: Final = {
    "nvarchar": (Token.NVARCHAR, "utf-16-le", 2),
    "nchar": (Token.NCHAR, "utf-16-le", 2),
    "varchar": (Token.BIGVARCHAR, "cp1252", 1),
    "char": (Token.BIGCHAR, "cp1252", 1),
}


def _money(text: str, size: int) -> bytes:
    """Ten-thousandths, their upper half first."""
    raw = int(Decimal(text).scaleb(4)).to_bytes(size, "little", signed=True)
    return raw[4:] + raw[:4] if size == 8 else raw


def _decimal(text: str, scale: int, length: int) -> bytes:
    digits = text.lstrip("-").partition(".")
    whole = int(digits[0] + digits[2].ljust(scale, "0"))
    return bytes([not text.startswith("-")]) + whole.to_bytes(length - 1, "little")


def _clock(text: str) -> int:
    """`23:59:59.1234567` as ticks."""
    hours, minutes, seconds = text.split(":")
    second, _, fraction = seconds.partition(".")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(second)
    return whole * temporal.TICKS_PER_SECOND + int(fraction.ljust(7, "0"))


def _instant(text: str) -> int:
    """`2024-01-31 23:59:59.12` as ticks."""
    days = date.fromisoformat(text[:10]).toordinal() - 1
    return days * temporal.TICKS_PER_DAY + _clock(text[11:])


def _scaled(text: str, kind: WireType) -> bytes:
    unit = temporal.unit(kind.sql.scale)
    if kind.token is Token.TIMEN:
        return (_clock(text) // unit).to_bytes(kind.length, "little")
    if kind.token is Token.DATETIME2N:
        days, ticks = divmod(_instant(text), temporal.TICKS_PER_DAY)
        return (ticks // unit).to_bytes(kind.length - 3, "little") + days.to_bytes(3, "little")
    local, _, zone = text.rpartition(" ")
    offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * (-1 if zone[0] == "-" else 1)
    utc = _instant(local) - offset * temporal.TICKS_PER_MINUTE
    days, ticks = divmod(utc, temporal.TICKS_PER_DAY)
    clock = (ticks // unit).to_bytes(kind.length - 5, "little")
    return clock + days.to_bytes(3, "little") + struct.pack("<h", offset)


def _date(text: str) -> bytes:
    return (date.fromisoformat(text).toordinal() - 1).to_bytes(3, "little")


_PLAIN: Final[dict[str, tuple[Token, Body]]] = {
    "bit": (Token.BIT, lambda text: bytes([int(text)])),
    "real": (Token.FLT4, lambda text: struct.pack("<f", float(text))),
    "float": (Token.FLT8, lambda text: struct.pack("<d", float(text))),
    "uniqueidentifier": (Token.GUID, lambda text: UUID(text).bytes_le),
    "date": (Token.DATEN, _date),
    "datetime": (
        Token.DATETIME,
        lambda text: struct.pack("<iI", *temporal.legacy(_instant(text))),
    ),
    "smalldatetime": (
        Token.DATETIM4,
        lambda text: struct.pack("<HH", *temporal.legacy_minutes(_instant(text))),
    ),
}
