"""Cells of result rows: one value of PostgreSQL's binary format as TDS wants it."""

from __future__ import annotations

import struct
from codecs import utf_16_le_encode
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from sandbox.azuresql.tds import collation, temporal, variants
from sandbox.azuresql.tds.numeric import unscaled, wire_encoder
from sandbox.azuresql.tds.oids import (
    BOOL,
    BYTEA,
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    NUMERIC,
    TEXTS,
    UUID,
)
from sandbox.azuresql.tds.types import Token, UnknownType, WireType

Encoder = Callable[[bytes], bytes]
"""From a value to its bytes on the wire, their length before them."""

_H: Final = struct.Struct("<H").pack
_PLP: Final = struct.Struct("<QI").pack
_PLP_NULL: Final = b"\xff" * 8
_PLP_EMPTY: Final = bytes(12)
_PLP_END: Final = bytes(4)
_TEXT_POINTER: Final = b"\x10" + bytes(16) + bytes(8)
_INTEGERS: Final = {INT2: 2, INT4: 4, INT8: 8}


def inline(kind: WireType, oid: int) -> tuple[bytes, str] | None:
    """Prefix and expression of types that need no function call; the value is `{v}`."""
    token, size = kind.token, bytes([kind.length & 0xFF])
    if _INTEGERS.get(oid) == kind.length and token is Token.INTN:
        return size, "{v}[::-1]"
    if token is Token.INTN and kind.length == 1 and oid == INT2:
        return size, "{v}[1:]"
    if token is Token.BITN and oid == BOOL:
        return size, "{v}"
    if token is Token.FLTN and oid == (FLOAT8 if kind.length == 8 else FLOAT4):
        return size, "{v}[::-1]"
    if token is Token.GUID and oid == UUID:
        return size, "{v}[3::-1] + {v}[5:3:-1] + {v}[7:5:-1] + {v}[8:]"
    return None


def null_cell(kind: WireType) -> bytes:
    """How NULL of `kind` looks in a row."""
    if kind.chunked:
        return _PLP_NULL
    if kind.token in (Token.TEXT, Token.NTEXT, Token.IMAGE):
        return b"\x00"
    if kind.token is Token.VARIANT:
        return bytes(4)
    if kind.token in _SHORT:
        return b"\xff\xff"
    return b"\x00"


_SHORT: Final = frozenset(
    {
        *(Token.NVARCHAR, Token.NCHAR, Token.BIGVARCHAR),
        *(Token.BIGCHAR, Token.BIGVARBINARY, Token.BIGBINARY),
    }
)
_WIDE: Final = frozenset({Token.NVARCHAR, Token.NCHAR, Token.NTEXT, Token.XML})
_NARROW: Final = frozenset({Token.BIGVARCHAR, Token.BIGCHAR, Token.TEXT})
_BINARY: Final = frozenset({Token.BIGVARBINARY, Token.BIGBINARY, Token.IMAGE})


@lru_cache(maxsize=1024)
def cell_encoder(kind: WireType, oid: int) -> Encoder:
    """The function for one value of `kind` that PostgreSQL sends as `oid`; kept: shapes repeat."""
    token = kind.token
    expressed = inline(kind, oid)
    if expressed is not None:
        prefix, expression = expressed
        made: Encoder = eval(f"lambda v: prefix + {expression.format(v='v')}", {"prefix": prefix})
        return made
    if token is Token.INTN and oid in (INT2, INT4, INT8, NUMERIC, BOOL):
        return _integer(kind.length, oid)
    if token is Token.BITN and oid in (INT2, INT4, INT8):
        return lambda value: b"\x01\x01" if any(value) else b"\x01\x00"
    if token is Token.FLTN and oid in (FLOAT4, FLOAT8):
        return _float(kind.length, oid)
    if token in (Token.DECIMALN, Token.NUMERICN) and oid == NUMERIC:
        return wire_encoder(kind.sql.scale, kind.length)
    if token is Token.MONEYN and oid == NUMERIC:
        return _money(kind.length)
    if token in _WIDE and oid in TEXTS:
        return _framed(kind, _utf16)
    if token in _NARROW and oid in TEXTS:
        name = collation.codec(kind.collation)
        return _framed(kind, lambda value: value.decode().encode(name, "replace"))
    if token in _BINARY and oid == BYTEA:
        return _framed(kind, None)
    if token is Token.VARIANT and oid in TEXTS:
        return variants.encode
    temporal_encoder = _temporal(kind, oid)
    if temporal_encoder is None:
        raise UnknownType(f"{kind.sql.name} from PostgreSQL's type {oid}")
    return temporal_encoder


def _integer(size: int, oid: int) -> Encoder:
    prefix, signed = bytes([size]), size > 1

    def encode(value: bytes) -> bytes:
        number = unscaled(value, 0) if oid == NUMERIC else int.from_bytes(value, signed=True)
        return prefix + number.to_bytes(size, "little", signed=signed)

    return encode


def _float(size: int, oid: int) -> Encoder:
    source = struct.Struct(">d" if oid == FLOAT8 else ">f").unpack
    target = struct.Struct("<d" if size == 8 else "<f").pack
    return lambda value: bytes([size]) + target(*source(value))


def _money(size: int) -> Encoder:
    """Money is an integer of ten-thousandths, its upper half first."""

    def encode(value: bytes) -> bytes:
        raw = unscaled(value, 4).to_bytes(size, "little", signed=True)
        return bytes([size]) + (raw[4:] + raw[:4] if size == 8 else raw)

    return encode


def _framed(kind: WireType, convert: Encoder | None) -> Encoder:
    """Text or bytes behind the length that their type wants."""
    if kind.chunked:

        def framed(value: bytes) -> bytes:
            raw = convert(value) if convert else value
            size = len(raw)
            return _PLP(size, size) + raw + _PLP_END if size else _PLP_EMPTY

        return framed
    if kind.token in (Token.TEXT, Token.NTEXT, Token.IMAGE):

        def pointed(value: bytes) -> bytes:
            raw = convert(value) if convert else value
            return _TEXT_POINTER + struct.pack("<I", len(raw)) + raw

        return pointed
    if convert is None:
        return lambda value: _H(len(value)) + value

    def short(value: bytes) -> bytes:
        raw = convert(value)
        return _H(len(raw)) + raw

    return short


def _temporal(kind: WireType, oid: int) -> Encoder | None:
    token = kind.token
    if token is Token.DATEN and oid == DATE:
        return _date
    if token is Token.DATETIMEOFFSETN and oid == INTERVAL:
        return _datetimeoffset(kind)
    if oid != INT8:
        return None
    if token is Token.TIMEN:
        return _time(kind)
    if token is Token.DATETIME2N:
        return _datetime2(kind)
    if token is Token.DATETIMN:
        return _datetime if kind.length == 8 else _smalldatetime
    return None


def _date(value: bytes) -> bytes:
    days = int.from_bytes(value, signed=True) + temporal.DAYS_TO_2000
    return b"\x03" + days.to_bytes(3, "little")


def _time(kind: WireType) -> Encoder:
    prefix, size, unit = bytes([kind.length]), kind.length, temporal.unit(kind.sql.scale)
    return lambda value: prefix + (int.from_bytes(value) // unit).to_bytes(size, "little")


def _datetime2(kind: WireType) -> Encoder:
    prefix, unit = bytes([kind.length]), temporal.unit(kind.sql.scale)
    size, per_day = kind.length - 3, temporal.TICKS_PER_DAY

    def encode(value: bytes) -> bytes:
        days, ticks = divmod(int.from_bytes(value), per_day)
        return prefix + (ticks // unit).to_bytes(size, "little") + days.to_bytes(3, "little")

    return encode


def _datetimeoffset(kind: WireType) -> Encoder:
    prefix, unit = bytes([kind.length]), temporal.unit(kind.sql.scale)
    size, per_day = kind.length - 5, temporal.TICKS_PER_DAY
    unpack, per_interval_day = struct.Struct("<qii").unpack, temporal.INTERVAL_DAY

    def encode(value: bytes) -> bytes:
        time: int
        day: int
        offset: int
        time, day, offset = unpack(value)
        days, ticks = divmod(time + (day + 30 * offset) * per_interval_day, per_day)
        clock = (ticks // unit).to_bytes(size, "little")
        zone = offset.to_bytes(2, "little", signed=True)
        return prefix + clock + days.to_bytes(3, "little") + zone

    return encode


def _datetime(value: bytes) -> bytes:
    return b"\x08" + struct.pack("<iI", *temporal.legacy(int.from_bytes(value)))


def _smalldatetime(value: bytes) -> bytes:
    return b"\x04" + struct.pack("<HH", *temporal.legacy_minutes(int.from_bytes(value)))


def _utf16(value: bytes) -> bytes:
    return utf_16_le_encode(value.decode())[0]
