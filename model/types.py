"""Logical types: what a column holds, free of the words of any one database.

Each kind fixes the *wire form* of its values, the JSON text that stands in the
envelope and that the target converts. Snapshot and stream must agree on it.

| kind | wire form (JSON) |
| --- | --- |
| INT16 INT32 | number |
| INT64 | number up to 15 digits, beyond that a string of digits |
| DECIMAL, MONEY | string, digits as the source prints them (`"1.00"`) |
| FLOAT32 FLOAT64 | number, shortest text that round-trips |
| BOOLEAN | true, false |
| CHAR VARCHAR TEXT XML ENUM NETWORK BITSTRING GEOMETRIC | string |
| BYTES | string, base64 with padding |
| DATE | string `YYYY-MM-DD` |
| TIMESTAMP | string `YYYY-MM-DDTHH:MM:SS[.ffffff]` |
| TIMESTAMPTZ | the same with `+00:00` |
| TIME, TIMETZ | string `HH:MM:SS[.ffffff]`, TIMETZ with its offset `±HH:MM` |
| INTERVAL | string, ISO 8601 |
| UUID | string, lower case with hyphens |
| JSON | string holding the JSON text as the source prints it |
| ARRAY COMPOSITE RANGE | string holding JSON text as PostgreSQL's `to_json` writes it |
| SPATIAL | string, hexadecimal EWKB |

SQL NULL is JSON `null`, for every kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The family of a logical type."""

    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    DECIMAL = "decimal"
    MONEY = "money"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BOOLEAN = "boolean"
    CHAR = "char"
    VARCHAR = "varchar"
    TEXT = "text"
    BYTES = "bytes"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"
    TIME = "time"
    TIMETZ = "timetz"
    INTERVAL = "interval"
    UUID = "uuid"
    JSON = "json"
    XML = "xml"
    KEYVALUE = "keyvalue"
    ARRAY = "array"
    COMPOSITE = "composite"
    RANGE = "range"
    ENUM = "enum"
    NETWORK = "network"
    BITSTRING = "bitstring"
    GEOMETRIC = "geometric"
    SPATIAL = "spatial"
    TSVECTOR = "tsvector"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LogicalType:
    """A kind with its measures.

    `length` counts characters (CHAR, VARCHAR, BITSTRING); `precision` and `scale` are
    decimal digits (DECIMAL), `precision` alone counts fractional digits of a second
    (TIMESTAMP, TIMESTAMPTZ, TIME, TIMETZ). `None` means that the source sets no limit.
    A domain is its base type with `domain` naming it and `checks` holding its conditions
    in the source's language, where the value is called VALUE.
    """

    kind: Kind
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    labels: tuple[str, ...] = ()
    element: LogicalType | None = None
    fields: tuple[tuple[str, LogicalType], ...] = ()
    domain: str | None = None
    checks: tuple[str, ...] = ()
