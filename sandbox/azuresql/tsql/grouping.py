"""GROUP BY with its subtotals: ROLLUP, CUBE and GROUPING SETS mean the same in PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.expression import collated
from sandbox.azuresql.tsql.names import parts
from sandbox.azuresql.tsql.ordering import split
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions
    from sandbox.azuresql.tsql.tree import Node


def grouping(clause: Node, expressions: Expressions) -> tuple[str, dict[str, str]]:
    """The list behind GROUP BY, and what it names otherwise than the other clauses do.

    Text that no column gives is grouped under the database's collation; PostgreSQL knows it
    again in the select list only if that says so too.
    """
    walk = Walk(clause)
    walk.need_words("GROUP", "BY")
    renamed: dict[str, str] = {}
    items = (_item(group, clause, expressions, renamed) for group in split(walk.rest))
    return ", ".join(items), renamed


def _item(
    group: list[Node], clause: Node, expressions: Expressions, renamed: dict[str, str]
) -> str:
    first = group[0]
    while first.kind == "expression" and len(first.children) == 1:
        first = first.children[0]
    if len(group) == 1 and first.kind == "cube_rollup_clause":
        word, bracketed = parts(first.children[0])[-1], first.children[1]
        return f"{word.upper()} ({_sets(bracketed, clause, expressions, renamed)})"
    if len(group) == 1 and first.kind == "grouping_sets_clause":
        return f"GROUPING SETS ({_sets(first.children[-1], clause, expressions, renamed)})"
    if len(group) == 1 and first.kind == "function":
        name = parts(first.children[0])[-1].upper()
        if name in ("ROLLUP", "CUBE"):
            inner = first.children[1].children[0]
            return f"{name} ({_sets(inner, clause, expressions, renamed)})"
    if len(group) == 1 and first.kind == "bracketed":
        items = [_item(inner, clause, expressions, renamed) for inner in listed(first)]
        return f"({', '.join(items)})"
    value = expressions.value(group, clause)
    if not value.loose:
        return value.text
    renamed[value.text] = f"({collated(value, expressions.context.default_collation)})"
    return renamed[value.text]


def _sets(bracketed: Node, clause: Node, expressions: Expressions, renamed: dict[str, str]) -> str:
    inner = bracketed.find("grouping_expression_list")
    groups = split(inner.children) if inner is not None else listed(bracketed)
    if not groups:
        raise refusal.unknown(bracketed)
    return ", ".join(_item(group, clause, expressions, renamed) for group in groups)
