"""OUTPUT: PostgreSQL's RETURNING, with `inserted` and `deleted` as its NEW and OLD."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import queries
from sandbox.azuresql.tsql.changes import insert_columns, target_of
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import fold, plain, quote
from sandbox.azuresql.tsql.ordering import split
from sandbox.azuresql.tsql.scope import Context, Output, Relation, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


@dataclass(slots=True)
class Returning:
    """OUTPUT: the RETURNING clause and the table that takes it, if any."""

    returning: str = ""
    outputs: list[Output] = field(default_factory=list)
    into: str = ""

    def around(self, sql: str) -> str:
        if not self.returning:
            return sql
        if not self.into:
            return f"{sql} {self.returning}"
        return f'WITH "output" AS ({sql} {self.returning}) {self.into} SELECT * FROM "output"'

    @property
    def shown(self) -> list[Output] | None:
        return self.outputs if self.returning and not self.into else None


def output_clause(
    walk: Walk, context: Context, relation: Relation, scope: Scope, command: str
) -> Returning:
    node = walk.kind("output_clause")
    if node is None:
        return Returning()
    sides = ["inserted"] if command == "INSERT" else ["deleted"] if command == "DELETE" else None
    for side in sides or ["inserted", "deleted"]:
        scope.sources.append(Source(side, quote(side), relation.columns))
    expressions = Expressions(context, scope, queries.query)
    part = Walk(node)
    part.need_words("OUTPUT")
    rest = part.rest
    place = next((n for n, child in enumerate(rest) if child.word == "INTO"), len(rest))
    output = Returning()
    items: list[str] = []
    for group in split(rest[:place]):
        _output_item(group, expressions, items, output, node)
    output.returning = f'RETURNING WITH (OLD AS "deleted", NEW AS "inserted") {", ".join(items)}'
    if place < len(rest):
        output.into = _output_into(rest[place + 1 :], context, len(items), node)
    return output


def _output_into(rest: list[Node], context: Context, count: int, node: Node) -> str:
    walk = Walk(node, rest)
    name, relation = target_of(walk.need("table_reference", "parameter"), context)
    context.require("INSERT", name)
    given = walk.kind("bracketed")
    walk.done()
    columns, _ = insert_columns(given, relation)
    if len(columns) != count:
        raise Refused(
            213,
            "Column name or number of supplied values does not match table definition.",
            line=node.line,
        )
    return f"INSERT INTO {relation.sql} ({', '.join(column.sql for column in columns)})"


def _output_item(
    group: list[Node], expressions: Expressions, items: list[str], output: Returning, node: Node
) -> None:
    alias = next((child for child in group if child.kind == "alias_expression"), None)
    group = [child for child in group if child is not alias]
    first = group[0]
    if first.kind == "action_parameter":
        items.append("merge_action()::sys.nvarchar")
        output.outputs.append(Output("$action", None))
        return
    if len(group) >= 3 and group[1].kind == "dot":
        last = group[-1]
        if last.kind in ("wildcard_identifier", "star"):
            (source,) = _sources(expressions, first)
            for column in source.columns:
                items.append(f"{source.sql}.{column.sql} AS {column.sql}")
                output.outputs.append(Output(column.name, column.type, column))
            return
        reference = Node("column_reference", "", first.line, group)
        value = expressions.value([reference], node)
        name = plain(last.text)
    else:
        value = expressions.value(group, node)
        name = ""
    if alias is not None:
        name = plain([token for token in alias.tokens() if token.word != "AS"][-1].text)
    items.append(f"{value.text} AS {quote(fold(name))}" if name else value.text)
    output.outputs.append(Output(name, value.type, value.column, value.open))


def prefixed(prefix: str, sql: str, output: Returning) -> str:
    if output.into and prefix:
        return output.around(f"{prefix}{sql}")
    return prefix + output.around(sql)


def _sources(expressions: Expressions, prefix: Node) -> list[Source]:
    """Whose columns `prefix.*` shows. Raises Refused 107."""
    found = expressions.scope.named([plain(prefix.text)])
    if not found:
        text = f"The column prefix '{prefix.text}' does not match with a table name or alias name "
        raise Refused(107, f"{text}used in the query.", 15, line=prefix.line)
    return found
