"""Values at the edges of every type, as SQL Server's documentation of the types gives them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Edge:
    """A value of a type: in Python, and as `CONVERT(nvarchar(max), …, style)` writes it."""

    type: str
    value: Any
    text: str
    style: int = 0

    def __str__(self) -> str:
        return f"{self.type} {self.text[:24]}"


def _whole(type: str, *values: int) -> list[Edge]:
    return [Edge(type, value, str(value)) for value in values]


def _decimal(type: str, *values: str) -> list[Edge]:
    return [Edge(type, Decimal(value), value) for value in values]


def _moments(scale: int) -> list[Edge]:
    """datetime2 of each scale; Python knows six digits."""
    digits = "999999"[: min(scale, 6)].ljust(6, "0")
    shown = f".{digits[:scale].ljust(scale, '0')}" if scale else ""
    none = f".{'0' * scale}" if scale else ""
    type = f"datetime2({scale})"
    return [
        Edge(type, dt.datetime(1, 1, 1), f"0001-01-01 00:00:00{none}", 121),
        Edge(
            type,
            dt.datetime(9999, 12, 31, 23, 59, 59, int(digits)),
            f"9999-12-31 23:59:59{shown}",
            121,
        ),
    ]


_EAST = dt.timezone(dt.timedelta(hours=14))
_WEST = dt.timezone(-dt.timedelta(hours=11, minutes=30))

EDGES = [
    Edge("bit", False, "0"),
    Edge("bit", True, "1"),
    *_whole("tinyint", 0, 255),
    *_whole("smallint", -(2**15), 2**15 - 1),
    *_whole("int", -(2**31), 0, 2**31 - 1),
    *_whole("bigint", -(2**63), 2**63 - 1),
    *_decimal("decimal(38,0)", "9" * 38, "-" + "9" * 38),
    *_decimal("decimal(38,38)", "0." + "9" * 38, "-0." + "0" * 37 + "1"),
    *_decimal("decimal(18,2)", "-9999999999999999.99", "0.00"),
    Edge("money", Decimal("-922337203685477.5808"), "-922337203685477.5808", 2),
    Edge("money", Decimal("922337203685477.5807"), "922337203685477.5807", 2),
    Edge("smallmoney", Decimal("-214748.3648"), "-214748.3648", 2),
    Edge("float", 1.7976931348623157e308, "1.7976931348623157e+308", 3),
    Edge("float", -2.2250738585072014e-308, "-2.2250738585072014e-308", 3),
    Edge("date", dt.date(1, 1, 1), "0001-01-01", 23),
    Edge("date", dt.date(9999, 12, 31), "9999-12-31", 23),
    Edge("time(7)", dt.time(0, 0), "00:00:00.0000000", 121),
    Edge("time(6)", dt.time(23, 59, 59, 999999), "23:59:59.999999", 121),
    Edge("datetime", dt.datetime(1753, 1, 1), "1753-01-01 00:00:00.000", 121),
    Edge("datetime", dt.datetime(2079, 6, 6, 23, 59, 59, 997000), "2079-06-06 23:59:59.997", 121),
    Edge("smalldatetime", dt.datetime(1900, 1, 1), "1900-01-01 00:00:00", 120),
    Edge("smalldatetime", dt.datetime(2079, 6, 6, 23, 59), "2079-06-06 23:59:00", 120),
    *(edge for scale in range(8) for edge in _moments(scale) if scale < 7),
    Edge(
        "datetime2(7)",
        dt.datetime(2024, 2, 29, 1, 2, 3, 456789),
        "2024-02-29 01:02:03.4567890",
        121,
    ),
    Edge(
        "datetimeoffset(6)",
        dt.datetime(2024, 2, 29, 23, 59, 59, 123456, _EAST),
        "2024-02-29 23:59:59.123456 +14:00",
        121,
    ),
    Edge(
        "datetimeoffset(6)",
        dt.datetime(1900, 1, 1, 0, 0, 0, 1, _WEST),
        "1900-01-01 00:00:00.000001 -11:30",
        121,
    ),
    Edge(
        "uniqueidentifier",
        UUID("00112233-4455-6677-8899-aabbccddeeff"),
        "00112233-4455-6677-8899-AABBCCDDEEFF",
    ),
    Edge("char(5)", "ab   ", "ab   "),
    Edge("varchar(20)", "naïve € Ž", "naïve € Ž"),
    Edge("nchar(5)", "é😀  ", "é😀  "),
    Edge("nvarchar(20)", "", ""),
    Edge("nvarchar(20)", "漢字 😀 é", "漢字 😀 é"),
    Edge("nvarchar(4000)", "é" * 4000, "é" * 4000),
    Edge("nvarchar(max)", "", ""),
    Edge("nvarchar(max)", "漢😀" * 10_000, "漢😀" * 10_000),
    Edge("varchar(max)", "€" * 20_000, "€" * 20_000),
    Edge("varbinary(20)", b"", "0x", 1),
    Edge("varbinary(20)", bytes(range(246, 256)), "0xF6F7F8F9FAFBFCFDFEFF", 1),
    Edge("binary(4)", b"\x00\x01\x00\xff", "0x000100FF", 1),
    Edge("varbinary(max)", bytes(range(256)) * 40, "0x" + bytes(range(256)).hex().upper() * 40, 1),
]
