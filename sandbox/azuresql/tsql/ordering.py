"""Lists of ORDER BY, in queries, windows and aggregates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azuresql.tsql.expression import collated
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.expressions import Expressions
    from sandbox.azuresql.tsql.scope import Column, Scope
    from sandbox.azuresql.tsql.tree import Node


def split(nodes: list[Node]) -> list[list[Node]]:
    """A list without brackets, split at its commas."""
    groups: list[list[Node]] = [[]]
    for node in nodes:
        if node.kind == "comma":
            groups.append([])
        else:
            groups[-1].append(node)
    return groups


def listed_order(expressions: Expressions, clause: Node) -> str:
    """ORDER BY's list; NULLs come first ascending and last descending, as in SQL Server."""
    walk = Walk(clause)
    walk.need_words("ORDER", "BY")
    return ", ".join(order_item(expressions, group, clause) for group in split(walk.rest))


def order_item(expressions: Expressions, group: list[Node], clause: Node) -> str:
    direction = ""
    if group[-1].word in ("ASC", "DESC"):
        direction, group = group[-1].word, group[:-1]
    value = expressions.value(group, clause)
    text = collated(value, expressions.context.default_collation)
    return text + nulls(direction, value.column, expressions.scope)


def nulls(direction: str, column: Column | None, scope: Scope) -> str:
    """Direction and place of NULLs; said only where there may be some, so that keys serve."""
    if column is not None and not column.nullable and not scope.padded:
        return " DESC" if direction == "DESC" else ""
    return " DESC NULLS LAST" if direction == "DESC" else " NULLS FIRST"
