"""The select list: DISTINCT, TOP, expressions, `*`, aliases and assignments."""

from __future__ import annotations

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.expression import Expression, collated
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import fold, parts, plain, quote
from sandbox.azuresql.tsql.scope import Output
from sandbox.azuresql.tsql.selection import Select
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


def items(clause: Node, select: Select, expressions: Expressions) -> None:
    """The clause into `select`: what it shows, assigns and leaves out."""
    walk = Walk(clause)
    walk.need_words("SELECT")
    modifier = walk.kind("select_clause_modifier")
    if modifier is not None:
        _modifier(modifier, select, expressions)
    while (element := walk.kind("select_clause_element", "comma")) is not None:
        if element.kind == "comma":
            continue
        _item(element, select, expressions)
    walk.done()


def collate(select: Select, collation: str) -> None:
    """The columns that are told apart or sorted take the database's collation without another."""
    for place, output in enumerate(select.outputs):
        if output.loose:
            ending = f" AS {quote(fold(output.name))}" if output.name else ""
            text = select.items[place].removesuffix(ending)
            value = Expression(f"({text})", output.type)
            select.items[place] = collated(value, collation) + ending


def _modifier(node: Node, select: Select, expressions: Expressions) -> None:
    walk = Walk(node)
    if walk.any_word("DISTINCT", "ALL") == "DISTINCT":
        select.distinct = True
    if walk.words("TOP"):
        rows = expressions.value([walk.skip()], node)
        select.limit = rows.wrapped
        select.percent = walk.words("PERCENT")
        if select.percent:
            select.limit = f"sys.percent({rows.wrapped}::float8)"
        select.ties = walk.words("WITH", "TIES")
    walk.done()


def _item(element: Node, select: Select, expressions: Expressions) -> None:
    wildcard = element.find("wildcard_expression")
    if wildcard is not None:
        _star(wildcard, select, expressions)
        return
    assignment = element.find("select_variable_assignment")
    if assignment is not None:
        walk = Walk(assignment)
        variable = walk.need("parameter").text.lower()
        operator = walk.need("assignment_operator", "comparison_operator")
        sign = "".join(token.text for token in operator.tokens())
        select.assignments.append((variable, sign, expressions.value(walk.rest, assignment)))
        return
    alias = element.find("alias_expression")
    value = expressions.value([child for child in element.children if child is not alias], element)
    if value.truth:
        raise refusal.unknown(element)
    name = ""
    if alias is not None:
        (given,) = [token for token in alias.tokens() if token.word != "AS" and token.text != "="]
        name = _alias(given.text)
    elif value.column is not None:
        reference = next(element.all("column_reference"), None)
        name = parts(reference)[-1] if reference is not None else value.column.name
    select.items.append(f"{value.text} AS {quote(fold(name))}" if name else value.text)
    select.outputs.append(
        Output(name, value.type, value.column, value.open, value.json, value.is_null, value.loose)
    )


def _alias(text: str) -> str:
    if text[:1] in "'" or text[:2].upper() == "N'":
        return text.lstrip("nN")[1:-1].replace("''", "'")
    return plain(text)


def _star(wildcard: Node, select: Select, expressions: Expressions) -> None:
    names = parts(wildcard)[:-1]
    found = expressions.scope.named(names)
    if not found:
        shown = ".".join(names) or "*"
        raise Refused(107, f"The column prefix '{shown}' does not match.", 15, 1, wildcard.line)
    for source in found:
        for column in source.columns:
            text = f"{source.sql}.{column.sql}" if source.sql else column.sql
            select.items.append(f"{text} AS {column.sql}")
            select.outputs.append(Output(column.name, column.type, column, loose=column.loose))
