"""`SELECT @x = … FROM …`, also where the value is built up row by row from itself."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.azuresql.tsql import queries, sources, types
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.scope import Context, Scope
from sandbox.azuresql.tsql.selection import Select
from sandbox.azuresql.tsql.tree import Node


@dataclass(frozen=True, slots=True)
class Assignment:
    """PostgreSQL text. `counted`: its only row ends with the number of rows read."""

    text: str
    counted: bool


def assignment(node: Node, context: Context, names: list[str]) -> Assignment:
    """The statement that yields the variables' new values in its last row."""
    parts = queries.select_parts(node, context, None)
    targets = [(name, context.variables[name]) for name in names]
    referenced = {
        reference.text.lower()
        for element in node.all("select_variable_assignment")
        for reference in _values(element)
    }
    compound = any(sign != "=" for _, sign, _ in parts.assignments)
    if not parts.source or not (referenced & set(names) or compound):
        expressions = Expressions(context, Scope(), queries.query)
        parts.items = []
        for (name, sign, value), (_, type) in zip(parts.assignments, targets, strict=True):
            if sign != "=":
                current = Expression(context.parameter(name), type)
                value = expressions._arithmetic(sign[:-1], current, value, node)
            parts.items.append(cast(value, type).text)
        return Assignment(parts.text(), counted=False)
    return _accumulated(node, context, parts, names)


def _values(element: Node) -> list[Node]:
    """Variables on the right-hand side."""
    return list(element.all("parameter"))[1:]


class _Steps(Expressions):
    """Expressions of one step: columns come from the numbered row, variables from the last step."""

    def __init__(self, context: Context, scope: Scope, names: list[str]) -> None:
        super().__init__(context, scope, queries.query)
        self.names = names
        self.columns: dict[str, str] = {}

    def _column(self, node: Node) -> Expression:
        found = super()._column(node)
        alias = self.columns.setdefault(found.text, f"c{len(self.columns)}")
        return Expression(f'"r".{alias}', found.type, bound=True, column=found.column)

    def _variable(self, node: Node) -> Expression:
        name = node.text.lower()
        if name not in self.names:
            return super()._variable(node)
        return Expression(f'"a".v{self.names.index(name)}', self.context.variables[name])


def _accumulated(node: Node, context: Context, parts: Select, names: list[str]) -> Assignment:
    scope = Scope()
    origin = node.find("from_clause")
    assert origin is not None
    sources.from_clause(origin, context, scope, queries.query)
    steps = _Steps(context, scope, names)
    news: list[str] = []
    for element in node.all("select_variable_assignment"):
        variable, operator, *rest = element.children
        name = variable.text.lower()
        type = context.variables[name]
        value = steps.value(rest, element)
        sign = "".join(token.text for token in operator.tokens())
        if sign != "=":
            value = steps._arithmetic(sign[:-1], steps._variable(variable), value, element)
        news.append(_plain(cast(value, type).text, type.name))
    olds = [
        _plain(
            f"{context.parameter(name)}::{types.postgresql(context.variables[name])}",
            context.variables[name].name,
        )
        for name in names
    ]
    taken = "".join(f", {text} AS {alias}" for text, alias in steps.columns.items())
    order = parts.order
    parts.order = ""
    numbered = f"row_number() OVER ({f'ORDER BY {order}' if order else ''})"
    rows = f"SELECT {numbered} AS n{taken}{parts.tail()}"
    values = ", ".join(f"v{place}" for place in range(len(names)))
    text = (
        f'WITH RECURSIVE "r" AS ({rows}), "a" (n, {values}) AS ('
        f"SELECT 0::int8, {', '.join(olds)} UNION ALL "
        f'SELECT "r".n, {", ".join(news)} FROM "a" JOIN "r" ON "r".n = "a".n + 1) '
        f'SELECT {values}, n FROM "a" ORDER BY n DESC LIMIT 1'
    )
    return Assignment(text, counted=True)


def _plain(text: str, name: str) -> str:
    """Both halves of a recursion must have one collation."""
    return f'({text}) COLLATE "C"' if name in types.STRINGS else text
