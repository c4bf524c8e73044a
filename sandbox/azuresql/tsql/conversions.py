"""CAST, CONVERT and their TRY_ forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import permitted, refusal, types
from sandbox.azuresql.tsql.expression import Expression, cast, show
from sandbox.azuresql.tsql.names import literal
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions


def conversion(
    expressions: Expressions, bracketed: Node, *, try_: bool, convert: bool
) -> Expression:
    """`CAST(x AS type)` or `CONVERT(type, x[, style])`."""
    style: int | None = None
    if convert:
        type_group, value_group, *style_group = listed(bracketed)
        type_node = Walk(bracketed, type_group).need("data_type")
        value = expressions.value(value_group, bracketed)
        if style_group:
            number = expressions.value(style_group[0], bracketed)
            if not number.text.isdigit():
                raise refusal.unknown(bracketed)
            style = int(number.text)
    else:
        walk = Walk(bracketed)
        walk.need("start_bracket")
        value = expressions.of(walk.skip())
        walk.need_words("AS")
        type_node = walk.need("data_type")
        walk.need("end_bracket")
        walk.done()
    type = types.read_type(type_node)
    type = _unsized(type, type_node)
    if value.truth:
        raise Refused(156, "Incorrect syntax near the keyword 'AS'.", 15, line=bracketed.line)
    if not value.is_null:
        permitted.check(value.type, type, bracketed.line)
    found = attempted(value, type, style) if try_ else _converted(value, type, style)
    return Expression(found, type, bound=value.bound and value.is_string, collation=value.collation)


def _unsized(type: SqlType, node: Node) -> SqlType:
    """Without a length CAST takes 30 characters or bytes, not one."""
    sized = len(list(node.tokens())) > 1
    lengthy = types.STRINGS | {"varbinary", "binary"}
    if type.name in lengthy and type.length == 1 and not sized:
        return SqlType(type.name, 30)
    return type


def _converted(value: Expression, type: SqlType, style: int | None) -> str:
    target = types.postgresql(type)
    source = value.type
    if style is not None and source is not None:
        if type.name in types.STRINGS and not value.is_string and source.name != "sql_variant":
            return f"{show(value, style)}::{target}"
        if type.name in types.BINARIES and value.is_string and style in (1, 2):
            return f"sys.from_hex({value.text}, {style})::{target}"
        if type.name in types.TIMES and value.is_string:
            return _parsed(value, type, style)
    return cast(value, type).text


_DAY_FIRST: Final = frozenset({3, 4, 5, 6, 13, 103, 104, 105, 106, 113, 130, 131})
_YEAR_FIRST: Final = frozenset({2, 11, 12, 102, 111, 112})
_MONTH_FIRST: Final = frozenset({1, 7, 9, 10, 22, 100, 101, 107, 109, 110})


def _parsed(value: Expression, type: SqlType, style: int) -> str:
    """Text to date and time; ISO styles need no help, the others say which number is what."""
    for places, styles in (("DMY", _DAY_FIRST), ("YMD", _YEAR_FIRST), ("MDY", _MONTH_FIRST)):
        if style in styles:
            text = f"sys.ordered_day({value.wrapped}::text, '{places}')"
            name = value.type.name if value.type is not None else "varchar"
            value = Expression(f"{text}::{types.bare(SqlType(name))}", value.type)
    return cast(value, type).text


def attempted(value: Expression, type: SqlType, style: int | None) -> str:
    """NULL in place of an error, decided inside PostgreSQL."""
    target = types.postgresql(type)
    if value.is_null:
        return f"NULL::{target}"
    source = value.type or SqlType("nvarchar", -1)
    text = f"{value.wrapped}::{types.bare(source)}"
    inner = _converted(Expression("$1", source, bound=True), type, style)
    return f"sys.attempt({text}, {literal(f'SELECT {inner}')}, NULL::{types.bare(type)})::{target}"
