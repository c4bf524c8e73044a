"""PIVOT and UNPIVOT: a source in FROM turned into another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import aggregates, refusal
from sandbox.azuresql.tsql.expression import collated, comparable, text_literal
from sandbox.azuresql.tsql.expressions import Expressions
from sandbox.azuresql.tsql.names import fold, literal, parts, quote
from sandbox.azuresql.tsql.scope import Column, Source
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

_NAME: Final = SqlType("nvarchar", 128)
_AGGREGATES: Final = frozenset({"COUNT", "COUNT_BIG", "SUM", "AVG", "MIN", "MAX"})


@dataclass(frozen=True, slots=True)
class _Clause:
    """`word (first FOR column IN (names)) AS alias`."""

    word: str
    first: Node
    column: Node
    names: list[str]
    alias: str


def turned(node: Node, text: str, source: Source, expressions: Expressions) -> tuple[str, Source]:
    """The item of FROM that stands for `text`, whose columns are the source's.

    `expressions` must see the source.
    """
    clause = _read(node)
    if clause.word == "PIVOT":
        return _pivot(clause, text, source, expressions)
    return _unpivot(clause, text, source, expressions)


def _read(node: Node) -> _Clause:
    walk = Walk(node)
    word = walk.any_word("PIVOT", "UNPIVOT") or ""
    inner = Walk(walk.need("bracketed"))
    walk.words("AS")
    alias = walk.need("table_reference", "alias_expression")
    walk.done()
    inner.need("start_bracket")
    first = inner.need("function", "column_reference")
    inner.need_words("FOR")
    column = inner.need("column_reference")
    inner.need_words("IN")
    names = [parts(name)[-1] for (name,) in listed(inner.need("bracketed"))]
    inner.need("end_bracket")
    inner.done()
    return _Clause(word, first, column, names, parts(alias)[-1])


def _pivot(
    clause: _Clause, text: str, source: Source, expressions: Expressions
) -> tuple[str, Source]:
    """One row for each group of the columns that the clause does not name."""
    call = clause.first
    name = parts(call.children[0])[-1].upper()
    groups = listed(call.children[1].children[0]) if len(call.children) == 2 else []
    if name not in _AGGREGATES or len(groups) != 1 or groups[0][0].word in ("DISTINCT", "ALL"):
        raise refusal.unknown(call, "PIVOT")
    value = expressions.value(groups[0], call)
    spread = expressions.value([clause.column], clause.column)
    used = {fold(parts(reference)[-1]) for reference in call.all("column_reference")}
    used.add(fold(parts(clause.column)[-1]))
    kept = [column for column in source.columns if fold(column.name) not in used]
    columns = list(kept)
    collation = expressions.context.default_collation
    items = [f"{source.sql}.{column.sql}" for column in kept]
    for given in clause.names:
        left, right = comparable(spread, text_literal(given, True), collation)
        inner = f"CASE WHEN {left} = {right} THEN {collated(value, collation)} END"
        item, type = aggregates.typed(name, inner, [value], "", "", call)
        items.append(item)
        columns.append(Column(given, type))
    grouped = ", ".join(f"{source.sql}.{column.sql}" for column in kept)
    tail = f" GROUP BY {grouped}" if grouped else ""
    return _item(clause, f"SELECT {', '.join(items)} FROM {text}{tail}", columns)


def _unpivot(
    clause: _Clause, text: str, source: Source, expressions: Expressions
) -> tuple[str, Source]:
    """One row for each of the named columns that is not NULL."""
    given = [expressions.scope.resolve([name], clause.first)[1] for name in clause.names]
    first = given[0]
    for column in given:
        if column.type != first.type:
            raise Refused(
                8167,
                f'The type of column "{column.name}" conflicts with the type of other columns '
                "specified in the UNPIVOT list.",
                line=clause.first.line,
            )
    turned_away = {fold(column.name) for column in given}
    kept = [column for column in source.columns if fold(column.name) not in turned_away]
    columns = [
        *kept,
        Column(parts(clause.first)[-1], first.type, collation=first.collation),
        Column(parts(clause.column)[-1], _NAME),
    ]
    cells = ", ".join(
        f"({source.sql}.{column.sql}, {literal(column.name)}::sys.nvarchar)" for column in given
    )
    items = [f"{source.sql}.{column.sql}" for column in kept] + ['"~u"."value"', '"~u"."name"']
    query = (
        f'SELECT {", ".join(items)} FROM {text} CROSS JOIN LATERAL (VALUES {cells}) AS "~u" '
        '("value", "name") WHERE "~u"."value" IS NOT NULL'
    )
    return _item(clause, query, columns)


def _item(clause: _Clause, query: str, columns: list[Column]) -> tuple[str, Source]:
    shown = quote(fold(clause.alias))
    names = ", ".join(column.sql for column in columns)
    item = f"LATERAL ({query}) AS {shown} ({names})"
    return item, Source(clause.alias, shown, tuple(columns))
