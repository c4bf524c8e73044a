"""Values that cannot be computed, read or converted."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.named import Made, Named

_TYPE_NAMES: Final = {
    "integer": "int",
    "smallint": "smallint",
    "bigint": "bigint",
    "numeric": "numeric",
    "real": "real",
    "double precision": "float",
    "uuid": "uniqueidentifier",
    "boolean": "bit",
    "date": "date",
}
_OVERFLOWS: Final = {"int": (248, "an int column"), "smallint": (244, "an INT2 column")}


def overflow(error: ServerError, named: Named) -> Made:
    words = error.message.split()
    type = _TYPE_NAMES.get(words[0], "") if words else ""
    into = _TYPE_NAMES.get(words[-1], "")
    if error.message.startswith('value "') and into in _OVERFLOWS:
        value = error.message.partition('"')[2].partition('"')[0]
        number, column = _OVERFLOWS[into]
        return number, 16, 1, f"The conversion of the varchar value '{value}' overflowed {column}."
    if error.detail.startswith("A field with precision"):
        text = "Arithmetic overflow error converting numeric to data type numeric."
        return 8115, 16, 8, text
    return (
        8115,
        16,
        2,
        f"Arithmetic overflow error converting expression to data type {type or 'int'}.",
    )


def unreadable(error: ServerError, named: Named) -> Made:
    head, _, value = error.message.partition(': "')
    type = _TYPE_NAMES.get(head.rpartition("for type ")[2], head.rpartition("for type ")[2])
    if type == "json":
        text = "JSON text is not properly formatted. Unexpected character is found."
        return 13609, 16, 1, text
    if type in ("int", "smallint", "bit", "tinyint"):
        return (
            245,
            16,
            1,
            f"Conversion failed when converting the nvarchar value '{value.removesuffix(chr(34))}' "
            f"to data type {type}.",
        )
    if type == "uniqueidentifier":
        text = "Conversion failed when converting from a character string to uniqueidentifier."
        return 8169, 16, 2, text
    return 8114, 16, 5, f"Error converting data type nvarchar to {type}."


def time(error: ServerError, named: Named) -> Made:
    text = "Conversion failed when converting date and/or time from character string."
    return 241, 16, 1, text


def zero(error: ServerError, named: Named) -> Made:
    return 8134, 16, 1, "Divide by zero error encountered."


def floating(error: ServerError, named: Named) -> Made:
    return 3623, 16, 1, "An invalid floating point operation occurred."


def clash(error: ServerError, named: Named) -> Made:
    return 206, 16, 2, f"Operand type clash: {error.message}"


def collation(error: ServerError, named: Named) -> Made:
    text = "Cannot resolve the collation conflict between the operands of the comparison."
    return 468, 16, 9, text
