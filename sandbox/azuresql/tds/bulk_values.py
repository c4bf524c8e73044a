"""Bulk values that need a function: from a value's bytes on the wire to a field of a COPY row."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tds import temporal
from sandbox.azuresql.tds.numeric import copy_encoder
from sandbox.azuresql.tds.oids import (
    DATE,
    FLOAT4,
    FLOAT8,
    INT2,
    INT4,
    INT8,
    INTERVAL,
    NUMERIC,
    UUID,
)
from sandbox.azuresql.tds.types import Token, WireType

INTEGER_BYTES: Final = {INT2: 2, INT4: 4, INT8: 8}
INTEGERS: Final = frozenset({Token.INT1, Token.INT2, Token.INT4, Token.INT8, Token.INTN})
DECIMALS: Final = frozenset({Token.DECIMALN, Token.NUMERICN})
_MONEY: Final = frozenset({Token.MONEY, Token.MONEY4, Token.MONEYN})
FLOATS: Final = frozenset({Token.FLT4, Token.FLT8, Token.FLTN})
_LEGACY_DATES: Final = frozenset({Token.DATETIME, Token.DATETIM4, Token.DATETIMN})

Convert = Callable[[bytes], bytes]
"""From a value's bytes on the wire to a COPY field."""


def converter(wire: WireType, target: SqlType, oid: int) -> Convert | None:
    """The conversion of `wire` into `target` stored as `oid`, None when there is none."""
    token = wire.token
    if token in INTEGERS and oid in INTEGER_BYTES:
        return _resized(wire.length > 1, INTEGER_BYTES[oid])
    if token in DECIMALS and oid == NUMERIC:
        return _decimal(wire.sql.scale)
    if token in _MONEY and oid == NUMERIC:
        return _money
    if token in INTEGERS and oid == NUMERIC:
        put = copy_encoder(0)
        signed = wire.length > 1
        return lambda raw: put(int.from_bytes(raw, "little", signed=signed))
    if token in FLOATS and oid in (FLOAT4, FLOAT8):
        return _float(wire.length, 8 if oid == FLOAT8 else 4)
    if token is Token.GUID and oid == UUID:
        head = struct.pack(">I", 16)
        return lambda raw: head + raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]
    return _temporal(wire, target, oid)


def _resized(signed: bool, size: int) -> Convert:
    head = struct.pack(">I", size)

    def convert(raw: bytes) -> bytes:
        number = int.from_bytes(raw, "little", signed=signed)
        try:
            return head + number.to_bytes(size, "big", signed=True)
        except OverflowError:
            raise Refused(8115, "Arithmetic overflow error converting expression.") from None

    return convert


def _decimal(scale: int) -> Convert:
    put = copy_encoder(scale)

    def convert(raw: bytes) -> bytes:
        signed = int.from_bytes(raw, "little")
        return put(signed >> 8) if signed & 0xFF else put(-(signed >> 8))

    return convert


def _money(raw: bytes) -> bytes:
    whole = raw[4:] + raw[:4] if len(raw) == 8 else raw
    return _TEN_THOUSANDTHS(int.from_bytes(whole, "little", signed=True))


_TEN_THOUSANDTHS: Final = copy_encoder(4)


def _float(source: int, target: int) -> Convert:
    read = struct.Struct("<d" if source == 8 else "<f").unpack
    write = struct.Struct(">Id" if target == 8 else ">If").pack
    return lambda raw: write(target, *read(raw))


def _temporal(wire: WireType, target: SqlType, oid: int) -> Convert | None:
    token = wire.token
    if token is Token.DATEN and oid == DATE:
        return _date
    if token is Token.TIMEN and oid == INT8 and target.name == "time":
        return _time(wire, target)
    if token is Token.DATETIME2N and oid == INT8 and target.name != "time":
        return _datetime2(wire, target)
    if token is Token.DATETIMEOFFSETN and oid == INTERVAL:
        return _datetimeoffset(wire, target)
    if token in _LEGACY_DATES and oid == INT8 and target.name != "time":
        return _datetime if wire.length == 8 else _smalldatetime
    return None


_INT8: Final = struct.Struct(">Iq").pack


def _date(raw: bytes) -> bytes:
    return struct.pack(">Ii", 4, int.from_bytes(raw, "little") - temporal.DAYS_TO_2000)


def _time(wire: WireType, target: SqlType) -> Convert:
    unit, rounded = temporal.unit(wire.sql.scale), _rounding(wire, target)

    def convert(raw: bytes) -> bytes:
        ticks = rounded(int.from_bytes(raw, "little") * unit)
        return _INT8(8, ticks % temporal.TICKS_PER_DAY)

    return convert


def _rounding(wire: WireType, target: SqlType) -> Callable[[int], int]:
    """To the digits that the target keeps, half up."""
    if target.scale >= wire.sql.scale:
        return lambda ticks: ticks
    unit = temporal.unit(target.scale)
    return lambda ticks: (ticks + unit // 2) // unit * unit


def _datetime2(wire: WireType, target: SqlType) -> Convert:
    unit, per_day = temporal.unit(wire.sql.scale), temporal.TICKS_PER_DAY
    rounded, clock = _rounding(wire, target), 8 * (wire.length - 3)
    below = (1 << clock) - 1

    def ticks(raw: bytes) -> int:
        value = int.from_bytes(raw, "little")
        return (value >> clock) * per_day + (value & below) * unit

    if target.name == "datetime":
        return lambda raw: _INT8(8, temporal.legacy_ticks(*temporal.legacy(ticks(raw))))
    if target.name == "smalldatetime":
        return lambda raw: _INT8(8, temporal.minute_ticks(*temporal.legacy_minutes(ticks(raw))))
    if target.scale < wire.sql.scale:
        return lambda raw: _INT8(8, rounded(ticks(raw)))
    return lambda raw: _INT8(8, ticks(raw))


def _datetimeoffset(wire: WireType, target: SqlType) -> Convert:
    unit, per_day = temporal.unit(wire.sql.scale), temporal.TICKS_PER_DAY
    rounded, clock = _rounding(wire, target), 8 * (wire.length - 5)
    below, date_bits, coarser = (1 << clock) - 1, (1 << 24) - 1, target.scale < wire.sql.scale
    pack = struct.Struct("<4sqii").pack
    head = struct.pack(">I", 16)

    def convert(raw: bytes) -> bytes:
        value = int.from_bytes(raw, "little", signed=True)
        days, offset = value >> clock & date_bits, value >> clock + 24
        ticks = days * per_day + (value & below) * unit
        return pack(head, rounded(ticks) if coarser else ticks, -30 * offset, offset)

    return convert


def _datetime(raw: bytes) -> bytes:
    return _INT8(8, temporal.legacy_ticks(*struct.unpack("<iI", raw)))


def _smalldatetime(raw: bytes) -> bytes:
    return _INT8(8, temporal.minute_ticks(*struct.unpack("<HH", raw)))
