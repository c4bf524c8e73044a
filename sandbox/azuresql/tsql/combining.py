"""Columns of queries that UNION, INTERSECT or EXCEPT combine: their types, brought together."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import types
from sandbox.azuresql.tsql.names import fold, quote
from sandbox.azuresql.tsql.scope import Output
from sandbox.azuresql.tsql.tree import Node

_WIDER: Final = {("tinyint", wider) for wider in ("smallint", "bigint", "decimal", "float", "real")}


def merged(left: list[Output], right: list[Output], node: Node) -> list[Output]:
    """The columns of both queries. Raises Refused (205) when one has more than the other."""
    if len(left) != len(right):
        raise Refused(
            205,
            "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal "
            "number of expressions in their target lists.",
            line=node.line,
        )
    return [_both(a, b) for a, b in zip(left, right, strict=True)]


def _both(a: Output, b: Output) -> Output:
    if a.null or b.null:
        return Output(a.name, b.type if a.null else a.type, null=a.null and b.null)
    return Output(a.name, types.merged(a.type, b.type))


def widened(text: str, outputs: list[Output], columns: list[Output]) -> str:
    """A branch whose tinyint meets a wider type: PostgreSQL knows no such implicit casts, because
    operators would become ambiguous with them."""
    pairs = [(own.type, column.type) for own, column in zip(outputs, columns, strict=True)]
    if not any(own and type and (own.name, type.name) in _WIDER for own, type in pairs):
        return text
    places = [quote(f"~{number}") for number in range(len(columns))]
    shown = ", ".join(
        place
        + (f"::{types.postgresql(type)}" if type else "")
        + (f" AS {quote(fold(own.name))}" if own.name else "")
        for place, own, (_, type) in zip(places, outputs, pairs, strict=True)
    )
    return f'SELECT {shown} FROM ({text}) AS "~branch" ({", ".join(places)})'
