"""Python values to PostgreSQL's binary format, by T-SQL type; and a few back."""

from __future__ import annotations

import struct
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql.types import BINARIES, STRINGS

_INTEGERS: Final = {
    "tinyint": struct.Struct(">h"),
    "smallint": struct.Struct(">h"),
    "int": struct.Struct(">i"),
    "bigint": struct.Struct(">q"),
}
_FLOATS: Final = {"real": struct.Struct(">f"), "float": struct.Struct(">d")}
_OFFSET: Final = struct.Struct("<qii")
_DAY: Final = 864_000_000_000


def encode(value: Any, type: SqlType) -> bytes | None:
    """The binary value that PostgreSQL's type for `type` takes. Raises Refused 8114."""
    if value is None:
        return None
    try:
        return _encode(value, type)
    except (ValueError, TypeError, ArithmeticError, struct.error) as error:
        raise Refused(
            8114, f"Error converting data type {_name(value)} to {type.name}.", state=5
        ) from error


def _name(value: Any) -> str:
    names: dict[type, str] = {
        str: "nvarchar",
        int: "bigint",
        bytes: "varbinary",
        Decimal: "numeric",
    }
    kind: type = value.__class__
    return names.get(kind, kind.__name__)


def _encode(value: Any, type: SqlType) -> bytes:
    name = type.name
    if name == "sql_variant":
        return _variant(value).encode("utf-8", "surrogatepass")
    if name in STRINGS or name == "xml":
        return (value if isinstance(value, str) else str(value)).encode("utf-8", "surrogatepass")
    if name in _INTEGERS:
        return _INTEGERS[name].pack(int(value))
    if name == "bit":
        return b"\x01" if value else b"\x00"
    if name in _FLOATS:
        return _FLOATS[name].pack(float(value))
    if name in ("decimal", "money", "smallmoney"):
        return numeric(value if isinstance(value, Decimal) else Decimal(str(value)))
    if name in BINARIES:
        return bytes(value)
    if name == "uniqueidentifier":
        return (value if isinstance(value, UUID) else UUID(str(value))).bytes
    return _moment(str(value), name)


def _variant(value: Any) -> str:
    """A sql_variant whose base type only Python's value tells (`catalog/sql/69_variants.sql`)."""
    if isinstance(value, bool):
        return f"bit:{int(value)}"
    if isinstance(value, int):
        return f"{'int' if -(2**31) <= value < 2**31 else 'bigint'}:{value}"
    if isinstance(value, float):
        return f"float:{value!r}"
    if isinstance(value, Decimal):
        scale = max(0, -int(value.as_tuple().exponent))
        return f"decimal(38,{scale}):{value:f}"
    if isinstance(value, UUID):
        return f"uniqueidentifier:{str(value).upper()}"
    if isinstance(value, bytes):
        return f"varbinary({max(1, len(value))}):{value.hex()}"
    return f"nvarchar(4000):{value}"


def numeric(value: Decimal) -> bytes:
    """PostgreSQL's numeric: digits of base 10000, weight, sign, scale."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is not a number")
    scale = max(0, -exponent)
    text = "".join(map(str, digits)) + "0" * max(0, exponent)
    whole, fraction = (text[:-scale], text[-scale:]) if scale else (text, "")
    if scale and len(text) < scale:
        whole, fraction = "", text.rjust(scale, "0")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[i : i + 4]) for i in range(0, len(whole + fraction), 4)]
    weight = len(whole) // 4 - 1
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    if not groups:
        weight = 0
    mark = 0x4000 if sign and groups else 0
    return struct.pack(f">hhHh{len(groups)}h", len(groups), weight, mark, scale, *groups)


def _moment(text: str, name: str) -> bytes:
    """ISO text with up to seven digits into ticks (`catalog/sql/30_time.sql`)."""
    if name == "date":
        return struct.pack(">i", date.fromisoformat(text[:10]).toordinal() - 730120)
    if name == "time":
        return struct.pack(">q", _ticks(text))
    day = (date.fromisoformat(text[:10]).toordinal() - 1) * _DAY
    rest, _, zone = text[11:].partition(" ")
    ticks = day + (_ticks(rest) if rest else 0)
    if name != "datetimeoffset":
        return struct.pack(">q", ticks)
    minutes = 0
    if zone:
        minutes = int(zone[1:3]) * 60 + int(zone[4:6])
        minutes = -minutes if zone[0] == "-" else minutes
    return _OFFSET.pack(ticks - minutes * 600_000_000, -30 * minutes, minutes)


def _ticks(text: str) -> int:
    clock, _, fraction = text.partition(".")
    hours, minutes, *seconds = clock.split(":")
    whole = (int(hours) * 60 + int(minutes)) * 60 + (int(seconds[0]) if seconds else 0)
    return whole * 10_000_000 + int(fraction[:7].ljust(7, "0"))


def read_int(data: bytes | None) -> int | None:
    """An int2, int4, int8 or boolean by its length."""
    return None if data is None else int.from_bytes(data, "big", signed=len(data) > 1)


def read_bool(data: bytes | None) -> bool:
    return data == b"\x01"


def read_text(data: bytes | None) -> str:
    return "" if data is None else data.decode("utf-8", "replace")
