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
        given = b if a.null else a
        return Output(a.name, given.type, null=a.null and b.null, loose=given.loose)
    return Output(a.name, types.merged(a.type, b.type), loose=a.loose and b.loose)


def fitted(text: str, outputs: list[Output], columns: list[Output], collation: str = "") -> str:
    """A branch whose columns PostgreSQL would not combine as SQL Server does.

    A tinyint that meets a wider type is cast: PostgreSQL knows no such implicit casts, because
    operators would become ambiguous with them. Text that no column gives takes `collation`
    where one is given.
    """
    pairs = list(zip(outputs, columns, strict=True))
    wider = any(
        own.type and column.type and (own.type.name, column.type.name) in _WIDER
        for own, column in pairs
    )
    if not wider and not (collation and any(column.loose for column in columns)):
        return text
    places = [quote(f"~{number}") for number in range(len(columns))]
    shown = ", ".join(
        _fitted(place, column, wider, collation)
        + (f" AS {quote(fold(own.name))}" if own.name else "")
        for place, (own, column) in zip(places, pairs, strict=True)
    )
    return f'SELECT {shown} FROM ({text}) AS "~branch" ({", ".join(places)})'


def _fitted(place: str, column: Output, wider: bool, collation: str) -> str:
    if column.type is None:
        return place
    if collation and column.loose:
        return f"{place}::{types.bare(column.type)} COLLATE {types.collation(collation)}"
    return f"{place}::{types.postgresql(column.type)}" if wider else place
