"""Calls of functions that users wrote, inside an expression or in FROM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import function_tables, modules, types
from sandbox.azuresql.tsql.derived import derived_columns
from sandbox.azuresql.tsql.expression import Expression, cast
from sandbox.azuresql.tsql.names import ObjectName, quote
from sandbox.azuresql.tsql.scope import Column, Context
from sandbox.azuresql.tsql.signatures import definition_of, inline_query, signature_of
from sandbox.azuresql.tsql.walk import listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.conditions import Queries
    from sandbox.azuresql.tsql.expressions import Expressions
    from sandbox.azuresql.tsql.modules import Module
    from sandbox.azuresql.tsql.tree import Node


@dataclass(frozen=True, slots=True)
class Inlined:
    """The query that a call in FROM stands for, and its columns."""

    text: str
    columns: tuple[Column, ...]
    name: str


def scalar(expressions: Expressions, node: Node) -> Expression:
    """`dbo.f(1, DEFAULT)`. Raises Refused 4121, 313 or 8144."""
    name = ObjectName.of(node.children[0])
    found = expressions.context.functions.get(name.key)
    if found is None or found.kind != modules.SCALAR:
        raise Refused(
            4121,
            f'Cannot find either column "{name.schema}" or the user-defined function or aggregate '
            f'"{name}", or the name is ambiguous.',
            line=node.line,
        )
    expressions.context.require("EXECUTE", name)
    arguments = _arguments(found, node, expressions)
    text = ", ".join(argument.text for argument in arguments)
    return Expression(f"{name.sql}({text})", signature_of(found).result)


def inline(
    node: Node, context: Context, expressions: Expressions, queries: Queries
) -> Inlined | None:
    """A call of a function that returns rows; None when it is none of a user's."""
    name = ObjectName.of(node.children[0])
    found = context.functions.get(name.key) if name.schema else None
    if found is None or found.kind not in (modules.INLINE, modules.TABLE):
        return None
    context.require("SELECT", name)
    if found.kind == modules.TABLE:
        arguments = ", ".join(a.text for a in _arguments(found, node, expressions))
        shape = context.relations[function_tables.shape(name).key]
        return Inlined(f"SELECT * FROM {name.sql}({arguments})", shape.columns, found.name)
    definition = definition_of(found)
    parameters = signature_of(found).parameters
    given = ", ".join(
        f"{argument.text} AS {quote(declared.name.lower())}"
        for declared, argument in zip(parameters, _arguments(found, node, expressions), strict=True)
    )
    inner = _Body(
        context.relations,
        {d.name.lower(): d.type for d in parameters},
        functions=context.functions,
    )
    text, outputs = queries(inline_query(definition), inner, None)
    context.collations |= inner.collations
    columns = derived_columns(outputs, [], node)
    if not given:
        return Inlined(text, columns, found.name)
    text = f'SELECT "~rows".* FROM (SELECT {given}) AS "~given", LATERAL ({text}) AS "~rows"'
    return Inlined(text, columns, found.name)


class _Body(Context):
    """Parameters are columns of the row of arguments."""

    def parameter(self, name: str) -> str:
        if name.startswith("@@"):
            raise Refused(443, f"Invalid use of '{name}' within a function.")
        return f'"~given".{quote(name)}'


def _arguments(function: Module, node: Node, expressions: Expressions) -> list[Expression]:
    declared = signature_of(function).parameters
    groups = listed(node.children[1].children[0])
    if len(groups) < len(declared):
        raise Refused(
            313,
            "An insufficient number of arguments were supplied for the procedure or function "
            f"{function}.",
            state=3,
            line=node.line,
        )
    if len(groups) > len(declared):
        text = f"Procedure or function {function} has too many arguments specified."
        raise Refused(8144, text, state=3, line=node.line)
    found: list[Expression] = []
    for group, parameter in zip(groups, declared, strict=True):
        nodes = group
        if node_is_default(group):
            nodes = [parameter.default] if parameter.default is not None else []
        value = expressions.value(nodes, node) if nodes else Expression("NULL", open=True)
        found.append(_typed(value, parameter.type))
    return found


def node_is_default(group: list[Node]) -> bool:
    """DEFAULT in the place of an argument."""
    only = group[0]
    while only.kind == "expression" and len(only.children) == 1:
        only = only.children[0]
    return len(group) == 1 and only.kind == "keyword" and only.word == "DEFAULT"


def _typed(value: Expression, type: SqlType) -> Expression:
    """PostgreSQL must find the function by the types, so that every argument says its own."""
    found = cast(value, type)
    if value.type is None or value.open or found.text == value.wrapped:
        return Expression(f"{found.wrapped}::{types.postgresql(type)}", type, bound=value.bound)
    return found
