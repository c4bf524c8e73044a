"""A translated expression, and how one is brought to another type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import types, variants
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.scope import Column
from sandbox.azuresql.tsql.tree import Node

_DIGITS: Final = {"tinyint": 3, "smallint": 6, "int": 11, "bigint": 20}
"""The longest text of an integer."""

_SIZES: Final = {"bit": 1, "tinyint": 1, "smallint": 2, "int": 4, "bigint": 8}
_SINCE_1900: Final = ("datetime", "smalldatetime")

WIDE: Final = "::numeric"
"""Behind a literal that is too large for an int."""

QUOTED_ZERO: Final = "'0'"
"""What an empty string is as a number."""


@dataclass(frozen=True, slots=True)
class Expression:
    """PostgreSQL text with what is known of it.

    `type` is None when only PostgreSQL knows it. `open`: a constant whose PostgreSQL type its
    surroundings decide (a string literal, NULL). `bound`: a column or COLLATE gives PostgreSQL its
    collation. `tight`: needs no parentheses. `truth`: a condition, not a value. `plain` is a
    string literal's content, `collation` the one that a column or (`explicit`) COLLATE gives;
    `json`: its text is JSON.
    """

    text: str
    type: SqlType | None = None
    open: bool = False
    bound: bool = False
    tight: bool = True
    truth: bool = False
    column: Column | None = None
    plain: str | None = None
    collation: str | None = None
    explicit: bool = False
    json: bool = False

    @property
    def wrapped(self) -> str:
        return self.text if self.tight else f"({self.text})"

    @property
    def is_string(self) -> bool:
        return self.type is not None and self.type.name in types.STRINGS

    @property
    def loose(self) -> bool:
        """Text that no column and no COLLATE gives: compared as the database's collation does.

        SQL Server calls it coercible-default: beside a column it takes the column's collation.
        """
        return self.is_string and not self.bound

    @property
    def is_null(self) -> bool:
        return self.open and self.plain is None


def cast(value: Expression, type: SqlType) -> Expression:
    """The value as `type`, as CAST does it: strings are cut, fractions dropped."""
    bound = value.bound and value.is_string
    return Expression(_cast_text(value, type), type, bound=bound, collation=value.collation)


def _cast_text(value: Expression, type: SqlType) -> str:
    target = types.postgresql(type)
    if type.name == "sql_variant":
        return variants.made(value)
    if variants.is_variant(value):
        return variants.cast_from(value, type)
    if value.open and value.plain is not None and type.name in types.BINARIES:
        value = replace(
            value,
            text=f"{value.text}::sys.{value.type.name if value.type else 'varchar'}",
            open=False,
        )
    if value.open:
        empty = value.plain is not None and not value.plain.strip()
        zero = empty and type.name in (*types.INTEGERS, "float", "real")
        if not empty and reads(value, type):
            name = value.type.name if value.type else "varchar"
            value = replace(value, text=f"{value.text}::{types.bare(SqlType(name))}", open=False)
            return _from_string(value, type) or f"{value.text}::{target}"
        return f"{QUOTED_ZERO if zero else value.text}::{target}"
    if value.type is not None and not value.open and _holds(type, value.type):
        return value.wrapped
    source = value.type.name if value.type else ""
    if source in types.STRINGS and (found := _from_string(value, type)) is not None:
        return found
    if type.name in types.STRINGS and value.type is not None and source not in types.STRINGS:
        shown = show(value, None)
        if 0 < type.length < _DIGITS.get(source, 0):
            national = "true" if type.name.startswith("n") else "false"
            shown = f"sys.short_number({shown}, {type.length}, {national})"
        return f"{shown}::{target}"
    if source in types.NUMBERS and type.name in _SINCE_1900:
        return f"sys.days_datetime({value.wrapped}::numeric)::{target}"
    if source in _SINCE_1900 and type.name in types.NUMBERS:
        days = f"sys.datetime_days({value.text})"
        return f"{f'round({days})' if type.name in types.INTEGERS else days}::{target}"
    if source in _SIZES and type.name in ("binary", "varbinary"):
        fixed = "true" if type.name == "binary" else "false"
        number = f"{value.wrapped}::int4" if source in ("bit", "tinyint") else value.wrapped
        return (
            f"sys.number_bytes({number}::int8, {_SIZES[source]}, {type.length}, {fixed})::{target}"
        )
    if type.name in (*types.INTEGERS[1:],) and source in (
        "decimal",
        "money",
        "smallmoney",
        "float",
        "real",
    ):
        return f"trunc({value.text})::{target}"
    if type.name in types.BINARIES and source in types.BINARIES:
        return f"{value.wrapped}::sys.varbinary::{target}"
    return f"{value.wrapped}::{target}"


def reads(value: Expression, type: SqlType) -> bool:
    """Whether a literal has to be read as T-SQL does: short numbers PostgreSQL reads as well."""
    if value.plain is None or not value.open:
        return False
    if type.name in types.INTEGERS and type.name != "bit":
        return re.fullmatch(r"[+-]?\d{1,2}", value.plain) is None
    if type.name == "date":
        return re.fullmatch(r"\d{4}-\d\d-\d\d", value.plain) is None
    return type.name in _READ


_READ: Final = frozenset(
    {"bit", "decimal", "money", "smallmoney", "float", "real", "uniqueidentifier"}
    | {"datetime", "smalldatetime"}
)


def _from_string(value: Expression, type: SqlType) -> str | None:
    """The forms of a string that PostgreSQL's casts do not know."""
    target = types.postgresql(type)
    if type.name in types.BINARIES:
        return f"sys.bytes_of({value.text})::{target}"
    if type.name in ("money", "smallmoney"):
        return f"sys.to_money({value.text}::text, {literal(type.name)})::{target}"
    return None


def _holds(wide: SqlType, narrow: SqlType) -> bool:
    """Every value of the one is one of the other already: nothing to cut or round."""
    if wide.name != narrow.name or wide.name in ("nchar", "char", "binary"):
        return False
    if wide.name in ("datetime2", "datetimeoffset", "time"):
        return wide.scale >= narrow.scale
    return wide.name in ("nvarchar", "varchar") and wide.length < 0


def show(value: Expression, style: int | None) -> str:
    """A value as text, in a style of CONVERT (None: the type's own)."""
    type = value.type
    if type is None or type.name == "xml":
        return f"{value.wrapped}::text"
    name = type.name
    if name in ("bigint", "int", "smallint", "decimal", "money", "smallmoney") and not style:
        if name in ("money", "smallmoney"):
            return f"round({value.text}, 2)::text"
        return f"{value.wrapped}::text"
    if name in ("money", "smallmoney"):
        return f"sys.show_money({value.text}, {style})"
    if style is None:
        style = 0 if name in ("datetime", "smalldatetime", "float", "real") else 121
        style = 0 if name in types.BINARIES else style
    return f"sys.show({value.text}, {style}, {type.scale})"


def unify(values: list[Expression]) -> tuple[list[str], SqlType | None]:
    """The values brought to one type, as CASE, COALESCE, IN and UNION want it."""
    type: SqlType | None = None
    for value in values:
        if value.type is not None and not value.is_null and not (value.open and value.is_string):
            type = types.merged(type, value.type)
    if type is None:
        for value in values:
            type = types.merged(type, value.type if not value.is_null else None)
    elif type.name in types.STRINGS:
        for value in values:
            if value.plain is not None and value.type is not None:
                type = types.merged(type, value.type)
    texts = []
    for value in values:
        if value.open or type is None or value.type is None or value.type.name == type.name:
            texts.append(value.text)
        elif value.is_string and type.name in types.STRINGS:
            texts.append(f"{value.wrapped}::sys.{types.bare(type).removeprefix('sys.')}")
        else:
            texts.append(cast(value, replace(type, length=-1) if value.is_string else type).text)
    return texts, type


def comparable(left: Expression, right: Expression, collation: str) -> tuple[str, str]:
    """Two operands of a comparison: the lower type is converted to the higher one.

    Strings that both have no collation of their own are compared by the database's.
    """
    if variants.is_variant(left) or variants.is_variant(right):
        return cast(left, variants.VARIANT).text, cast(right, variants.VARIANT).text
    closed = left.type and right.type and not left.open and not right.open
    if closed and left.is_string != right.is_string:
        return _met(left, right)
    if left.loose and right.loose:
        return typed_text(left), collated(right, collation)
    return _beside(left, right), _beside(right, left)


def given(values: Iterable[Expression]) -> bool:
    """Whether one of the values gives what is made of them a collation."""
    return any(value.bound and (value.is_string or value.type is None) for value in values)


def typed_text(value: Expression) -> str:
    """Text as nvarchar, which passes over blanks at the end: PostgreSQL's own types do not."""
    if value.text[:1] == "$" and value.text[1:].isdigit():
        return value.text
    return f"{value.wrapped}::sys.nvarchar"


def collated(value: Expression, collation: str) -> str:
    """The text as something that sorts, groups or tells values apart needs it.

    `collation` is the database's, which decides where nothing else does.
    """
    return (
        f"{typed_text(value)} COLLATE {types.collation(collation)}" if value.loose else value.text
    )


def chosen(results: list[Expression], node: Node) -> list[Expression]:
    """The results of a CASE. Raises Refused 8133 when none has a type."""
    if all(result.is_null for result in results):
        text = "At least one of the result expressions in a CASE specification must be an "
        raise Refused(8133, f"{text}expression other than the NULL constant.", line=node.line)
    return results


def _beside(value: Expression, other: Expression) -> str:
    """A literal takes its type from the other side by itself, but for blanks, which are 0 there.

    A large number beside integers is one of them, so that an index serves.
    """
    whole = value.text.removesuffix(WIDE)
    if other.type is not None and other.type.name in types.INTEGERS and whole != value.text:
        return whole
    if other.type is None or other.open or not value.open or value.plain is None:
        return value.text
    blank = not value.plain.strip()
    return _weak(value, other.type) if blank or reads(value, other.type) else value.text


def _met(left: Expression, right: Expression) -> tuple[str, str]:
    """A string and something else."""
    assert left.type is not None
    assert right.type is not None
    higher = types.higher(left.type, right.type)
    if higher.name in types.STRINGS:
        return left.text, right.text
    other = replace(higher, scale=7) if higher.name in types.TIMES else higher
    if left.is_string:
        return _weak(left, other), right.text
    return left.text, _weak(right, other)


def _weak(value: Expression, type: SqlType) -> str:
    """A string met by another type: converted without a limit of digits."""
    if type.name == "decimal":
        name = value.type.name if value.type else "varchar"
        typed = f"{value.text}::{types.bare(SqlType(name))}" if value.open else value.wrapped
        return f"{typed}::numeric"
    return cast(value, type).text


def text_literal(value: str, national: bool) -> Expression:
    length = max(1, len(value.encode("utf-16-le", "surrogatepass")) // 2)
    name = "nvarchar" if national else "varchar"
    limit = 4000 if national else 8000
    type = SqlType(name, length if length <= limit else -1)
    return Expression(literal(value), type, open=True, plain=value)
