"""sp_datatype_info: what ODBC asks before it binds a long value."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, Final

from sandbox.azuresql.session import Result, ReturnStatus, SqlType
from sandbox.azuresql.tsql.calls import Argument, matched
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.listing import rows
from sandbox.azuresql.tsql.values import read_int

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_SHORT: Final = SqlType("smallint")
_INT: Final = SqlType("int")
_NAME: Final = SqlType("nvarchar", 128)
_WORD: Final = SqlType("varchar", 32)

_COLUMNS: Final = (
    ("TYPE_NAME", _NAME),
    ("DATA_TYPE", _SHORT),
    ("PRECISION", _INT),
    ("LITERAL_PREFIX", _WORD),
    ("LITERAL_SUFFIX", _WORD),
    ("CREATE_PARAMS", _WORD),
    ("NULLABLE", _SHORT),
    ("CASE_SENSITIVE", _SHORT),
    ("SEARCHABLE", _SHORT),
    ("UNSIGNED_ATTRIBUTE", _SHORT),
    ("MONEY", _SHORT),
    ("AUTO_INCREMENT", _SHORT),
    ("LOCAL_TYPE_NAME", _NAME),
    ("MINIMUM_SCALE", _SHORT),
    ("MAXIMUM_SCALE", _SHORT),
    ("SQL_DATA_TYPE", _SHORT),
    ("SQL_DATETIME_SUB", _SHORT),
    ("NUM_PREC_RADIX", _INT),
    ("INTERVAL_PRECISION", _SHORT),
    ("USERTYPE", _SHORT),
)


def _text(name: str, number: int, longest: int, prefix: str, params: str | None) -> list[Any]:
    suffix = None if prefix == "0x" else "'"
    case = 0
    return [name, number, longest, prefix, suffix, params, 1, case, 3, None, 0, None, name]


def _number(name: str, number: int, digits: int, unsigned: int, params: str | None) -> list[Any]:
    money = 1 if "money" in name else 0
    return [name, number, digits, None, None, params, 1, 0, 2, unsigned, money, 0, name]


_ROWS: Final[list[list[Any]]] = [
    [*_text("datetimeoffset", -155, 34, "'", "scale"), 0, 7, -155, 0, None, None, 0],
    [*_text("time", -154, 16, "'", "scale"), 0, 7, -154, 0, None, None, 0],
    [*_text("xml", -152, 0, "N'", None), None, None, -152, None, None, None, 0],
    [*_text("uniqueidentifier", -11, 36, "'", None), None, None, -11, None, None, None, 0],
    [*_text("ntext", -10, 1073741823, "N'", None), None, None, -10, None, None, None, 0],
    [*_text("nvarchar", -9, 4000, "N'", "max length"), None, None, -9, None, None, None, 0],
    [*_text("sysname", -9, 128, "N'", None), None, None, -9, None, None, None, 18],
    [*_text("nchar", -8, 4000, "N'", "length"), None, None, -8, None, None, None, 0],
    [*_number("bit", -7, 1, 0, None), 0, 0, -7, None, None, None, 16],
    [*_number("tinyint", -6, 3, 1, None), 0, 0, -6, None, 10, None, 5],
    [*_number("bigint", -5, 19, 0, None), 0, 0, -5, None, 10, None, 0],
    [*_text("image", -4, 2147483647, "0x", None), None, None, -4, None, None, None, 20],
    [*_text("varbinary", -3, 8000, "0x", "max length"), None, None, -3, None, None, None, 4],
    [*_text("binary", -2, 8000, "0x", "length"), None, None, -2, None, None, None, 3],
    [*_text("timestamp", -2, 8, "0x", None), None, None, -2, None, None, None, 80],
    [*_text("text", -1, 2147483647, "'", None), None, None, -1, None, None, None, 19],
    [*_text("char", 1, 8000, "'", "length"), None, None, 1, None, None, None, 1],
    [*_number("numeric", 2, 38, 0, "precision,scale"), 0, 38, 2, None, 10, None, 10],
    [*_number("decimal", 3, 38, 0, "precision,scale"), 0, 38, 3, None, 10, None, 24],
    [*_number("money", 3, 19, 0, None), 4, 4, 3, None, 10, None, 11],
    [*_number("smallmoney", 3, 10, 0, None), 4, 4, 3, None, 10, None, 21],
    [*_number("int", 4, 10, 0, None), 0, 0, 4, None, 10, None, 7],
    [*_number("smallint", 5, 5, 0, None), 0, 0, 5, None, 10, None, 6],
    [*_number("float", 6, 53, 0, None), None, None, 6, None, 2, None, 8],
    [*_number("real", 7, 24, 0, None), None, None, 7, None, 2, None, 23],
    [*_text("varchar", 12, 8000, "'", "max length"), None, None, 12, None, None, None, 2],
    [*_text("date", 91, 10, "'", None), None, 0, 9, 1, None, None, 0],
    [*_text("datetime2", 93, 27, "'", "scale"), 0, 7, 9, 3, None, None, 0],
    [*_text("datetime", 93, 23, "'", None), 3, 3, 9, 3, None, None, 12],
    [*_text("smalldatetime", 93, 16, "'", None), 0, 0, 9, 3, None, None, 22],
]


def shown(wanted: int) -> list[list[Any]]:
    """The rows of one ODBC type, all of them for 0."""
    return [row for row in _ROWS if wanted in (0, row[1])]


async def datatype_info(
    interpreter: Interpreter, arguments: list[Argument]
) -> AsyncGenerator[Result, None]:
    """sp_datatype_info_100 and its elder."""
    given = matched(arguments, ["@data_type", "@odbcver"], "sp_datatype_info")
    wanted = given.get("@data_type")
    number = read_int(wanted.data) if wanted is not None and wanted.data is not None else 0
    items = ", ".join(
        f"(r.v ->> {place})::{'text' if type in (_NAME, _WORD) else 'int4'}"
        f"{'::int2' if type == _SHORT else ''}"
        for place, (_, type) in enumerate(_COLUMNS)
    )
    sql = f"SELECT {items} FROM jsonb_array_elements($1::jsonb) AS r (v)"
    value = Value(25, json.dumps(shown(number or 0)).encode())
    async for result in rows(interpreter, sql, [value], list(_COLUMNS)):
        yield result
    yield ReturnStatus(0)
