"""Values of parameters: from the wire into Python, exactly ([MS-TDS] 2.2.5.5).

Bulk rows do not come this way: their decoders are generated in `bulk_rows`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sandbox.azuresql.tds import temporal, types
from sandbox.azuresql.tds.collation import codec
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor, utf16
from sandbox.azuresql.tds.types import Token, WireType

_NULL_CHUNKED: Final = 0xFFFFFFFFFFFFFFFF
_NULL_SHORT: Final = 0xFFFF
_NULL_LONG: Final = 0xFFFFFFFF


def read(cursor: Cursor, kind: WireType) -> Any:
    """One value, None for NULL. Raises ProtocolError when its bytes are none of its type's."""
    raw = raw_value(cursor, kind)
    return None if raw is None else decode(kind, raw)


def raw_value(cursor: Cursor, kind: WireType) -> bytes | None:
    """The bytes of one value without its length, None for NULL."""
    token = kind.token
    if token in _BY_BYTE:
        length = cursor.u8()
        return cursor.take(length) if length else None
    if token is Token.NULL:
        return None
    if token in types.FIXED:
        return cursor.take(kind.length)
    if kind.chunked:
        return chunks(cursor)
    if token in _SHORT:
        length = cursor.u16()
        return None if length == _NULL_SHORT else cursor.take(length)
    if token in _LEGACY:
        length = cursor.u8()
        return None if length == 0xFF else cursor.take(length)
    length = cursor.u32()
    empty = length == 0 and token is Token.VARIANT
    return None if length == _NULL_LONG or empty else cursor.take(length)


_SHORT: Final = frozenset(
    {
        *(Token.BIGVARBINARY, Token.BIGVARCHAR, Token.BIGBINARY),
        *(Token.BIGCHAR, Token.NVARCHAR, Token.NCHAR),
    }
)
_LEGACY: Final = frozenset({Token.VARCHAR, Token.CHAR, Token.VARBINARY, Token.BINARY})
_BY_BYTE: Final = frozenset(
    {
        *(Token.INTN, Token.BITN, Token.FLTN, Token.MONEYN, Token.DATETIMN, Token.GUID),
        *(Token.DECIMAL, Token.NUMERIC, Token.DECIMALN, Token.NUMERICN),
        *(Token.DATEN, Token.TIMEN, Token.DATETIME2N, Token.DATETIMEOFFSETN),
    }
)
"""A byte counts their bytes; none are NULL."""


def chunks(cursor: Cursor) -> bytes | None:
    """A PLP value, of known or unknown length."""
    if cursor.u64() == _NULL_CHUNKED:
        return None
    parts = []
    while length := cursor.u32():
        parts.append(cursor.take(length))
    return b"".join(parts)


def decode(kind: WireType, raw: bytes) -> Any:
    """`raw` as Python: see `session.Parameter`."""
    return _DECODERS[kind.token](kind, raw)


def _sized(raw: bytes, *sizes: int) -> bytes:
    if len(raw) not in sizes:
        raise ProtocolError(f"a value of {len(raw)} bytes where {sizes} were announced")
    return raw


def _integer(_: WireType, raw: bytes) -> int:
    signed = len(_sized(raw, 1, 2, 4, 8)) > 1
    return int.from_bytes(raw, "little", signed=signed)


def _bit(_: WireType, raw: bytes) -> bool:
    return _sized(raw, 1) != b"\x00"


def _float(_: WireType, raw: bytes) -> float:
    cursor = Cursor(_sized(raw, 4, 8))
    return cursor.f32() if len(raw) == 4 else cursor.f64()


def _money(_: WireType, raw: bytes) -> Decimal:
    if len(_sized(raw, 4, 8)) == 8:
        raw = raw[4:] + raw[:4]
    return _scaled(int.from_bytes(raw, "little", signed=True), 4)


def _decimal(kind: WireType, raw: bytes) -> Decimal:
    magnitude = int.from_bytes(_sized(raw, *range(2, 18))[1:], "little")
    return _scaled(magnitude if raw[0] else -magnitude, kind.sql.scale)


def _scaled(value: int, scale: int) -> Decimal:
    digits = tuple(map(int, str(abs(value))))
    return Decimal((int(value < 0), digits, -scale))


def _wide_text(_: WireType, raw: bytes) -> str:
    return utf16(raw)


def _narrow_text(kind: WireType, raw: bytes) -> str:
    return raw.decode(codec(kind.collation), "replace")


def _xml(_: WireType, raw: bytes) -> str:
    return utf16(raw).removeprefix("\ufeff")


def _bytes(_: WireType, raw: bytes) -> bytes:
    return raw


def _uuid(_: WireType, raw: bytes) -> UUID:
    return UUID(bytes_le=_sized(raw, 16))


def _date(_: WireType, raw: bytes) -> str:
    return _text(temporal.date_text, int.from_bytes(_sized(raw, 3), "little"))


def _ticks(raw: bytes, scale: int) -> int:
    ticks = int.from_bytes(raw, "little") * temporal.unit(scale)
    if ticks >= temporal.TICKS_PER_DAY:
        raise ProtocolError("a time of day past midnight")
    return ticks


def _time(kind: WireType, raw: bytes) -> str:
    return temporal.time_text(_ticks(_sized(raw, 3, 4, 5), kind.sql.scale))


def _instant(raw: bytes, scale: int) -> int:
    days = int.from_bytes(raw[-3:], "little")
    return days * temporal.TICKS_PER_DAY + _ticks(raw[:-3], scale)


def _datetime2(kind: WireType, raw: bytes) -> str:
    return _text(temporal.instant_text, _instant(_sized(raw, 6, 7, 8), kind.sql.scale))


def _datetimeoffset(kind: WireType, raw: bytes) -> str:
    minutes = int.from_bytes(_sized(raw, 8, 9, 10)[-2:], "little", signed=True)
    if abs(minutes) > 840:
        raise ProtocolError(f"an offset of {minutes} minutes")
    local = _instant(raw[:-2], kind.sql.scale) + minutes * temporal.TICKS_PER_MINUTE
    return f"{_text(temporal.instant_text, local)} {temporal.offset_text(minutes)}"


def _legacy(_: WireType, raw: bytes) -> str:
    if len(_sized(raw, 4, 8)) == 4:
        days, minutes = int.from_bytes(raw[:2], "little"), int.from_bytes(raw[2:], "little")
        ticks = temporal.minute_ticks(days, minutes)
    else:
        days = int.from_bytes(raw[:4], "little", signed=True)
        ticks = temporal.legacy_ticks(days, int.from_bytes(raw[4:], "little"))
    return _text(temporal.instant_text, ticks)


def _text(write: Callable[[int], str], value: int) -> str:
    try:
        return write(value)
    except (ValueError, OverflowError) as error:
        raise ProtocolError(f"a date out of range: {error}") from error


def _variant(_: WireType, raw: bytes) -> Any:
    """A sql_variant: its base type, the properties of that, then the value without a length."""
    cursor = Cursor(raw)
    token, properties = cursor.u8(), cursor.u8()
    head = cursor.take(properties)
    value = cursor.rest()
    if token in (Token.DECIMALN, Token.NUMERICN):
        type_info = bytes([token, len(value) & 0xFF]) + head
    elif token in _SHORT:
        five, size = (head[:5], head[5:]) if len(head) == 7 else (b"", head)
        type_info = bytes([token]) + size + five
    elif token == Token.GUID:
        type_info = bytes([token, len(value) & 0xFF])
    else:
        type_info = bytes([token]) + head
    kind = types.read(Cursor(type_info))
    if kind.token is Token.VARIANT:
        raise ProtocolError("a sql_variant inside a sql_variant")
    return decode(kind, value)


_DECODERS: Final[dict[Token, Callable[[WireType, bytes], Any]]] = {
    **dict.fromkeys((Token.INT1, Token.INT2, Token.INT4, Token.INT8, Token.INTN), _integer),
    **dict.fromkeys((Token.BIT, Token.BITN), _bit),
    **dict.fromkeys((Token.FLT4, Token.FLT8, Token.FLTN), _float),
    **dict.fromkeys((Token.MONEY, Token.MONEY4, Token.MONEYN), _money),
    **dict.fromkeys(
        (Token.DECIMAL, Token.NUMERIC, Token.DECIMALN, Token.NUMERICN),
        _decimal,
    ),
    **dict.fromkeys((Token.DATETIME, Token.DATETIM4, Token.DATETIMN), _legacy),
    **dict.fromkeys((Token.NVARCHAR, Token.NCHAR, Token.NTEXT), _wide_text),
    **dict.fromkeys(
        (Token.BIGVARCHAR, Token.BIGCHAR, Token.TEXT, Token.VARCHAR, Token.CHAR), _narrow_text
    ),
    **dict.fromkeys(
        (Token.BIGVARBINARY, Token.BIGBINARY, Token.IMAGE, Token.VARBINARY, Token.BINARY), _bytes
    ),
    Token.GUID: _uuid,
    Token.XML: _xml,
    Token.DATEN: _date,
    Token.TIMEN: _time,
    Token.DATETIME2N: _datetime2,
    Token.DATETIMEOFFSETN: _datetimeoffset,
    Token.VARIANT: _variant,
}
