"""Functions of plain arguments whose translation hangs on the types of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import message_functions, moments, properties, string_functions, types
from sandbox.azuresql.tsql.expression import (
    Expression,
    cast,
    chosen,
    collated,
    comparable,
    given,
    unify,
)
from sandbox.azuresql.tsql.string_functions import as_string
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.variants import VARIANT

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_INT: Final = SqlType("int")
_BIGINT: Final = SqlType("bigint")
_NAME: Final = SqlType("nvarchar", 128)
_TEXT: Final = SqlType("nvarchar", -1)


def _coalesce(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    if all(argument.is_null for argument in arguments):
        text = "At least one of the arguments to COALESCE must be an expression that is not the "
        raise Refused(4127, f"{text}NULL constant.", line=node.line)
    return _first_given(arguments)


def _first_given(arguments: list[Expression]) -> Expression:
    texts, type = unify(arguments)
    bound = given(arguments)
    return Expression(f"coalesce({', '.join(texts)})", type, bound=bound)


def _isnull(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    first, second = arguments
    if first.is_null or first.type is None:
        return _first_given(arguments)
    other = second.text
    cut = second.plain is not None and 0 < first.type.length < len(second.plain)
    if second.type is not None and (cut or not second.open) and second.type != first.type:
        other = cast(second, first.type).text
    text = f"coalesce({first.text}, {other})"
    return Expression(text, first.type, bound=given(arguments))


def _nullif(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    if arguments[0].is_null:
        text = "The type of the first argument to NULLIF cannot be the NULL constant because the "
        raise Refused(4151, f"{text}type of the first argument has to be known.", line=node.line)
    (first, second), type = unify(arguments)
    if arguments[0].loose and arguments[1].loose:
        first, second = comparable(
            arguments[0], arguments[1], expressions.context.default_collation
        )
    return Expression(
        f"nullif({first}, {second})", arguments[0].type or type, bound=given(arguments)
    )


def _choose(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    index, *values = arguments
    texts, type = unify(chosen(values, node))
    branches = " ".join(f"WHEN {n} THEN {text}" for n, text in enumerate(texts, 1))
    bound = given(values)
    return Expression(f"CASE {index.text} {branches} END", type, bound=bound)


def typed(value: Expression) -> str:
    """The text with its PostgreSQL type decided, for functions that differ by type."""
    if value.open and value.type is not None:
        return f"{value.text}::{types.bare(value.type)}"
    return value.text


def _extreme(
    function: str,
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    """GREATEST and LEAST leave NULLs out, as PostgreSQL's own do."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        texts, type = unify(arguments)
        if type is not None and type.name == "decimal":
            texts = [cast(argument, type).text for argument in arguments]
        if all(argument.loose or argument.is_null for argument in arguments):
            texts = [
                collated(argument, expressions.context.default_collation) for argument in arguments
            ]
            return Expression(f"{function}({', '.join(texts)})", type, bound=True)
        return Expression(f"{function}({', '.join(texts)})", type, bound=given(arguments))

    return translate


def _calendar(part: str) -> Callable[[Expressions, list[Expression], Node], Expression]:
    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        (moment,) = (moments.moment(argument) for argument in arguments)
        return Expression(f"sys.{part}({moment.text})", _INT, bound=moment.bound)

    return translate


def _eomonth(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    first, *rest = arguments
    months = f", {rest[0].text}" if rest else ""
    date = cast(first, SqlType("date"))
    return Expression(f"sys.eomonth({date.text}{months})", SqlType("date"), bound=first.bound)


def _from_parts(
    function: str, name: str, count: int
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    """A moment whose last argument is its scale, which must be said."""

    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        if len(arguments) != count:
            text = f"The {name}fromparts function requires {count} argument(s)."
            raise Refused(174, text, 15, line=node.line)
        if arguments[-1].text not in "01234567":
            text = "Scale argument is not valid. Valid expressions for data type "
            raise Refused(
                10760, f"{text}{name} scale argument are integer constants.", line=node.line
            )
        shown = ", ".join(argument.text for argument in arguments)
        type = SqlType(name, 0, 0, int(arguments[-1].text))
        return Expression(f"{function}({shown})::{types.postgresql(type)}", type, bound=True)

    return translate


def _by_type(
    function: str, type: SqlType
) -> Callable[[Expressions, list[Expression], Node], Expression]:
    def translate(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
        bound = given(arguments)
        shown = ", ".join(typed(argument) for argument in arguments)
        return Expression(f"{function}({shown})", type, bound=bound)

    return translate


_DECIMALS: Final = ((9, 5), (19, 9), (28, 13), (38, 17))
"""Digits of a decimal, at most, and the bytes that it takes."""
_SIZES: Final = {"money": 8, "smallmoney": 4}


def _datalength(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """Bytes of the value; those of exact numbers and clocks hang on the type alone."""
    (value,) = arguments
    size = _SIZES.get(value.type.name if value.type else "")
    if value.type is not None and value.type.name == "decimal":
        size = next(
            s for s, most in ((5, 9), (9, 19), (13, 28), (17, 38)) if value.type.precision <= most
        )
    elif value.type is not None and value.type.name in ("time", "datetime2", "datetimeoffset"):
        scale = value.type.scale
        size = 3 if scale < 3 else 4 if scale < 5 else 5
        size += {"time": 0, "datetime2": 3, "datetimeoffset": 5}[value.type.name]
    if size is None:
        return Expression(f"sys.datalength({typed(value)})", _INT)
    return Expression(f"CASE WHEN {value.wrapped} IS NOT NULL THEN {size} END", _INT)


def _variant_property(
    expressions: Expressions, arguments: list[Expression], node: Node
) -> Expression:
    value, name = arguments
    text = f"sys.sql_variant_property({cast(value, VARIANT).text}, {name.wrapped}::text)"
    return Expression(text, VARIANT, bound=value.bound)


def _len(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """UTF-16 units, or characters under a collation that knows supplementary ones."""
    (value,) = arguments
    name = f"{value.collation or expressions.context.default_collation}_".upper()
    aware = "_SC_" in name or "_140_" in name
    function = "sys.len_characters" if aware else "sys.len"
    long = value.type is not None and value.is_string and value.type.length < 0
    text = f"{function}({as_string(value)})"
    if long and not value.open:
        return Expression(f"{text}::int8", _BIGINT, bound=value.bound)
    return Expression(text, _INT, bound=value.bound)


def _named_principal(
    expressions: Expressions, arguments: list[Expression], node: Node
) -> Expression:
    return Expression(f"sys.user_name({arguments[0].text})", _NAME)


def _database(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    databases = expressions.context.parameter("@@databases")
    (which,) = arguments
    if which.open or which.is_string:
        return Expression(f"sys.db_id({databases}, {which.text})", SqlType("smallint"))
    return Expression(f"sys.db_name({databases}, {which.text})", _NAME)


COMPOUND: Final[dict[str, Callable[[Expressions, list[Expression], Node], Expression]]] = {
    "COALESCE": _coalesce,
    "GREATEST": _extreme("greatest"),
    "LEAST": _extreme("least"),
    "YEAR": _calendar("year"),
    "MONTH": _calendar("month"),
    "DAY": _calendar("day"),
    "EOMONTH": _eomonth,
    "DATETIME2FROMPARTS": _from_parts("sys.datetime2fromparts", "datetime2", 8),
    "TIMEFROMPARTS": _from_parts("sys.timefromparts", "time", 5),
    "DATETIMEOFFSETFROMPARTS": _from_parts("sys.datetimeoffsetfromparts", "datetimeoffset", 10),
    "ISNULL": _isnull,
    "NULLIF": _nullif,
    "CHOOSE": _choose,
    "LEN": _len,
    "SQL_VARIANT_PROPERTY": _variant_property,
    "DATALENGTH": _datalength,
    "HASHBYTES": _by_type("sys.hashbytes", SqlType("varbinary", 8000)),
    **properties.COMPOUND,
    **string_functions.COMPOUND,
    **message_functions.COMPOUND,
    "USER_NAME": _named_principal,
    "DB_NAME": _database,
    "DB_ID": _database,
}
