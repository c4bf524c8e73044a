"""INSERT as one PostgreSQL statement."""

from __future__ import annotations

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import held_keys, queries
from sandbox.azuresql.tsql.changes import (
    Change,
    assigned,
    insert_columns,
    suggest,
    table_hints,
    target_of,
    top_rows,
)
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.returning import output_clause
from sandbox.azuresql.tsql.scope import Column, Context, Relation, Scope, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed


def insert(node: Node, context: Context, prefix: str = "") -> Change:
    """`INSERT INTO t (…) OUTPUT … VALUES | SELECT | DEFAULT VALUES`."""
    walk = Walk(node)
    walk.need_words("INSERT")
    top = top_rows(walk, context)
    walk.words("INTO")
    name, relation = target_of(walk.need("table_reference", "parameter"), context)
    context.require("INSERT", name)
    words = [word for word in table_hints(walk) if word == "TABLOCKX"]
    held_keys.of_change(words, Source("", "", ()), relation, context)
    given = walk.kind("bracketed")
    columns, listed_columns = insert_columns(given, relation)
    output = output_clause(walk, context, relation, Scope(), "INSERT")
    into = f"INSERT INTO {relation.sql}"
    names = ", ".join(column.sql for column in columns)
    if walk.words("DEFAULT", "VALUES"):
        body = "DEFAULT VALUES"
    else:
        source = walk.skip()
        body = f"({names}) "
        body += _rows(source, columns, relation, context, top, node, listed_columns)
    queries.options(walk)
    walk.done()
    identity = relation.identity
    return Change(
        prefix + output.around(f"{into} {body}")
        if not output.into
        else output.around(f"{prefix}{into} {body}"),
        relation,
        output.shown,
        identity is not None and identity in columns,
        listed_columns,
    )


def _rows(
    source: Node,
    columns: list[Column],
    relation: Relation,
    context: Context,
    top: str,
    node: Node,
    listed: bool,
) -> str:
    if source.kind == "values_clause":
        return _values(source, columns, relation, context, listed)
    text, outputs = queries.query(source, context, None)
    if len(outputs) != len(columns) and not listed:
        _unlisted_identity(len(outputs), columns, relation, node)
        raise Refused(
            213,
            "Column name or number of supplied values does not match table definition.",
            line=node.line,
        )
    if len(outputs) != len(columns):
        more = len(outputs) > len(columns)
        raise Refused(
            121 if more else 120,
            f"The select list for the INSERT statement contains {'more' if more else 'fewer'} "
            "items than the insert list. The number of SELECT values must match the number of "
            "INSERT columns.",
            15,
            line=node.line,
        )
    return f"SELECT * FROM ({text}) AS s LIMIT {top}" if top else text


def _unlisted_identity(count: int, columns: list[Column], relation: Relation, node: Node) -> None:
    """Raises Refused 8101 where a value too many is one for the identity."""
    if relation.identity is not None and count == len(columns) + 1:
        raise Refused(
            8101,
            f"An explicit value for the identity column in table '{relation.name}' can only be "
            "specified when a column list is used and IDENTITY_INSERT is ON.",
            line=node.line,
        )


def _values(
    node: Node, columns: list[Column], relation: Relation, context: Context, listed_columns: bool
) -> str:
    expressions = Expressions(context, Scope(), queries.query)
    walk = Walk(node)
    walk.need_words("VALUES")
    rows: list[str] = []
    while (row := walk.kind("bracketed", "comma")) is not None:
        if row.kind == "comma":
            continue
        groups = listed(row)
        if len(groups) != len(columns) and not listed_columns:
            _unlisted_identity(len(groups), columns, relation, row)
            raise Refused(
                213,
                "Column name or number of supplied values does not match table definition.",
                line=row.line,
            )
        if len(groups) != len(columns):
            raise Refused(
                110 if len(groups) > len(columns) else 109,
                "The number of columns in the INSERT statement does not match the number of "
                "values specified in the VALUES clause.",
                15,
                line=row.line,
            )
        expressions.numbered.clear()
        cells = [
            _cell(group, column, expressions, row)
            for group, column in zip(groups, columns, strict=True)
        ]
        rows.append(f"({', '.join(cells)})")
    walk.done()
    if len(rows) > 1000:
        raise Refused(
            10738,
            "The number of row value expressions in the INSERT statement exceeds the maximum "
            "allowed number of 1000 row values.",
            15,
            line=node.line,
        )
    return "VALUES " + ", ".join(rows)


def _cell(group: list[Node], column: Column, expressions: Expressions, row: Node) -> str:
    only = group[0]
    while only.kind == "expression" and len(only.children) == 1:
        only = only.children[0]
    if len(group) == 1 and only.word == "DEFAULT" and only.kind == "keyword":
        return "DEFAULT"
    suggest(expressions.context, only, column)
    return assigned(expressions.value(group, row), column)
