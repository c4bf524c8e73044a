"""UNION, EXCEPT and INTERSECT."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.azuresql.tsql import order_by, refusal
from sandbox.azuresql.tsql.combining import fitted, merged
from sandbox.azuresql.tsql.conditions import Queries
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.scope import Column, Context, Output, Scope, Source
from sandbox.azuresql.tsql.selection import Select
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

_OPERATORS: Final = {
    ("UNION",): "UNION",
    ("UNION", "ALL"): "UNION ALL",
    ("EXCEPT",): "EXCEPT",
    ("INTERSECT",): "INTERSECT",
}


def combined(
    node: Node, context: Context, outer: Scope | None, queries: Queries
) -> tuple[str, list[Output]]:
    """A set expression as PostgreSQL text, with its columns."""
    walk = Walk(node)
    branches: list[tuple[str, list[Output]]] = []
    operators: list[str] = []
    columns: list[Output] = []
    order = ""
    while walk.here is not None:
        if walk.here.kind == "orderby_clause":
            order = _order(walk.skip(), columns, context, outer, queries)
            continue
        if walk.here.kind == "set_operator":
            words = tuple(token.word for token in walk.skip().tokens())
            if words not in _OPERATORS:
                raise refusal.unknown(node)
            operators.append(_OPERATORS[words])
            continue
        branch = walk.skip()
        clause = branch.find("orderby_clause") if branch.kind == "select_statement" else None
        if clause is not None:
            branch = Node(branch.kind, branch.text, branch.line)
            branch.children = [child for child in _children_of(node, clause) if child is not clause]
        text, outputs = queries(branch, context, outer)
        branches.append((_enclosed(branch, text), outputs))
        columns = outputs if not columns else merged(columns, outputs, node)
        if clause is not None:
            order = _order(clause, columns, context, outer, queries)
    compares = bool(order) or any(operator != "UNION ALL" for operator in operators)
    collation = context.default_collation if compares else ""
    texts = [
        fitted(text, outputs, columns, "" if place else collation)
        for place, (text, outputs) in enumerate(branches)
    ]
    if compares:
        columns = [replace(column, loose=False) for column in columns]
    joined = texts[0] + "".join(
        f" {operator} {text}" for operator, text in zip(operators, texts[1:], strict=True)
    )
    return joined + order, columns


def _enclosed(branch: Node, text: str) -> str:
    """TOP and locks stand at the end of a query in PostgreSQL, and locks in no branch itself."""
    if branch.kind != "select_statement":
        return text
    clause, origin = branch.children[0], branch.find("from_clause")
    if origin is not None and next(origin.all("query_hint_segment"), None) is not None:
        return f'SELECT * FROM ({text}) AS "~branch"'
    modifier = clause.find("select_clause_modifier")
    top = modifier is not None and any(child.word == "TOP" for child in modifier.children)
    return f"({text})" if top else text


def _children_of(node: Node, clause: Node) -> list[Node]:
    """The children of the select that holds the clause."""
    for child in node.children:
        if clause in child.children:
            return child.children
    return []


def _order(
    clause: Node, outputs: list[Output], context: Context, outer: Scope | None, queries: Queries
) -> str:
    """ORDER BY of a set: by names or numbers of its columns."""
    columns = tuple(Column(output.name, output.type) for output in outputs)
    scope = Scope()
    scope.sources.append(Source("", "", columns))
    select = Select(outputs=outputs)
    order_by.order(clause, select, Expressions(context, scope, queries))
    if outer is not None:
        order_by.check(select, clause)
    offset = f" OFFSET {select.offset}" if select.offset else ""
    limit = f" LIMIT {select.limit}" if select.limit else ""
    return f" ORDER BY {select.order}{offset}{limit}"
