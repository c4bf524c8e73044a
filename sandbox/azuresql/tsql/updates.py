"""UPDATE and DELETE, joined or with TOP, as one PostgreSQL statement each."""

from __future__ import annotations

from dataclasses import replace

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import held_keys, queries, refusal, through
from sandbox.azuresql.tsql.changes import (
    Change,
    assigned,
    refuse_generated,
    suggest,
    table_hints,
    top_rows,
)
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.joining import Joined, join
from sandbox.azuresql.tsql.names import parts
from sandbox.azuresql.tsql.returning import Returning, output_clause, prefixed
from sandbox.azuresql.tsql.scope import Column, Context, Relation, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


def _where(walk: Walk, joined: Joined, context: Context) -> list[str]:
    """The condition. What the hints hold is known with it."""
    node = walk.kind("where_clause")
    expressions = Expressions(context, joined.scope, queries.query)
    held_keys.settle(joined.ranges, node.children[1:] if node is not None else [], expressions)
    return [queries.condition_of(node, expressions)] if node is not None else []


def _joined(
    target: Node, origin: Node | None, words: list[str], node: Node, context: Context
) -> Joined:
    if context.through is None:
        context.through = through.derived(target, origin)
    if context.through is not None:
        return through.join(context.through, target, origin, node, context)
    return join(target, origin, words, context)


def update(node: Node, context: Context, prefix: str = "") -> Change:
    """`UPDATE [TOP (n)] t SET … OUTPUT … FROM … WHERE …`."""
    walk = Walk(node)
    walk.need_words("UPDATE")
    top = top_rows(walk, context)
    target = walk.need("table_reference", "parameter")
    words = table_hints(walk)
    clauses = walk.need("set_clause_list")
    output_node = walk.kind("output_clause")
    joined = _joined(target, walk.kind("from_clause"), words, node, context)
    context.require("UPDATE", joined.name)
    if _reads(node):
        context.require("SELECT", joined.name)
    conditions = _where(walk, joined, context)
    rows, scope = joined.rows(conditions, top, context)
    expressions = Expressions(context, scope, queries.query)
    variables = Variables(context, scope, joined.target)
    assignments = assignments_of(clauses, joined.relation, expressions, variables)
    queries.options(walk)
    walk.done()
    output = _after(output_node, context, joined.relation, scope, "UPDATE")
    if variables.names and output_node is not None:
        raise refusal.unknown(output_node, "an UPDATE that sets variables")
    sql = (
        f"UPDATE {joined.relation.sql} AS {joined.alias} SET {assignments or _unchanged(joined)}"
        f"{rows.clauses('FROM')}"
    )
    sql = prefixed(rows.prefix(prefix), sql, output) + variables.returning
    return Change(sql, joined.relation, output.shown, variables=variables.names)


class Variables:
    """`SET @x = …`: the variables, and their values as RETURNING gives them."""

    def __init__(self, context: Context, scope: Scope, target: Source) -> None:
        seen = [
            replace(source, sql='"deleted"') if source is target else source
            for source in scope.sources
        ]
        self._expressions = Expressions(context, Scope(None, seen), queries.query)
        self.names: list[str] = []
        self.items: list[str] = []

    @property
    def returning(self) -> str:
        if not self.items:
            return ""
        return f' RETURNING WITH (OLD AS "deleted", NEW AS "inserted") {", ".join(self.items)}'

    def take(self, clause: Node, name: Node, rest: list[Node], column: Column | None) -> None:
        """One assignment."""
        type = self._expressions.context.variables.get(name.text.lower())
        if type is None:
            raise refusal.no_variable(name.text, name.line)
        if column is not None:
            value = Expression(f'"inserted".{column.sql}', column.type, bound=True)
        else:
            value = self._expressions.value(rest, clause)
        self.names.append(name.text.lower())
        self.items.append(cast(value, type).text)


def _unchanged(joined: Joined) -> str:
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


def _after(
    node: Node | None, context: Context, relation: Relation, scope: Scope, command: str
) -> Returning:
    """OUTPUT stands before FROM but sees its tables."""
    holder = Node("output", "", 0, [node] if node is not None else [])
    return output_clause(Walk(holder), context, relation, Scope(None, list(scope.sources)), command)


def assignments_of(
    clauses: Node,
    relation: Relation,
    expressions: Expressions,
    variables: Variables | None = None,
) -> str:
    _refuse_running(clauses)
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


def _refuse_running(clauses: Node) -> None:
    """Refuses a value that reads what the statement assigns: it would be built up row by row."""
    read: dict[str, Node] = {}
    assigned: set[str] = set()
    for clause in clauses.all("set_clause"):
        first, *rest = clause.children
        if first.children[0].kind == "parameter":
            assigned.add(first.text.lower())
        read |= {n.text.lower(): clause for node in rest for n in node.all("parameter")}
    for name in sorted(assigned & read.keys()):
        raise refusal.unknown(read[name], "a value built up row by row")


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
    joined = _joined(target, walk.kind("from_clause"), words, node, context)
    context.require("DELETE", joined.name)
    if _reads(node):
        context.require("SELECT", joined.name)
    conditions = _where(walk, joined, context)
    rows, scope = joined.rows(conditions, top, context)
    queries.options(walk)
    walk.done()
    output = _after(output_node, context, joined.relation, scope, "DELETE")
    sql = f"DELETE FROM {joined.relation.sql} AS {joined.alias}{rows.clauses('USING')}"
    return Change(prefixed(rows.prefix(prefix), sql, output), joined.relation, output.shown)
