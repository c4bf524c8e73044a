"""FORMATMESSAGE and CURSOR_STATUS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.expression import Expression, cast, given
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions

_TEXT: Final = SqlType("nvarchar", -1)


def _formatmessage(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    """FORMATMESSAGE of a text; one by number would need sys.messages."""
    if not arguments or not (arguments[0].is_string or arguments[0].open):
        raise refusal.unknown(node)
    shown = [cast(a, _TEXT).text if not a.open else a.text for a in arguments]
    first, *values = [f"({text})::text" for text in shown]
    call = f"sys.formatmessage({first}, ARRAY[{', '.join(values)}]::text[])"
    return Expression(call, SqlType("nvarchar", 2047), bound=given(arguments))


def _cursor_status(expressions: Expressions, arguments: list[Expression], node: Node) -> Expression:
    scope, name = (cast(argument, _TEXT).text for argument in arguments)
    listed = expressions.context.parameter("@@cursors")
    call = f"sys.cursor_status({listed}::text, ({scope})::text, ({name})::text)"
    return Expression(call, SqlType("smallint"), bound=True)


COMPOUND: Final[dict[str, Callable[[Expressions, list[Expression], Node], Expression]]] = {
    "FORMATMESSAGE": _formatmessage,
    "CURSOR_STATUS": _cursor_status,
}
