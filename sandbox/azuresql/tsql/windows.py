"""OVER and WINDOW: the rows that a function sees, and the functions that PostgreSQL lacks there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression, collated
from sandbox.azuresql.tsql.names import fold, plain
from sandbox.azuresql.tsql.ordering import listed_order, split
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions
    from sandbox.azuresql.tsql.tree import Node

PERCENTILES: Final = frozenset({"PERCENTILE_CONT", "PERCENTILE_DISC"})
_CLAUSES: Final = frozenset({"partitionby_clause", "orderby_clause", "frame_clause"})
_WHOLE: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
_BEFORE: Final = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
_AFTER: Final = "ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING"
_KNOWN: Final = {
    "FIRST_VALUE": ("sys.first_known", ""),
    "LAST_VALUE": ("sys.last_known", ""),
    "LAG": ("sys.last_known", _BEFORE),
    "LEAD": ("sys.first_known", _AFTER),
}
"""Aggregates that pass over NULL, and the frame of those that have none of their own."""


def over(expressions: Expressions, node: Node) -> str:
    """What stands in the brackets of OVER; a window's name stands for its definition."""
    walk = Walk(node)
    if not walk.words("RESPECT", "NULLS"):
        walk.words("IGNORE", "NULLS")
    walk.need_words("OVER")
    if (name := walk.kind("naked_identifier", "quoted_identifier")) is not None:
        walk.done()
        return _text(expressions, _named(expressions, name, frozenset()))
    bracketed = walk.need("bracketed")
    walk.done()
    return _text(expressions, _clauses(expressions, bracketed))


def ignores_nulls(node: Node) -> bool:
    return Walk(node).words("IGNORE", "NULLS")


def define(expressions: Expressions, node: Node) -> None:
    """`WINDOW name AS (…), …`: each is translated where it is named."""
    walk = Walk(node)
    walk.need_words("WINDOW")
    while (clause := walk.kind("named_window_expression", "comma")) is not None:
        if clause.kind == "comma":
            continue
        part = Walk(clause)
        name = part.need("naked_identifier", "quoted_identifier")
        part.need_words("AS")
        expressions.windows[fold(plain(name.text))] = part.need("bracketed")
        part.done()
    walk.done()


def _text(expressions: Expressions, clauses: dict[str, Node]) -> str:
    pieces: list[str] = []
    if (partition := clauses.get("partitionby_clause")) is not None:
        walk = Walk(partition)
        walk.need_words("PARTITION", "BY")
        given = [expressions.value(group, partition) for group in split(walk.rest)]
        values = [collated(value, expressions.context.default_collation) for value in given]
        pieces.append(f"PARTITION BY {', '.join(values)}")
    if (order := clauses.get("orderby_clause")) is not None:
        pieces.append(f"ORDER BY {listed_order(expressions, order)}")
    if (frame := clauses.get("frame_clause")) is not None:
        pieces.append(" ".join(token.word for token in frame.tokens()))
    return " ".join(pieces)


def _clauses(
    expressions: Expressions, bracketed: Node, seen: frozenset[str] = frozenset()
) -> dict[str, Node]:
    """The clauses of a specification by their kinds, those of the window that it names too."""
    found: dict[str, Node] = {}
    for child in bracketed.children:
        if child.kind in ("start_bracket", "end_bracket"):
            continue
        for clause in child.children if child.kind == "window_specification" else [child]:
            if clause.kind in ("naked_identifier", "quoted_identifier"):
                more = _named(expressions, clause, seen)
            elif clause.kind in _CLAUSES:
                more = {clause.kind: clause}
            else:
                raise refusal.unknown(clause)
            if found.keys() & more.keys():
                raise refusal.unknown(bracketed, "a window that says it already")
            found |= more
    return found


def _named(expressions: Expressions, name: Node, seen: frozenset[str]) -> dict[str, Node]:
    key = fold(plain(name.text))
    bracketed = expressions.windows.get(key)
    if bracketed is None or key in seen:
        raise refusal.unknown(name, "OVER: no such window")
    return _clauses(expressions, bracketed, seen | {key})


def known(name: str, arguments: list[Expression], window: str, node: Node) -> Expression:
    """`LAST_VALUE (x) IGNORE NULLS OVER (…)` and its kin."""
    function, frame = _KNOWN.get(name, ("", ""))
    if not function or (frame and len(arguments) != 1):
        raise refusal.unknown(node, f"{name} … IGNORE NULLS")
    first = arguments[0]
    text = f"{function}({first.text}){window[:-1]}{f' {frame}' if frame else ''})"
    if first.type is not None:
        text = f"({text})::{types.postgresql(first.type)}"
    return Expression(text, first.type, bound=True)


def percentile(
    expressions: Expressions, name: str, groups: list[list[Node]], node: Node, rest: Walk
) -> Expression:
    """`PERCENTILE_CONT (p) WITHIN GROUP (ORDER BY x) OVER (…)`: from the partition's sorted values.

    PostgreSQL has the two as aggregates only.
    """
    if len(groups) != 1:
        raise refusal.unknown(node)
    share = expressions.value(groups[0], node)
    expressions.aggregates = True
    clause = rest.need("within_group_clause")
    rest.done()
    walk = Walk(clause)
    walk.need_words("WITHIN", "GROUP")
    brackets = walk.need("bracketed")
    walk.need_words("OVER")
    clauses = _clauses(expressions, walk.need("bracketed"))
    walk.done()
    if clauses.keys() - {"partitionby_clause"}:
        raise refusal.unknown(clause, "PERCENTILE: OVER takes PARTITION BY alone")
    (order,) = list(brackets.all("orderby_clause"))
    sorted_by = Walk(order)
    sorted_by.need_words("ORDER", "BY")
    listed = sorted_by.rest
    items = listed[:-1] if listed[-1].word in ("ASC", "DESC") else listed
    if any(item.kind == "comma" for item in items):
        raise refusal.unknown(order)
    value = expressions.value(items, order)
    window = _text(expressions, clauses | {order.kind: order})
    floats = name == "PERCENTILE_CONT"
    shown = f"{value.wrapped}::float8" if floats else value.text
    values = (
        f"array_agg({shown}) FILTER (WHERE {value.wrapped} IS NOT NULL) OVER ({window} {_WHOLE})"
    )
    text = f"sys.{name.lower()}({values}, {share.wrapped}::float8)"
    if floats:
        return Expression(text, SqlType("float"), bound=True)
    if value.type is not None:
        text = f"({text})::{types.postgresql(value.type)}"
    return Expression(text, value.type, bound=True)
