"""What gives rows in FROM without a table: VALUES, and the functions of the language."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.expression import Expression, given, unify
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import fold, parts, quote
from sandbox.azuresql.tsql.scope import Column, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import listed


def values(
    node: Node, alias: str, names: list[str], expressions: Expressions
) -> tuple[str, Source]:
    """`(VALUES (…), (…)) AS alias (names)`."""
    rows = [
        [expressions.value(group, row) for group in listed(row)]
        for row in node.children
        if row.kind == "bracketed"
    ]
    columns: list[Column] = []
    texts: list[list[str]] = [[] for _ in rows]
    for place, name in enumerate(names):
        cells, type = unify([row[place] for row in rows])
        loose = type is not None and type.name in types.STRINGS
        loose = loose and not given(row[place] for row in rows)
        columns.append(Column(name, type, loose=loose))
        for line, cell, value in zip(texts, cells, (row[place] for row in rows), strict=True):
            opened = value.open and type is not None
            line.append(f"{cell}::{types.bare(type)}" if opened and type else cell)
    shown = quote(fold(alias))
    body = ", ".join(f"({', '.join(line)})" for line in texts)
    listed_names = ", ".join(column.sql for column in columns)
    return f"(VALUES {body}) AS {shown} ({listed_names})", Source(alias, shown, tuple(columns))


def function(
    node: Node, alias: str, names: list[str], expressions: Expressions
) -> tuple[str, Source]:
    """A call of one of the functions below, with its columns."""
    name_node, contents = node.children[0], node.children[1]
    name = parts(name_node)[-1].upper()
    bracketed = contents.children[0]
    arguments = [expressions.value(group, bracketed) for group in listed(bracketed)]
    found = _ROW_FUNCTIONS.get(name)
    if found is None or len(arguments) not in found[1]:
        raise refusal.unknown(node)
    function, _, columns = found
    columns = given_names(columns, names)
    shown = quote(fold(alias or name))
    listed_names = ", ".join(column.sql for column in columns)
    if name == "STRING_SPLIT":
        arguments = [
            Expression(f"{argument.wrapped}::text") if place < 2 else argument
            for place, argument in enumerate(arguments)
        ]
        ordinal = arguments[2].text if len(arguments) == 3 else "0"
        if ordinal not in ("0", "1"):
            raise refusal.unknown(node)
        arguments = arguments[: 2 + int(ordinal)]
        if ordinal == "1":
            columns = (*columns, Column("ordinal", SqlType("bigint")))[: len(names) or 2]
            listed_names = ", ".join(column.sql for column in columns)
    call = f"{function}({', '.join(argument.text for argument in arguments)})"
    return f"{call} AS {shown} ({listed_names})", Source(alias or name, shown, columns)


def given_names(columns: tuple[Column, ...], names: list[str]) -> tuple[Column, ...]:
    """The columns under the names of an alias's list, if there is one."""
    return (
        tuple(replace(column, name=name) for name, column in zip(names, columns, strict=False))
        or columns
    )


_TEXT: Final = SqlType("nvarchar", -1)
_ROW_FUNCTIONS: Final = {
    "STRING_SPLIT": ("sys.string_split", (2, 3), (Column("value", _TEXT, loose=True),)),
    "GENERATE_SERIES": (
        "pg_catalog.generate_series",
        (2, 3),
        (Column("value", SqlType("bigint")),),
    ),
    "OPENJSON": (
        "sys.openjson",
        (1, 2),
        (
            Column("key", SqlType("nvarchar", 4000)),
            Column("value", _TEXT, loose=True),
            Column("type", SqlType("int")),
        ),
    ),
}
