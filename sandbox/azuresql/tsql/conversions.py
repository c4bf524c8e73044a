"""CAST, CONVERT and their TRY_ forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal, types
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
    found = _attempted(value, type) if try_ else _converted(value, type, style)
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
        if type.name in types.STRINGS and not value.is_string:
            return f"{show(value, style)}::{target}"
        if type.name in types.BINARIES and value.is_string and style in (1, 2):
            return f"sys.from_hex({value.text}, {style})::{target}"
        if type.name in types.TIMES and value.is_string:
            return _parsed(value, type, style)
    return cast(value, type).text


def _parsed(value: Expression, type: SqlType, style: int) -> str:
    """Text to date and time. ISO styles need no help; day-first ones are told apart by style."""
    if style in (103, 104, 105, 3, 4, 5):
        return f"sys.day_first({value.text})::{types.postgresql(type)}"
    return cast(value, type).text


def _attempted(value: Expression, type: SqlType) -> str:
    """NULL in place of an error, decided inside PostgreSQL."""
    target = types.postgresql(type)
    if value.is_null:
        return f"NULL::{target}"
    text = value.text if value.is_string or value.open else show(value, None)
    return f"sys.try_text({text}, {literal(target)})::{target}"
