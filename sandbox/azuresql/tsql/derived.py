"""Common table expressions, and the columns that a derived table shows."""

from __future__ import annotations

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import recursion
from sandbox.azuresql.tsql.conditions import Queries
from sandbox.azuresql.tsql.names import fold, plain, quote
from sandbox.azuresql.tsql.scope import Column, Context, Output, Scope
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk


def common_tables(walk: Walk, context: Context, outer: Scope | None, query: Queries) -> str:
    """`WITH …` up to the statement that it belongs to; the names are in `context.common` then."""
    walk.need_words("WITH")
    definitions: list[str] = []
    recursive = False
    outer = outer or Scope()
    while walk.here is not None and walk.here.kind in ("common_table_expression", "comma"):
        node = walk.skip()
        if node.kind == "comma":
            continue
        part = Walk(node)
        name = plain(part.need("naked_identifier", "quoted_identifier").text)
        given = part.kind("cte_column_list")
        names = [plain(n.text) for n in given.tokens() if _identifier(n)] if given else []
        part.need_words("AS")
        body = part.need("bracketed")
        part.done()
        inner = Walk(body)
        inner.need("start_bracket")
        statement = inner.skip()
        inner.need("end_bracket")
        inner.done()
        if recursion.mentions(statement, name):
            recursive = True
            first, member = recursion.members(statement, name)
            anchor = query(first, context, outer)
            columns = derived_columns(anchor[1], names, node)
            text, outputs = recursion.recursive_sql(
                name, anchor, columns, member, context, outer, query, recursion.rounds(walk.node)
            )
            columns = derived_columns(outputs, names, node)
            listed = recursion.listed(columns)
        else:
            text, outputs = query(statement, context, outer)
            columns = derived_columns(outputs, names, node)
            listed = ", ".join(column.sql for column in columns)
        context.common[fold(name)] = columns
        definitions.append(f"{quote(fold(name))} ({listed}) AS ({text})")
    return f"WITH {'RECURSIVE ' if recursive else ''}{', '.join(definitions)} "


def _identifier(node: Node) -> bool:
    return node.kind in ("naked_identifier", "quoted_identifier")


def derived_columns(outputs: list[Output], names: list[str], node: Node) -> tuple[Column, ...]:
    """The columns that a derived table shows."""
    keys = [output.name for output in outputs if output.name.startswith("~key")]
    names = [*names, *keys] if names else names
    if names and len(names) != len(outputs):
        raise Refused(
            8158,
            f"'{names[0]}' has {'fewer' if len(names) < len(outputs) else 'more'} columns than "
            "were specified in the column list.",
            line=node.line,
        )
    chosen = names or [output.name for output in outputs]
    if not all(chosen):
        place = chosen.index("") + 1
        raise Refused(8155, f"No column name was specified for column {place}.", line=node.line)
    return tuple(
        Column(
            name,
            output.type,
            collation=output.column.collation if output.column else None,
            loose=output.loose,
        )
        for name, output in zip(chosen, outputs, strict=True)
    )
