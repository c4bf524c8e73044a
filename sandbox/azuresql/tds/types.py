"""TYPE_INFO: T-SQL types as the wire announces them, both ways ([MS-TDS] 2.2.5.4 to 2.2.5.6)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tds import collation
from sandbox.azuresql.tds.packet import ProtocolError
from sandbox.azuresql.tds.reading import Cursor

MAX: Final = -1
"""`SqlType.length` of a (max) type."""

PLP: Final = 0xFFFF
"""The length with which the wire announces a (max) type: its values come in chunks."""


class Token(IntEnum):
    """Type tokens. Names ending in N hold NULL, with a length byte before the value."""

    NULL = 0x1F
    INT1, BIT, INT2, INT4 = 0x30, 0x32, 0x34, 0x38
    DATETIM4, FLT4, MONEY, DATETIME, FLT8, MONEY4, INT8 = 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x7A, 0x7F
    IMAGE, TEXT, GUID, VARBINARY, INTN, VARCHAR = 0x22, 0x23, 0x24, 0x25, 0x26, 0x27
    DATEN, TIMEN, DATETIME2N, DATETIMEOFFSETN = 0x28, 0x29, 0x2A, 0x2B
    BINARY, CHAR, DECIMAL, NUMERIC, VARIANT, NTEXT = 0x2D, 0x2F, 0x37, 0x3F, 0x62, 0x63
    BITN, DECIMALN, NUMERICN, FLTN, MONEYN, DATETIMN = 0x68, 0x6A, 0x6C, 0x6D, 0x6E, 0x6F
    BIGVARBINARY, BIGVARCHAR, BIGBINARY, BIGCHAR = 0xA5, 0xA7, 0xAD, 0xAF
    NVARCHAR, NCHAR, UDT, XML, TABLE, JSON = 0xE7, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4


@dataclass(frozen=True, slots=True)
class WireType:
    """A TYPE_INFO: `length` in bytes as announced, the T-SQL type it stands for in `sql`."""

    token: Token
    sql: SqlType
    length: int = 0
    collation: bytes = collation.DEFAULT_BYTES

    @property
    def chunked(self) -> bool:
        """Values come as PLP."""
        return self.token is Token.XML or (self.token in _SHORT_LENGTH and self.length == PLP)


FIXED: Final = {
    Token.INT1: ("tinyint", 1),
    Token.BIT: ("bit", 1),
    Token.INT2: ("smallint", 2),
    Token.INT4: ("int", 4),
    Token.INT8: ("bigint", 8),
    Token.FLT4: ("real", 4),
    Token.FLT8: ("float", 8),
    Token.MONEY: ("money", 8),
    Token.MONEY4: ("smallmoney", 4),
    Token.DATETIME: ("datetime", 8),
    Token.DATETIM4: ("smalldatetime", 4),
}
"""Types whose values have no length before them: name and bytes."""

_BY_LENGTH: Final = {
    (Token.INTN, 1): "tinyint",
    (Token.INTN, 2): "smallint",
    (Token.INTN, 4): "int",
    (Token.INTN, 8): "bigint",
    (Token.FLTN, 4): "real",
    (Token.FLTN, 8): "float",
    (Token.MONEYN, 4): "smallmoney",
    (Token.MONEYN, 8): "money",
    (Token.DATETIMN, 4): "smalldatetime",
    (Token.DATETIMN, 8): "datetime",
    (Token.BITN, 1): "bit",
    (Token.GUID, 16): "uniqueidentifier",
}
_BYTE_LENGTH: Final = {token for token, _ in _BY_LENGTH}
_DECIMALS: Final = {
    Token.DECIMALN: "decimal",
    Token.NUMERICN: "numeric",
    Token.DECIMAL: "decimal",
    Token.NUMERIC: "numeric",
}
_SCALED: Final = {
    Token.TIMEN: "time",
    Token.DATETIME2N: "datetime2",
    Token.DATETIMEOFFSETN: "datetimeoffset",
}
_SHORT_LENGTH: Final = {
    Token.BIGVARBINARY: "varbinary",
    Token.BIGVARCHAR: "varchar",
    Token.BIGBINARY: "binary",
    Token.BIGCHAR: "char",
    Token.NVARCHAR: "nvarchar",
    Token.NCHAR: "nchar",
}
_LEGACY: Final = {
    Token.VARBINARY: "varbinary",
    Token.VARCHAR: "varchar",
    Token.BINARY: "binary",
    Token.CHAR: "char",
}
"""Types of older clients with one length byte, without a collation."""

_LONG_LENGTH: Final = {Token.TEXT: "text", Token.NTEXT: "ntext", Token.IMAGE: "image"}
_TEXTUAL: Final = frozenset(
    {Token.BIGVARCHAR, Token.BIGCHAR, Token.NVARCHAR, Token.NCHAR, Token.TEXT, Token.NTEXT}
)
_WIDE: Final = frozenset({Token.NVARCHAR, Token.NCHAR})

_SIZES: Final[dict[int, int]] = {
    **dict.fromkeys(map(int, FIXED), 1),
    **dict.fromkeys(map(int, _BYTE_LENGTH), 2),
    **dict.fromkeys(map(int, _DECIMALS), 4),
    **dict.fromkeys(map(int, _SCALED), 2),
    **{int(token): 8 if token in _TEXTUAL else 3 for token in _SHORT_LENGTH},
    int(Token.DATEN): 1,
}
"""Bytes of the TYPE_INFOs that clients send again and again."""


class UnknownType(Exception):
    """A type that the stand-in does not carry; the message cannot be read past it."""


def read(cursor: Cursor) -> WireType:
    """A TYPE_INFO. Raises ProtocolError on nonsense, UnknownType on types not carried here."""
    size = _SIZES.get(cursor.peek())
    return _read(cursor) if size is None else _known(cursor.take(size))


@lru_cache(maxsize=4096)
def _known(announced: bytes) -> WireType:
    return _read(Cursor(announced))


def _read(cursor: Cursor) -> WireType:
    code = cursor.u8()
    try:
        token = Token(code)
    except ValueError:
        raise ProtocolError(f"type token 0x{code:02x} does not exist") from None
    if token is Token.NULL:
        return WireType(token, SqlType("int"))
    if token in FIXED:
        name, length = FIXED[token]
        return WireType(token, SqlType(name), length)
    if token in _BYTE_LENGTH:
        return _by_length(token, cursor.u8())
    if token in _DECIMALS:
        return _decimal(token, cursor)
    if token is Token.DATEN:
        return WireType(token, SqlType("date"), 3)
    if token in _SCALED:
        return _scaled(token, cursor.u8())
    if token in _SHORT_LENGTH:
        return _short(token, cursor)
    if token in _LEGACY:
        length = cursor.u8()
        return WireType(token, SqlType(_LEGACY[token], length), length)
    if token in _LONG_LENGTH:
        length = cursor.u32()
        five = cursor.take(5) if token in _TEXTUAL else collation.DEFAULT_BYTES
        return WireType(token, SqlType(_LONG_LENGTH[token]), length, five)
    if token is Token.XML:
        if cursor.u8():
            raise UnknownType("xml with a schema collection")
        return WireType(token, SqlType("xml", MAX), PLP)
    if token is Token.VARIANT:
        return WireType(token, SqlType("sql_variant"), cursor.u32())
    raise UnknownType(f"{token.name.lower()} values")


def _by_length(token: Token, length: int) -> WireType:
    name = _BY_LENGTH.get((token, length))
    if name is None:
        raise ProtocolError(f"{token.name} of {length} bytes")
    return WireType(token, SqlType(name), length)


def _decimal(token: Token, cursor: Cursor) -> WireType:
    length, precision, scale = cursor.u8(), cursor.u8(), cursor.u8()
    if not 1 <= precision <= 38 or scale > precision:
        raise ProtocolError(f"decimal({precision},{scale})")
    return WireType(token, SqlType(_DECIMALS[token], 0, precision, scale), length)


def _scaled(token: Token, scale: int) -> WireType:
    if scale > 7:
        raise ProtocolError(f"{token.name} with {scale} digits")
    return WireType(token, SqlType(_SCALED[token], 0, 0, scale), scaled_length(token, scale))


def _short(token: Token, cursor: Cursor) -> WireType:
    length = cursor.u16()
    five = cursor.take(5) if token in _TEXTUAL else collation.DEFAULT_BYTES
    counted = MAX if length == PLP else length // 2 if token in _WIDE else length
    return WireType(token, SqlType(_SHORT_LENGTH[token], counted), length, five)


def time_bytes(scale: int) -> int:
    """Bytes of a time of day with `scale` digits."""
    return 3 if scale < 3 else 4 if scale < 5 else 5


def scaled_length(token: Token, scale: int) -> int:
    extra = {Token.TIMEN: 0, Token.DATETIME2N: 3, Token.DATETIMEOFFSETN: 5}[token]
    return time_bytes(scale) + extra


def decimal_bytes(precision: int) -> int:
    """Bytes of a decimal's value, its sign included."""
    return 5 if precision < 10 else 9 if precision < 20 else 13 if precision < 29 else 17


_NAMES: Final = {name: (token, length) for (token, length), name in _BY_LENGTH.items()}
_SCALED_NAMES: Final = {name: token for token, name in _SCALED.items()}
_SHORT_NAMES: Final = {name: token for token, name in _SHORT_LENGTH.items()}
_LONG_NAMES: Final = {name: token for token, name in _LONG_LENGTH.items()}
_SYNONYMS: Final = {
    "sysname": ("nvarchar", 128),
    "rowversion": ("binary", 8),
    "timestamp": ("binary", 8),
}
_LONG_MAX: Final = 0x7FFFFFFF
VARIANT_MAX: Final = 8009


def wire_type(sql: SqlType) -> WireType:
    """How the server announces `sql`. Raises UnknownType for a type that it cannot send."""
    name = sql.name
    if name in _SYNONYMS:
        name, length = _SYNONYMS[name]
        sql = SqlType(name, length, collation=sql.collation)
    if name in _NAMES:
        token, length = _NAMES[name]
        return WireType(token, sql, length)
    if name in ("decimal", "numeric"):
        token = Token.DECIMALN if name == "decimal" else Token.NUMERICN
        return WireType(token, sql, decimal_bytes(sql.precision))
    if name == "date":
        return WireType(Token.DATEN, sql, 3)
    if name in _SCALED_NAMES:
        token = _SCALED_NAMES[name]
        return WireType(token, sql, scaled_length(token, sql.scale))
    five = collation.to_bytes(sql.collation)
    if name in _SHORT_NAMES:
        token = _SHORT_NAMES[name]
        size = PLP if sql.length == MAX else sql.length * (2 if token in _WIDE else 1)
        return WireType(token, sql, size or (2 if token in _WIDE else 1), five)
    if name in _LONG_NAMES:
        return WireType(_LONG_NAMES[name], sql, _LONG_MAX, five)
    if name == "xml":
        return WireType(Token.XML, sql, PLP)
    if name == "sql_variant":
        return WireType(Token.VARIANT, sql, VARIANT_MAX)
    raise UnknownType(f"{name} values")


def write(kind: WireType) -> bytes:
    """The TYPE_INFO that announces `kind`."""
    token, sql = kind.token, kind.sql
    if token in FIXED or token in (Token.NULL, Token.DATEN):
        return bytes([token])
    if token in _BYTE_LENGTH:
        return bytes([token, kind.length])
    if token in _DECIMALS:
        return bytes([token, kind.length, sql.precision, sql.scale])
    if token in _SCALED:
        return bytes([token, sql.scale])
    if token is Token.XML:
        return bytes([token, 0])
    if token in _LEGACY:
        return bytes([token, kind.length])
    five = kind.collation if token in _TEXTUAL else b""
    if token in _SHORT_LENGTH:
        return struct.pack("<BH", token, kind.length) + five
    return struct.pack("<BI", token, kind.length) + five
