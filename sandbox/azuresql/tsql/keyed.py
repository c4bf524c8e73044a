"""A query whose rows an UPDATE or DELETE changes: it shows their keys and locks them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.names import ObjectName, fold
from sandbox.azuresql.tsql.scope import Column, Context, Output, Relation
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.from_items import Element
    from sandbox.azuresql.tsql.selection import Select


@dataclass(slots=True)
class Through:
    """The query, by its node and its alias; the rest is known once it is translated."""

    node: Node
    alias: str
    name: ObjectName | None = None
    relation: Relation | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    """The table's columns that it shows under their own names."""
    renamed: set[str] = field(default_factory=set)
    """Names under which it shows others."""


def key_name(place: int) -> str:
    return f"~key{place}"


def show(
    select: Select, elements: list[Element], through: Through, context: Context
) -> tuple[list[str], list[str]]:
    """Adds the key of the only table to what the query shows; gives the row lock and its table.

    Raises Refused 4403 where no row of the result is one of the table's.
    """
    name = elements[0].relation if len(elements) == 1 else None
    if name is None:
        raise refusal.unknown(through.node, "a change through a query of other than one table")
    source = elements[0].source
    if select.distinct or select.group or select.having:
        raise Refused(
            4403,
            f"Cannot update the view or function '{through.alias}' because it contains "
            "aggregates, or a DISTINCT or GROUP BY clause, or PIVOT or UNPIVOT operator.",
            line=through.node.line,
        )
    through.name, through.relation = name, context.relation(name, through.node)
    for output in select.outputs:
        column = output.column
        if column is not None and fold(column.name) == fold(output.name):
            through.columns[fold(column.name)] = column
        else:
            through.renamed.add(fold(output.name))
    for place, key in enumerate(through.relation.key or ("ctid",)):
        select.items.append(f'{source.sql}.{key} AS "{key_name(place)}"')
        select.outputs.append(Output(key_name(place), None))
    if through.relation.temporary:
        return [], []
    if not through.relation.key:
        context.table_locks.add(("SHARE ROW EXCLUSIVE", through.relation.sql))
    return [f"FOR UPDATE OF {source.sql}"], [through.relation.sql]
