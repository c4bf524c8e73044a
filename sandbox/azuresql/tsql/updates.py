"""UPDATE and DELETE, joined or with TOP, as one PostgreSQL statement each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import queries, refusal, sources
from sandbox.azuresql.tsql.changes import (
    Change,
    assigned,
    refuse_generated,
    suggest,
    table_hints,
    target_of,
    top_rows,
)
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.hints import row_lock
from sandbox.azuresql.tsql.names import ObjectName, fold, parts, quote
from sandbox.azuresql.tsql.returning import Returning, output_clause, prefixed
from sandbox.azuresql.tsql.scope import Column, Context, Relation, Scope, Source
from sandbox.azuresql.tsql.sources import Element, From
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

_JOINED: Final = frozenset({"", "JOIN", "CROSS JOIN"})
"""Joins that may become a comma list with their conditions in WHERE."""


@dataclass(slots=True)
class _Joined:
    """The target and what it is joined with."""

    name: ObjectName
    relation: Relation
    alias: str
    scope: Scope
    origin: From | None = None
    element: Element | None = None
    hints: list[str] = field(default_factory=list)

    @property
    def simple(self) -> bool:
        """Everything is joined so that PostgreSQL's own FROM/USING list can hold it."""
        if self.origin is None:
            return True
        return all(
            element.join in _JOINED
            and not element.nested
            and not element.text.startswith("LATERAL")
            for element in self.origin.elements
        )

    def others(self) -> tuple[str, list[str]]:
        """The other items as a comma list, and all join conditions."""
        assert self.origin is not None
        items = [e.text for e in self.origin.elements if e is not self.element]
        conditions = [e.condition for e in self.origin.elements if e.condition]
        return ", ".join(items), conditions


def _joined(target: Node, origin: Node | None, words: list[str], context: Context) -> _Joined:
    scope = Scope()
    if origin is None:
        name, relation = target_of(target, context)
        shown = target.text if next(target.tokens()).kind == "parameter" else parts(target)[-1]
        alias = quote(fold(shown))
        scope.sources.append(Source(shown, alias, relation.columns, relation.schema))
        return _Joined(name, relation, alias, scope, hints=words)
    found = sources.from_clause(origin, context, scope, queries.query)
    element = _element(target, found)
    if element is None:
        name, relation = target_of(target, context)
        alias = quote(fold(relation.name))
        source = Source(parts(target)[-1], alias, relation.columns, relation.schema)
        scope.sources.append(source)
        element = Element(source, f"{relation.sql} AS {alias}")
        found.elements.append(element)
        found.text += f", {element.text}"
        return _Joined(name, relation, alias, scope, found, element, words)
    assert element.relation is not None
    relation = context.relation(element.relation, target)
    return _Joined(element.relation, relation, element.source.sql, scope, found, element, words)


def _element(target: Node, found: From) -> Element | None:
    """The item of FROM that the statement's target names: by alias first, else by table."""
    names = parts(target)
    if len(names) == 1:
        for element in found.elements:
            if fold(element.source.alias) == fold(names[0]) and element.relation is not None:
                return element
    key = ObjectName.from_parts(names).key
    same = [e for e in found.elements if e.relation is not None and e.relation.key == key]
    if len(same) > 1:
        raise Refused(8154, f"The table '{names[-1]}' is ambiguous.", line=target.line)
    return same[0] if same else None


def _where(walk: Walk, expressions: Expressions) -> list[str]:
    node = walk.kind("where_clause")
    return [queries.condition_of(node, expressions)] if node is not None else []


def _all(conditions: list[str]) -> str:
    if len(conditions) == 1:
        return conditions[0]
    return " AND ".join(f"({condition})" for condition in conditions)


def _chosen(joined: _Joined, conditions: list[str], top: str) -> str:
    """The rows that TOP leaves, by their place in the table."""
    lock = row_lock(joined.hints, joined.alias) or ""
    if joined.origin is None:
        source = f"{joined.relation.sql} AS {joined.alias}"
    else:
        source = joined.origin.text
    where = f" WHERE {_all(conditions)}" if conditions else ""
    tail = f" {lock}" if lock else ""
    return f"ARRAY(SELECT {joined.alias}.ctid FROM {source}{where} LIMIT {top}{tail})"


def update(node: Node, context: Context, prefix: str = "") -> Change:
    """`UPDATE [TOP (n)] t SET … OUTPUT … FROM … WHERE …`."""
    walk = Walk(node)
    walk.need_words("UPDATE")
    top = top_rows(walk, context)
    target = walk.need("table_reference", "parameter")
    words = table_hints(walk)
    clauses = walk.need("set_clause_list")
    output_node = walk.kind("output_clause")
    joined = _joined(target, walk.kind("from_clause"), words, context)
    context.require("UPDATE", joined.name)
    if _reads(node):
        context.require("SELECT", joined.name)
    expressions = Expressions(context, joined.scope, queries.query)
    variables = Variables(context, joined.scope)
    assignments = assignments_of(clauses, joined.relation, expressions, variables)
    conditions = _where(walk, expressions)
    queries.options(walk)
    walk.done()
    output = _after(output_node, context, joined, "UPDATE")
    if variables.names and output_node is not None:
        raise refusal.unknown(output_node, "an UPDATE that sets variables")
    sql = _update_text(joined, assignments or _unchanged(joined), conditions, top)
    sql = prefixed(prefix, sql, output) + variables.returning
    return Change(sql, joined.relation, output.shown, variables=variables.names)


class Variables:
    """`SET @x = …`: the variables, and their values as RETURNING gives them."""

    def __init__(self, context: Context, scope: Scope) -> None:
        old = [replace(source, sql='"deleted"') for source in scope.sources[:1]]
        self._expressions = Expressions(
            context, Scope(None, [*old, *scope.sources[1:]]), queries.query
        )
        self.names: list[str] = []
        self.items: list[str] = []

    @property
    def returning(self) -> str:
        if not self.items:
            return ""
        return f' RETURNING WITH (OLD AS "deleted", NEW AS "inserted") {", ".join(self.items)}'

    def take(self, clause: Node, name: Node, rest: list[Node], column: Column | None) -> None:
        """One assignment; a value built up from row to row is refused."""
        type = self._expressions.context.variables.get(name.text.lower())
        if type is None:
            raise refusal.no_variable(name.text, name.line)
        if column is not None:
            value = Expression(f'"inserted".{column.sql}', column.type, bound=True)
        else:
            own = (n.text.lower() for node in rest for n in node.all("parameter"))
            if name.text.lower() in own:
                raise refusal.unknown(clause, "a value built up row by row")
            value = self._expressions.value(rest, clause)
        self.names.append(name.text.lower())
        self.items.append(cast(value, type).text)


def _unchanged(joined: _Joined) -> str:
    """An UPDATE that sets variables only writes its rows as they are."""
    column = next(column for column in joined.relation.columns if not column.generated)
    return f"{column.sql} = {joined.alias}.{column.sql}"


def _reads(node: Node) -> bool:
    """Whether a change reads its columns, in WHERE or to compute new values: that needs SELECT."""
    where, values = node.find("where_clause"), node.find("set_clause_list")
    written = len(list(values.all("set_clause"))) if values is not None else 0
    return _columns(where) > 0 or _columns(values) > written


def _columns(node: Node | None) -> int:
    """The columns that are named, those of queries inside left out."""
    if node is None or node.kind in ("select_statement", "set_expression"):
        return 0
    own = 1 if node.kind == "column_reference" else 0
    return own + sum(_columns(child) for child in node.children)


def _after(node: Node | None, context: Context, joined: _Joined, command: str) -> Returning:
    """OUTPUT stands before FROM but sees its tables."""
    holder = Node("output", "", 0, [node] if node is not None else [])
    scope = Scope(None, list(joined.scope.sources))
    return output_clause(Walk(holder), context, joined.relation, scope, command)


def _update_text(joined: _Joined, assignments: str, conditions: list[str], top: str) -> str:
    table, alias = joined.relation.sql, joined.alias
    if joined.origin is None:
        if top:
            conditions = [f"{alias}.ctid = ANY ({_chosen(joined, conditions, top)})"]
        where = f" WHERE {_all(conditions)}" if conditions else ""
        return f"UPDATE {table} AS {alias} SET {assignments}{where}"
    if joined.simple and not top:
        others, joins = joined.others()
        where = f" WHERE {_all(joins + conditions)}" if joins or conditions else ""
        source = f" FROM {others}" if others else ""
        return f"UPDATE {table} AS {alias} SET {assignments}{source}{where}"
    same = [f'"~target".ctid = {alias}.ctid', *conditions]
    if top:
        same.append(f"{alias}.ctid = ANY ({_chosen(joined, conditions, top)})")
    return (
        f'UPDATE {table} AS "~target" SET {assignments} FROM {joined.origin.text} '
        f"WHERE {_all(same)}"
    )


def assignments_of(
    clauses: Node,
    relation: Relation,
    expressions: Expressions,
    variables: Variables | None = None,
) -> str:
    walk = Walk(clauses)
    walk.need_words("SET")
    found: list[str] = []
    while (clause := walk.kind("set_clause", "comma")) is not None:
        if clause.kind == "comma":
            continue
        text = _assignment(clause, relation, expressions, variables)
        found += [text] if text else []
    walk.done()
    return ", ".join(found)


def _variable(
    clause: Node, relation: Relation, expressions: Expressions, variables: Variables
) -> str:
    """`@x = value` or `@x = column = value`."""
    part = Walk(clause)
    name = part.need("column_reference").children[0]
    operator = part.need("assignment_operator", "comparison_operator", "raw_comparison_operator")
    if operator.text.strip() != "=":
        raise refusal.unknown(clause)
    rest = part.rest
    inner = rest[0].children if rest and rest[0].kind == "expression" else rest
    signs = [n for n, node in enumerate(inner) if node.kind == "comparison_operator"]
    column = (
        relation.column(parts(inner[0])[-1])
        if signs[:1] == [1] and inner[0].kind == "column_reference"
        else None
    )
    variables.take(clause, name, rest, column)
    if column is None:
        return ""
    refuse_generated(column, relation, clause)
    value = expressions.value(inner[2:], clause)
    return f"{column.sql} = {assigned(value, column)}"


def _assignment(
    clause: Node, relation: Relation, expressions: Expressions, variables: Variables | None
) -> str:
    part = Walk(clause)
    reference = part.need("column_reference")
    if reference.children[0].kind == "parameter":
        if variables is None:
            raise refusal.unknown(clause)
        return _variable(clause, relation, expressions, variables)
    name = parts(reference)[-1]
    column = relation.column(name)
    if column is None:
        raise refusal.no_column(name, reference.line)
    refuse_generated(column, relation, reference)
    if column.identity:
        raise Refused(8102, f"Cannot update identity column '{column.name}'.", line=clause.line)
    operator = part.need("assignment_operator", "comparison_operator", "raw_comparison_operator")
    sign = "".join(token.text for token in operator.tokens())
    rest = part.rest
    only = (
        rest[0].children[0] if rest and rest[0].kind == "expression" and rest[0].children else None
    )
    if only is not None and only.word == "DEFAULT" and len(rest[0].children) == 1:
        return f"{column.sql} = DEFAULT"
    suggest(expressions.context, only or rest[0], column)
    value = expressions.value(rest, clause)
    if sign != "=":
        current = expressions.value([reference], clause)
        value = expressions._arithmetic(sign[:-1], current, _grouped(value), clause)
    return f"{column.sql} = {assigned(value, column)}"


def _grouped(value: Expression) -> Expression:
    return Expression(value.wrapped, value.type, value.open, value.bound, plain=value.plain)


def delete(node: Node, context: Context, prefix: str = "") -> Change:
    """`DELETE [TOP (n)] [FROM] t OUTPUT … FROM … WHERE …`."""
    walk = Walk(node)
    walk.need_words("DELETE")
    top = top_rows(walk, context)
    walk.words("FROM")
    target = walk.need("table_reference", "parameter")
    words = table_hints(walk)
    output_node = walk.kind("output_clause")
    joined = _joined(target, walk.kind("from_clause"), words, context)
    context.require("DELETE", joined.name)
    if _reads(node):
        context.require("SELECT", joined.name)
    expressions = Expressions(context, joined.scope, queries.query)
    conditions = _where(walk, expressions)
    queries.options(walk)
    walk.done()
    output = _after(output_node, context, joined, "DELETE")
    sql = _delete_text(joined, conditions, top)
    return Change(prefixed(prefix, sql, output), joined.relation, output.shown)


def _delete_text(joined: _Joined, conditions: list[str], top: str) -> str:
    table, alias = joined.relation.sql, joined.alias
    if top:
        where = f"{alias}.ctid = ANY ({_chosen(joined, conditions, top)})"
        return f"DELETE FROM {table} AS {alias} WHERE {where}"
    if joined.origin is None:
        where = f" WHERE {_all(conditions)}" if conditions else ""
        return f"DELETE FROM {table} AS {alias}{where}"
    if joined.simple:
        others, joins = joined.others()
        where = f" WHERE {_all(joins + conditions)}" if joins or conditions else ""
        source = f" USING {others}" if others else ""
        return f"DELETE FROM {table} AS {alias}{source}{where}"
    same = [f'"~target".ctid = {alias}.ctid', *conditions]
    return f'DELETE FROM {table} AS "~target" USING {joined.origin.text} WHERE {_all(same)}'
