"""T-SQL types and the PostgreSQL types that hold them.

The custom ones are made by `catalog/sql`; `catalog/sql/30_time.sql` says why a scale is written
one larger there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql.names import fold, plain, quote
from sandbox.azuresql.tsql.refusal import unknown
from sandbox.azuresql.tsql.tree import Node

STRINGS: Final = frozenset({"nvarchar", "varchar", "nchar", "char"})
TIMES: Final = frozenset(
    {"date", "time", "datetime", "smalldatetime", "datetime2", "datetimeoffset"}
)
INTEGERS: Final = ("bit", "tinyint", "smallint", "int", "bigint")
NUMBERS: Final = frozenset({*INTEGERS, "decimal", "money", "smallmoney", "real", "float"})
BINARIES: Final = frozenset({"varbinary", "binary", "rowversion"})
_SCALED: Final = frozenset({"time", "datetime2", "datetimeoffset"})

_ALIASES: Final = {
    "numeric": "decimal",
    "dec": "decimal",
    "integer": "int",
    "double precision": "float",
    "timestamp": "rowversion",
    "sysname": "nvarchar",
    "text": "varchar",
    "ntext": "nvarchar",
    "image": "varbinary",
    "xml": "xml",
    "character": "char",
    "national character varying": "nvarchar",
    "character varying": "varchar",
    "national char varying": "nvarchar",
    "char varying": "varchar",
    "national character": "nchar",
    "national char": "nchar",
    "binary varying": "varbinary",
}
_POSTGRESQL: Final = {
    "bit": "sys.bit",
    "tinyint": "sys.tinyint",
    "smallint": "int2",
    "int": "int4",
    "bigint": "int8",
    "money": "sys.money",
    "smallmoney": "sys.smallmoney",
    "real": "float4",
    "float": "float8",
    "uniqueidentifier": "uuid",
    "date": "date",
    "datetime": "sys.datetime",
    "smalldatetime": "sys.smalldatetime",
    "rowversion": "sys.rowversion",
    "xml": "sys.nvarchar",
    "sql_variant": "sys.sql_variant",
}

SEAM_OIDS: Final = {
    "bit": 16,
    "tinyint": 21,
    "smallint": 21,
    "int": 23,
    "bigint": 20,
    "decimal": 1700,
    "money": 1700,
    "smallmoney": 1700,
    "real": 700,
    "float": 701,
    "nvarchar": 25,
    "varchar": 25,
    "nchar": 25,
    "char": 25,
    "xml": 25,
    "sql_variant": 25,
    "varbinary": 17,
    "binary": 17,
    "rowversion": 17,
    "uniqueidentifier": 2950,
    "date": 1082,
    "datetime": 20,
    "smalldatetime": 20,
    "datetime2": 20,
    "time": 20,
    "datetimeoffset": 1186,
}
"""The builtin PostgreSQL type with the same binary format, as the seam names it."""

_PRECEDENCE: Final = (
    "sql_variant",
    "xml",
    "datetimeoffset",
    "datetime2",
    "datetime",
    "smalldatetime",
    "date",
    "time",
    "float",
    "real",
    "decimal",
    "money",
    "smallmoney",
    "bigint",
    "int",
    "smallint",
    "tinyint",
    "bit",
    "uniqueidentifier",
    "nvarchar",
    "nchar",
    "varchar",
    "char",
    "varbinary",
    "binary",
    "rowversion",
)


def integer_type(value: int) -> SqlType:
    """What a literal without a point is: int, or decimal where it does not fit."""
    if -(2**31) <= value < 2**31:
        return SqlType("int")
    return SqlType("decimal", 0, min(38, len(str(abs(value)))), 0)


def higher(left: SqlType, right: SqlType) -> SqlType:
    """The type of the two that the other is converted to."""
    first = _PRECEDENCE.index(left.name), _PRECEDENCE.index(right.name)
    return left if first[0] <= first[1] else right


def merged(left: SqlType | None, right: SqlType | None) -> SqlType | None:
    """The type of a column that holds values of both (CASE, UNION, COALESCE)."""
    if left is None or right is None:
        return left or right
    wider = higher(left, right)
    if wider.name in STRINGS and left.name in STRINGS and right.name in STRINGS:
        endless = -1 in (left.length, right.length)
        return replace(wider, length=-1 if endless else max(left.length, right.length))
    if wider.name == "decimal":
        a, b = as_decimal(left), as_decimal(right)
        if a and b:
            scale = max(a.scale, b.scale)
            whole = max(a.precision - a.scale, b.precision - b.scale)
            return SqlType("decimal", 0, min(38, whole + scale), scale)
    if wider.name in _SCALED and left.name == right.name:
        return replace(wider, scale=max(left.scale, right.scale))
    return wider


_DIGITS: Final = {"bit": 1, "tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}


def as_decimal(type: SqlType) -> SqlType | None:
    """An exact number seen as a decimal, None for anything else."""
    if type.name == "decimal":
        return type
    if type.name in _DIGITS:
        return SqlType("decimal", 0, _DIGITS[type.name], 0)
    if type.name == "money":
        return SqlType("decimal", 0, 19, 4)
    if type.name == "smallmoney":
        return SqlType("decimal", 0, 10, 4)
    return None


def arithmetic(operator: str, left: SqlType | None, right: SqlType | None) -> SqlType | None:
    """The result type of `left operator right`, by SQL Server's rules for precision and scale."""
    if left is None or right is None:
        return None
    wider = higher(left, right)
    if wider.name != "decimal":
        return SqlType("int") if wider.name in ("bit",) else wider
    a, b = as_decimal(left), as_decimal(right)
    if a is None or b is None:
        return wider
    p1, s1, p2, s2 = a.precision, a.scale, b.precision, b.scale
    if operator in "+-":
        whole = max(p1 - s1, p2 - s2)
        scale = max(s1, s2)
        if whole + scale + 1 > 38:
            return SqlType("decimal", 0, 38, min(scale, 38 - whole))
        precision = whole + scale + 1
    elif operator == "*":
        precision, scale = p1 + p2 + 1, s1 + s2
    elif operator == "/":
        scale = max(6, s1 + p2 + 1)
        precision = p1 - s1 + s2 + scale
    else:
        scale = max(s1, s2)
        precision = min(p1 - s1, p2 - s2) + scale
    if precision > 38:
        whole = precision - scale
        scale = max(38 - whole, min(scale, 6))
        precision = 38
    return SqlType("decimal", 0, precision, scale)


def postgresql(type: SqlType) -> str:
    """The PostgreSQL type in words, modifiers included."""
    if type.name in _POSTGRESQL:
        return _POSTGRESQL[type.name]
    if type.name == "decimal":
        return f"numeric({type.precision},{type.scale})" if type.precision else "numeric"
    if type.name in _SCALED:
        name = '"time"' if type.name == "time" else type.name
        return f"sys.{name}({type.scale + 1})"
    name = quote(type.name) if type.name in ("char", "nchar", "varchar", "binary") else type.name
    return f"sys.{name}({type.length})" if type.length > 0 else f"sys.{name}"


def bare(type: SqlType) -> str:
    """The PostgreSQL type without modifiers."""
    return postgresql(type).partition("(")[0]


def shown(type: SqlType) -> str:
    """The type as SQL Server's messages and a DDL script write it."""
    if type.name in ("nvarchar", "varchar", "nchar", "char", "varbinary", "binary"):
        return f"{type.name}({'max' if type.length < 0 else type.length})"
    if type.name == "decimal":
        return f"decimal({type.precision},{type.scale})"
    return f"{type.name}({type.scale})" if type.name in _SCALED else type.name


def read_type(node: Node) -> SqlType:
    """A `data_type` node. Raises Refused 2715 for a name that is no type, 131 for its length."""
    words: list[str] = []
    numbers: list[str] = []
    inside = False
    for token in node.tokens():
        if token.kind in ("start_bracket", "end_bracket"):
            inside = token.kind == "start_bracket"
        elif inside and token.kind != "comma":
            numbers.append(token.text.lower())
        elif token.kind == "dot":
            words = []
        elif token.kind != "comma":
            words.append(plain(token.text).lower())
    return build(" ".join(words), numbers, node)


def name_of(node: Node) -> tuple[str, str]:
    """Schema and name of a `data_type` node, as written."""
    names = [""]
    for token in node.tokens():
        if token.kind == "start_bracket":
            break
        if token.kind == "dot":
            names.append("")
        else:
            names[-1] = f"{names[-1]} {plain(token.text)}".strip()
    return (names[-2] if len(names) > 1 else ""), names[-1]


def is_known(name: str) -> bool:
    """Whether this is the name of one of SQL Server's own types."""
    folded = name.lower()
    own = (_ALIASES, _POSTGRESQL, STRINGS, BINARIES, _SCALED, ("decimal", "table", "cursor"))
    return any(folded in names for names in own)


def build(written: str, numbers: list[str], node: Node) -> SqlType:
    name = _ALIASES.get(written, written)
    if written in ("text", "ntext", "image"):
        return SqlType(name, -1)
    if written == "sysname":
        return SqlType("nvarchar", 128)
    if name in STRINGS or name in ("varbinary", "binary"):
        return SqlType(name, _length(name, numbers, node))
    if name == "decimal":
        precision = int(numbers[0]) if numbers else 18
        scale = int(numbers[1]) if len(numbers) > 1 else 0
        if scale > precision:
            text = f"The scale must be less than or equal to the precision. ({written})"
            raise Refused(192, text, 15, line=node.line)
        if not 1 <= precision <= 38:
            raise Refused(
                2750,
                f"Column or parameter #0: Specified column precision {precision} is greater than "
                "the maximum precision of 38.",
                line=node.line,
            )
        return SqlType(name, 0, precision, scale)
    if name in _SCALED:
        scale = int(numbers[0]) if numbers else 7
        if scale > 7:
            raise Refused(1002, f"Line {node.line}: Specified scale {scale} is invalid.", 15)
        return SqlType(name, 0, 0, scale)
    if name == "float":
        return SqlType("real") if numbers and int(numbers[0]) <= 24 else SqlType("float")
    if name in _POSTGRESQL:
        return SqlType(name)
    if name in ("table", "cursor"):
        raise unknown(node)
    raise Refused(
        2715, f"Column, parameter, or variable: Cannot find data type {written}.", line=node.line
    )


def _length(name: str, numbers: list[str], node: Node) -> int:
    longest = 4000 if name in ("nvarchar", "nchar") else 8000
    if not numbers:
        return 1
    if numbers[0] == "max":
        return -1
    length = int(numbers[0])
    if not 1 <= length <= longest:
        raise Refused(
            131,
            f"The size ({length}) given to the type '{name}' exceeds the maximum allowed for "
            f"any data type ({longest}).",
            15,
            3,
            node.line,
        )
    return length


def collation(name: str) -> str:
    """The PostgreSQL collation of that name, made by the engine when it is first used."""
    return f"sys.{quote(fold(name))}"
