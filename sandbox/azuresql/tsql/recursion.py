"""Recursive common table expressions: every row counts the rounds that made it, up to a limit."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.combining import fitted, merged
from sandbox.azuresql.tsql.conditions import Queries
from sandbox.azuresql.tsql.names import fold, parts, plain, quote
from sandbox.azuresql.tsql.scope import Column, Context, Output, Scope
from sandbox.azuresql.tsql.tree import Node

_ROUND: Final = Column("~round", SqlType("int"))
"""The hidden column of a recursive table."""

_DEFAULT: Final = 100
_MOST: Final = 32767


def rounds(statement: Node) -> int:
    """MAXRECURSION of the statement's OPTION clause; 0 is no limit. Raises Refused 310."""
    for hint in statement.all("query_hint_segment"):
        words = list(hint.tokens())
        if words[0].word == "MAXRECURSION":
            limit = int(words[-1].text)
            if limit > _MOST:
                raise Refused(
                    310,
                    f"The value {limit} specified for the MAXRECURSION option exceeds the allowed "
                    f"maximum of {_MOST}.",
                    15,
                    line=hint.line,
                )
            return limit
    return _DEFAULT


def mentions(statement: Node, name: str) -> bool:
    """Whether a query reads the table expression that it defines."""
    return any(_is(reference, name) for reference in statement.all("table_reference"))


def members(statement: Node, name: str) -> tuple[Node, Node]:
    """The anchor and the recursive member. Raises Refused 246, 252."""
    children = statement.children if statement.kind == "set_expression" else []
    queries = [at for at, child in enumerate(children) if child.kind != "set_operator"]
    recursive = [at for at in queries if mentions(children[at], name)]
    if not recursive or [t.word for t in children[recursive[0] - 1].tokens()] != ["UNION", "ALL"]:
        if recursive == [0]:
            text = f'No anchor member was specified for recursive query "{name}".'
            raise Refused(246, text, line=statement.line)
        raise Refused(
            252,
            f"Recursive common table expression '{name}' does not contain a top-level UNION ALL "
            "operator.",
            line=statement.line,
        )
    if recursive[0] != queries[-1]:
        raise refusal.unknown(children[queries[-1]], "a second recursive member")
    anchors = children[: recursive[0] - 1]
    anchor = Node("set_expression", statement.text, statement.line, anchors)
    return anchors[0] if len(anchors) == 1 else anchor, children[recursive[0]]


def recursive_sql(
    name: str,
    anchor: tuple[str, list[Output]],
    columns: tuple[Column, ...],
    member: Node,
    context: Context,
    outer: Scope | None,
    query: Queries,
    limit: int,
) -> tuple[str, list[Output]]:
    """The table's query, its columns and the hidden one, and what it shows."""
    context.common[fold(name)] = (*columns, _ROUND)
    text, outputs = query(_counting(member, name), context, outer)
    shown = [output for output in outputs if output.name != _ROUND.name]
    places = [quote(str(place)) for place in range(len(outputs))]
    chosen = [place for place, output in zip(places, outputs, strict=True) if output in shown]
    both = merged(anchor[1], shown, member)
    own = f'SELECT {", ".join(chosen)} FROM ({text}) AS "~member" ({", ".join(places)})'
    if fitted(own, shown, both) != own or fitted(*anchor, both) != anchor[0]:
        raise Refused(
            240,
            "Types don't match between the anchor and the recursive part of recursive query "
            f'"{name}".',
            line=member.line,
        )
    return (
        f'SELECT "~anchor".*, 0 FROM ({anchor[0]}) AS "~anchor" UNION ALL '
        f"SELECT {', '.join([*chosen, f'store.round({places[-1]}, {limit})'])} "
        f'FROM ({text}) AS "~member" ({", ".join(places)})'
    ), both


def listed(columns: tuple[Column, ...]) -> str:
    """The columns of the table's definition."""
    return ", ".join(column.sql for column in (*columns, _ROUND))


def _counting(member: Node, name: str) -> Node:
    """The recursive member with the hidden column as its last."""
    alias = _alias(member, name)
    names = [
        Node("quoted_identifier", text, member.line)
        for text in (f"[{alias.replace(']', ']]')}]", f"[{_ROUND.name}]")
    ]
    names.insert(1, Node("dot", ".", member.line))
    reference = Node("column_reference", "", member.line, names)
    element = Node("select_clause_element", "", member.line, [reference])
    clause, *rest = member.children
    more = [*clause.children, Node("comma", ",", member.line), element]
    select = Node(clause.kind, clause.text, clause.line, more)
    return Node(member.kind, member.text, member.line, [select, *rest])


def _alias(member: Node, name: str) -> str:
    """What the member calls the table."""
    if member.kind != "select_statement":
        raise refusal.unknown(member, "a recursive member")
    for element in member.all("from_expression_element"):
        table = element.find("table_expression")
        reference = table.find("table_reference") if table is not None else None
        if reference is not None and _is(reference, name):
            alias = element.find("alias_expression")
            return plain(list(alias.tokens())[-1].text) if alias is not None else name
    raise refusal.unknown(member, "a recursive member")


def _is(reference: Node, name: str) -> bool:
    return [fold(part) for part in parts(reference)] == [fold(name)]
