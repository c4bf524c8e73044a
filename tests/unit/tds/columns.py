"""Columns of every T-SQL type with values as PostgreSQL's binary format has them.

The bytes are made by psycopg's own dumpers where there is one, so that both ends are not ours.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Any

from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tds import oids

_transformer = Transformer()
_WIDE = Context(prec=60)
TICKS_PER_DAY = 864_000_000_000
LAST_DAY = 3_652_058
"""Days from 0001-01-01 to 9999-12-31."""


def dumped(value: Any, oid: int) -> bytes:
    """`value` as psycopg sends it in binary."""
    dumper = _transformer.get_dumper(value, PyFormat.BINARY)
    if dumper.oid != oid:
        dumper = _transformer.get_dumper_by_oid(oid, PyFormat.BINARY)  # type: ignore[attr-defined]
    data = dumper.dump(value)
    assert data is not None
    return bytes(data)


@dataclass(frozen=True)
class Kind:
    """A type, the PostgreSQL type behind it, its values, and how PostgreSQL stores them."""

    type: SqlType
    oid: int
    values: st.SearchStrategy[Any]
    stored: Callable[[Any], bytes]
    seen: Callable[[Any], Any] = lambda value: value
    """The value as `session.Parameter` would carry it."""

    def __str__(self) -> str:
        digits = f"({self.type.precision},{self.type.scale})"
        return f"{self.type.name}{digits}{self.type.length or ''}"


def integer(name: str, size: int, low: int, high: int) -> Kind:
    layout = {2: (">h", oids.INT2), 4: (">i", oids.INT4), 8: (">q", oids.INT8)}
    code, oid = layout[size]
    return Kind(SqlType(name), oid, st.integers(low, high), lambda v: struct.pack(code, v))


def decimal(name: str, precision: int, scale: int) -> Kind:
    limit = 10**precision - 1
    values = st.integers(-limit, limit).map(lambda v: Decimal(v).scaleb(-scale, _WIDE))
    edges = st.sampled_from([-limit, limit, 0, 1, 10**scale, 10 ** (precision - 1)])
    values |= edges.map(lambda v: Decimal(v).scaleb(-scale, _WIDE))
    kind = SqlType(name, 0, precision, scale)
    return Kind(kind, oids.NUMERIC, values, numeric)


def numeric(value: Decimal) -> bytes:
    return dumped(value, oids.NUMERIC)


def ticks(days: int, of_day: int, scale: int) -> int:
    unit = int(10 ** (7 - scale))
    return days * TICKS_PER_DAY + of_day // unit * unit


def big_endian(value: int) -> bytes:
    return struct.pack(">q", value)


def clock(of_day: int) -> str:
    seconds, fraction = divmod(of_day, 10_000_000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:07d}"


def calendar(instant: int) -> str:
    days, of_day = divmod(instant, TICKS_PER_DAY)
    return f"{date.fromordinal(days + 1).isoformat()} {clock(of_day)}"


_days = st.integers(0, LAST_DAY) | st.sampled_from([0, LAST_DAY, 730_119, 693_595])
_of_day = st.integers(0, TICKS_PER_DAY - 1) | st.sampled_from([0, TICKS_PER_DAY - 1])


def time(scale: int) -> Kind:
    values = _of_day.map(lambda t: ticks(0, t, scale))
    return Kind(SqlType("time", 0, 0, scale), oids.INT8, values, big_endian, clock)


def datetime2(scale: int) -> Kind:
    values = st.tuples(_days, _of_day).map(lambda v: ticks(*v, scale))
    return Kind(SqlType("datetime2", 0, 0, scale), oids.INT8, values, big_endian, calendar)


def datetimeoffset(scale: int) -> Kind:
    """Values are (UTC ticks, minutes of offset)."""
    instants = st.tuples(st.integers(1, LAST_DAY - 1), _of_day).map(lambda v: ticks(*v, scale))

    def seen(value: tuple[int, int]) -> str:
        sign = "-" if value[1] < 0 else "+"
        hour, minute = divmod(abs(value[1]), 60)
        return f"{calendar(value[0] + value[1] * 600_000_000)} {sign}{hour:02d}:{minute:02d}"

    return Kind(
        SqlType("datetimeoffset", 0, 0, scale),
        oids.INTERVAL,
        st.tuples(instants, st.integers(-840, 840)),
        lambda v: struct.pack("<qii", v[0], -30 * v[1], v[1]),
        seen,
    )


def _three_hundredths() -> st.SearchStrategy[int]:
    """Ticks that datetime can hold: milliseconds ending in 0, 3 and 7, from 1753."""

    def at(value: tuple[int, int]) -> int:
        days, units = value
        return days * TICKS_PER_DAY + (units * 10 + 1) // 3 * 10_000

    return st.tuples(st.integers(639_905, LAST_DAY), st.integers(0, 86_400 * 300 - 1)).map(at)


def _whole_minutes() -> st.SearchStrategy[int]:
    return st.tuples(st.integers(693_595, 693_595 + 65_535), st.integers(0, 1439)).map(
        lambda v: v[0] * TICKS_PER_DAY + v[1] * 600_000_000
    )


def text(name: str, length: int, characters: st.SearchStrategy[str] | None = None) -> Kind:
    unicode = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    alphabet = unicode if characters is None else characters
    size = 4000 if length < 0 else length // 2
    values = st.text(alphabet, max_size=min(size, 60))
    if name in ("nchar", "char"):
        values = values.map(lambda v: v + " " * (length - len(v.encode("utf-16-le")) // 2))
    return Kind(SqlType(name, length), oids.TEXT, values, str.encode)


def binary(name: str, length: int) -> Kind:
    values = st.binary(max_size=60 if length < 0 else length)
    if name == "binary":
        values = values.map(lambda v: v.ljust(length, b"\0"))
    return Kind(SqlType(name, length), oids.BYTEA, values, bytes)


_doubles = st.floats(allow_nan=False, allow_infinity=False)
_floats = st.floats(allow_nan=False, allow_infinity=False, width=32)
_latin = st.characters(codec="cp1252", exclude_characters="\0")

KINDS = [
    Kind(SqlType("bit"), oids.BOOL, st.booleans(), lambda v: bytes([v])),
    integer("tinyint", 2, 0, 255),
    integer("smallint", 2, -(2**15), 2**15 - 1),
    integer("int", 4, -(2**31), 2**31 - 1),
    integer("bigint", 8, -(2**63), 2**63 - 1),
    Kind(SqlType("real"), oids.FLOAT4, _floats, lambda v: struct.pack(">f", v)),
    Kind(SqlType("float"), oids.FLOAT8, _doubles, lambda v: struct.pack(">d", v)),
    *(decimal("decimal", p, s) for p, s in [(1, 0), (9, 2), (10, 10), (19, 4), (28, 3), (38, 38)]),
    decimal("numeric", 38, 0),
    Kind(
        SqlType("money"),
        oids.NUMERIC,
        st.integers(-(2**63), 2**63 - 1).map(lambda v: Decimal(v).scaleb(-4, _WIDE)),
        numeric,
    ),
    Kind(
        SqlType("smallmoney"),
        oids.NUMERIC,
        st.integers(-(2**31), 2**31 - 1).map(lambda v: Decimal(v).scaleb(-4, _WIDE)),
        numeric,
    ),
    Kind(
        SqlType("date"),
        oids.DATE,
        st.dates(),
        lambda v: dumped(v, oids.DATE),
        date.isoformat,
    ),
    *(time(scale) for scale in range(8)),
    *(datetime2(scale) for scale in range(8)),
    *(datetimeoffset(scale) for scale in (0, 3, 6, 7)),
    Kind(SqlType("datetime"), oids.INT8, _three_hundredths(), big_endian, calendar),
    Kind(SqlType("smalldatetime"), oids.INT8, _whole_minutes(), big_endian, calendar),
    Kind(SqlType("uniqueidentifier"), oids.UUID, st.uuids(), lambda v: dumped(v, oids.UUID)),
    text("nvarchar", 128),
    text("nvarchar", -1),
    text("nchar", 40),
    text("varchar", 120, _latin),
    text("varchar", -1, _latin),
    text("char", 30, st.characters(codec="ascii", exclude_characters="\0")),
    Kind(SqlType("xml", -1), oids.TEXT, st.text("aé😀 ").map("<x>{}</x>".format), str.encode),
    binary("varbinary", 80),
    binary("varbinary", -1),
    binary("binary", 16),
]
