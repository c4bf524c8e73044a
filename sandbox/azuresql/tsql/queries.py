"""Queries: SELECT, set operators, common table expressions."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import (
    for_json,
    for_xml,
    held_keys,
    keyed,
    order_by,
    refusal,
    select_list,
    set_operators,
    sources,
    windows,
)
from sandbox.azuresql.tsql.derived import common_tables
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.from_items import Element
from sandbox.azuresql.tsql.grouping import grouping
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.scope import Context, Output, Scope
from sandbox.azuresql.tsql.selection import Select
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


def query(node: Node, context: Context, outer: Scope | None) -> tuple[str, list[Output]]:
    """Any query node as PostgreSQL text, with its columns."""
    if node.kind == "select_statement":
        select = select_parts(node, context, outer)
        if outer is not None:
            order_by.check(select, node)
        if select.assignments:
            raise refusal.unknown(node, "a subquery")
        if select.into is not None:
            raise refusal.unknown(node, "a subquery")
        return select.text(), select.shown
    if node.kind == "set_expression":
        return set_operators.combined(node, context, outer, query)
    if node.kind == "with_compound_statement":
        walk = Walk(node)
        prefix = common_tables(walk, context, outer, query)
        text, outputs = query(walk.skip(), context, outer)
        walk.done()
        return f"{prefix}{text}", outputs
    if node.kind == "bracketed":
        inner = Walk(node)
        inner.need("start_bracket")
        text, outputs = query(inner.skip(), context, outer)
        inner.need("end_bracket")
        return f"({text})", outputs
    raise refusal.unknown(node)


def select_parts(node: Node, context: Context, outer: Scope | None) -> Select:
    """A SELECT taken apart."""
    select = Select()
    scope = Scope(outer)
    expressions = Expressions(context, scope, query)
    walk = Walk(node)
    clause = walk.need("select_clause")
    into = walk.kind("into_table_clause")
    if into is not None:
        select.into = ObjectName.of(into.children[-1])
    origin = walk.kind("from_clause")
    locked: list[str] = []
    elements: list[Element] = []
    ranges: list[held_keys.Range] = []
    if origin is not None:
        found = sources.from_clause(origin, context, scope, query)
        select.source, select.locks, locked = found.text, found.locks, found.locked
        elements, ranges = found.elements, found.ranges
    named = node.find("named_window")
    if named is not None:
        windows.define(expressions, named)
    select_list.items(clause, select, expressions)
    where = walk.kind("where_clause")
    if where is not None:
        expressions.clause = "WHERE"
        select.where = condition_of(where, expressions)
        expressions.clause = ""
    held_keys.settle(ranges, where.children[1:] if where is not None else [], expressions)
    renamed: dict[str, str] = {}
    group = walk.kind("groupby_clause")
    if group is not None:
        select.group, renamed = grouping(group, expressions)
    having = walk.kind("having_clause")
    if having is not None:
        part = Walk(having)
        part.need_words("HAVING")
        select.having = expressions.condition(part.skip())
        part.done()
    walk.kind("named_window")
    order = walk.kind("orderby_clause")
    if order is not None:
        order_by.order(order, select, expressions)
    for plain_text, collated_text in renamed.items():
        select.items = [item.replace(plain_text, collated_text) for item in select.items]
        select.having = select.having.replace(plain_text, collated_text)
        select.order = select.order.replace(plain_text, collated_text)
    document = walk.kind("for_clause")
    if document is not None and document.children[1].word == "XML":
        select.document, select.node = for_xml.read(document, scope.sources), node
    elif document is not None:
        select.document, select.node = for_json.read(document, len(scope.sources)), node
    options(walk)
    walk.done()
    if select.distinct or select.order:
        select_list.collate(select, context.default_collation)
    _check(select, node)
    if context.through is not None and context.through.node is node:
        lock, tables = keyed.show(select, elements, context.through, context)
        select.locks, locked = select.locks or lock, locked or tables
    if select.locks and (select.distinct or select.group or expressions.aggregates):
        context.table_locks |= {("SHARE ROW EXCLUSIVE", table) for table in locked}
        select.locks = []
    return select


def _check(select: Select, node: Node) -> None:
    """Raises Refused 10741 or 1062 for what only PostgreSQL would take."""
    modifiers = (m for clause in node.children[:1] for m in clause.children)
    top = any(
        token.word == "TOP"
        for modifier in modifiers
        if modifier.kind == "select_clause_modifier"
        for token in modifier.tokens()
    )
    if top and select.offset:
        text = "A TOP can not be used in the same query or sub-query as a OFFSET."
        raise Refused(10741, text, 15, 2, node.line)
    if select.ties and not select.order:
        text = "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause."
        raise Refused(1062, text, 15, line=node.line)


def condition_of(where: Node, expressions: Expressions) -> str:
    walk = Walk(where)
    walk.need_words("WHERE")
    text = expressions.condition(walk.skip())
    walk.done()
    return text


_HINTS: Final = frozenset(
    {"RECOMPILE", "MAXDOP", "MAXRECURSION", "OPTIMIZE", "FAST", "FORCE", "HASH", "LOOP", "MERGE"}
    | {"ORDER", "KEEP", "KEEPFIXED", "USE", "LABEL", "EXPAND", "CONCAT"}
)


def options(walk: Walk) -> None:
    """OPTION (…): plan hints mean nothing to another planner; anything else is refused."""
    clause = walk.kind("option_clause")
    if clause is None:
        return
    for hint in clause.all("query_hint_segment"):
        first = next(hint.tokens())
        if first.word not in _HINTS:
            raise refusal.unknown(hint)
