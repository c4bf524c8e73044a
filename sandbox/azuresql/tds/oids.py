"""PostgreSQL's type oids at the seam: built in, so the same in every server."""

from __future__ import annotations

from typing import Final

BOOL: Final = 16
BYTEA: Final = 17
INT8: Final = 20
INT2: Final = 21
INT4: Final = 23
TEXT: Final = 25
FLOAT4: Final = 700
FLOAT8: Final = 701
DATE: Final = 1082
INTERVAL: Final = 1186
"""Holds a datetimeoffset, little-endian: int8 UTC ticks, int4 -30 * offset, int4 offset (minutes).

PostgreSQL compares intervals by time + 24 h * (day + 30 * month), so the offset does not count.
"""
NUMERIC: Final = 1700
UUID: Final = 2950

TEXTS: Final = frozenset({TEXT, 18, 19, 1042, 1043, 114, 142, 705})
"""Types whose binary format is their text in UTF-8."""
