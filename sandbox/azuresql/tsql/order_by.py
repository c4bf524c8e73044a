"""ORDER BY of a query, with OFFSET and FETCH."""

from __future__ import annotations

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import fold, parts, quote
from sandbox.azuresql.tsql.ordering import nulls, order_item, split
from sandbox.azuresql.tsql.selection import Select
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


def order(clause: Node, select: Select, expressions: Expressions) -> None:
    """The clause into `select`: its order, which rows it skips and how many it gives."""
    walk = Walk(clause)
    walk.need_words("ORDER", "BY")
    rest = walk.rest
    listed = [child for child in rest if child.kind not in ("offset_clause", "fetch_clause")]
    select.order = ", ".join(_item(group, select, expressions, clause) for group in split(listed))
    for child in rest:
        if child.kind == "offset_clause":
            part = Walk(child)
            part.need_words("OFFSET")
            select.offset = expressions.value([part.skip()], child).wrapped
            part.any_word("ROWS", "ROW")
            part.done()
        elif child.kind == "fetch_clause":
            part = Walk(child)
            part.need_words("FETCH")
            part.any_word("NEXT", "FIRST")
            rows = expressions.value([part.skip()], child)
            select.limit = rows.wrapped
            if not rows.text.isdigit():
                select.limit = f"sys.fetched({rows.wrapped}::int8)"
            if select.limit == "0":
                text = "The number of rows provided for a FETCH clause must be greater then zero."
                raise Refused(10744, text, 15, line=child.line)
            part.any_word("ROWS", "ROW")
            part.need_words("ONLY")
            part.done()


def check(select: Select, node: Node) -> None:
    """Raises Refused 1033 for an order that nothing needs, in a query inside of another one."""
    if not select.order or select.limit or select.offset or select.document is not None:
        return
    raise Refused(
        1033,
        "The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, "
        "and common table expressions, unless TOP, OFFSET or FOR XML is also specified.",
        15,
        line=node.line,
    )


def _item(group: list[Node], select: Select, expressions: Expressions, clause: Node) -> str:
    """An item that names a column of the result sorts by it, as the alias."""
    first = group[0]
    while first.kind == "expression" and len(first.children) == 1:
        first = first.children[0]
    direction = group[-1].word if group[-1].word in ("ASC", "DESC") else ""
    alone = len(group) == (2 if direction else 1)
    if alone and first.kind == "column_reference" and len(parts(first)) == 1:
        name = fold(parts(first)[0])
        for output in select.outputs:
            if fold(output.name) == name:
                return quote(name) + nulls(direction, output.column, expressions.scope)
    if alone and first.kind in ("integer_literal", "numeric_literal"):
        if select.outputs and not 1 <= int(first.text) <= len(select.outputs):
            text = f"The ORDER BY position number {first.text} is out of range of the number of "
            raise Refused(108, f"{text}items in the select list.", 15, line=clause.line)
        return first.text + nulls(direction, None, expressions.scope)
    return order_item(expressions, group, clause)
