"""UPDATE and DELETE of a common table expression or derived table: its one table's rows change.

The query shows the key of every row that it finds, and locks it, beside its own columns; the
change's own table is joined with that by the key, as in `joining`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.tsql import queries, refusal, sources
from sandbox.azuresql.tsql.joining import JOINED, Joined, Rows
from sandbox.azuresql.tsql.keyed import Through, key_name
from sandbox.azuresql.tsql.names import fold, parts, plain, quote
from sandbox.azuresql.tsql.scope import Context, Scope, Source

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.from_items import From
    from sandbox.azuresql.tsql.tree import Node

_TARGET: Final = '"~target"'
_FOUND: Final = '"~found"'
"""A derived table, which must be read once: its rows are locked as it is read."""


def common(statement: Node, body: Node) -> Through | None:
    """What `body` changes through one of its statement's common table expressions."""
    target = body.find("table_reference")
    if target is None or len(parts(target)) != 1:
        return None
    alias = name = fold(parts(target)[0])
    for element in _elements(body.find("from_clause")):
        reference = next(element.all("table_reference"), None)
        if _alias(element) == alias and reference is not None and len(parts(reference)) == 1:
            name = fold(parts(reference)[0])
    for table in statement.children:
        if table.kind == "common_table_expression" and fold(plain(table.children[0].text)) == name:
            return _through(table.find("bracketed"), alias)
    return None


def derived(target: Node, origin: Node | None) -> Through | None:
    """What a change does through a derived table of its FROM."""
    names = parts(target)
    for element in _elements(origin):
        if len(names) == 1 and _alias(element) == fold(names[0]):
            table = element.find("table_expression")
            return _through(table.find("bracketed") if table is not None else None, fold(names[0]))
    return None


def _elements(origin: Node | None) -> list[Node]:
    return list(origin.all("from_expression_element")) if origin is not None else []


def _alias(element: Node) -> str:
    alias = element.find("alias_expression")
    tokens = [t for t in alias.tokens() if t.word != "AS"] if alias is not None else []
    return fold(plain(tokens[0].text)) if tokens else ""


def _through(bracketed: Node | None, alias: str) -> Through | None:
    node = bracketed.find("select_statement") if bracketed is not None else None
    return Through(node, alias) if node is not None else None


@dataclass(slots=True)
class _Joined(Joined):
    """The rows that a query finds, and what they are joined with."""

    def rows(self, conditions: list[str], top: str, context: Context) -> tuple[Rows, Scope]:
        """The rows; the query stands among the others with its keys."""
        shown = self.scope.sources[0].sql
        same = [
            f"{self.alias}.{key} = {shown}.{quote(key_name(place))}"
            for place, key in enumerate(self.relation.key or ("ctid",))
        ]
        joins = [element.condition for element in self._elements if element.condition]
        own = next(e.text for e in self._elements if e.source.sql == shown)
        first = own if own.startswith("LATERAL (") else ""
        texts = [
            f"{_FOUND} AS {shown}" if first and e.source.sql == shown else e.text
            for e in self._elements
        ]
        found = f"{_FOUND} AS MATERIALIZED (SELECT * FROM {first})" if first else ""
        return Rows(", ".join(texts), same + joins + conditions, found), self.scope


def join(
    through: Through, target: Node, origin: Node | None, change: Node, context: Context
) -> Joined:
    """The query's table, joined with the query and the rest of FROM."""
    scope = Scope()
    if origin is None:
        keyword = _node("keyword", "FROM", target)
        table = _node("table_expression", target.text, target, target)
        element = _node("from_expression_element", target.text, target, table)
        expression = _node("from_expression", target.text, target, element)
        origin = _node("from_clause", target.text, target, keyword, expression)
    found = sources.from_clause(origin, context, scope, queries.query)
    _check(through, found, change)
    scope.sources.sort(key=lambda source: fold(source.alias) != through.alias)
    assert through.relation is not None
    assert through.name is not None
    relation = replace(through.relation, columns=tuple(through.columns.values()))
    source = Source("~target", _TARGET, relation.columns)
    return _Joined(through.name, relation, source, scope, found, ranges=found.ranges)


def _node(kind: str, text: str, like: Node, *children: Node) -> Node:
    return type(like)(kind, text, like.line, list(children))


def _check(through: Through, found: From, change: Node) -> None:
    """Refuses what the key cannot join, and columns of other names than the table's."""
    top = any(child.word == "TOP" for child in change.children)
    if top or any(e.join not in JOINED or e.nested or e.lock for e in found.elements):
        raise refusal.unknown(change, "a change through a query")
    clauses = (change.find("set_clause_list"), change.find("output_clause"))
    for clause in clauses:
        tokens = clause.tokens() if clause is not None else iter(())
        for token in tokens:
            if fold(plain(token.text)) in through.renamed:
                raise refusal.unknown(token, "a change through a query that calls it otherwise")
