"""WHERE CURRENT OF: the row of a table that a cursor stands on, told by its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import aggregates, evaluate
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.names import ObjectName, bracket, parts, plain
from sandbox.azuresql.tsql.scope import Column, Relation
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.cursors import Cursor
    from sandbox.azuresql.tsql.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Key:
    """The table under a cursor, and the columns that tell its rows apart: the query's last ones."""

    relation: Relation
    columns: tuple[Column, ...]


async def keyed(interpreter: Interpreter, cursor: Cursor) -> tuple[Node, Key | None]:
    """The cursor's query with the key as hidden columns; as it is where the cursor only reads."""
    query = cursor.query
    fixed = {"STATIC", "INSENSITIVE", "FAST_FORWARD", "READ_ONLY", "READ"}
    element = _only_table(query) if not cursor.options & fixed else None
    reference = next(element.all("table_reference"), None) if element is not None else None
    if element is None or reference is None:
        return query, None
    relations = await evaluate.load(interpreter.session, query, cursor.frame)
    relation = relations.get(ObjectName.of(reference).key)
    if relation is None or not relation.key or relation.kind != "U":
        return query, None
    columns = tuple(c for c in relation.columns if c.sql in relation.key)
    alias = element.find("alias_expression")
    called = plain(list(alias.tokens())[-1].text) if alias is not None else parts(reference)[-1]
    return _extended(query, called, columns), Key(relation, columns)


def _only_table(query: Node) -> Node | None:
    """The single table of a plain SELECT."""
    if query.kind != "select_statement" or query.find("groupby_clause") is not None:
        return None
    names = {name.text.upper() for name in query.all("function_name")}
    if query.children[0].find("select_clause_modifier") or names & set(aggregates.NAMES):
        return None
    elements = list(query.all("from_expression_element"))
    return elements[0] if len(elements) == 1 else None


def _extended(query: Node, alias: str, columns: tuple[Column, ...]) -> Node:
    """The query with these columns of the table at the end; the same node each time."""
    known: Node | None = query.memory.get("keyed")
    if known is not None:
        return known
    clause, *rest = query.children
    more: list[Node] = []
    for column in columns:
        names = [_identifier(alias), Node("dot", ".", query.line), _identifier(column.name)]
        reference = Node("column_reference", "", query.line, names)
        more.append(Node("comma", ",", query.line))
        more.append(Node("select_clause_element", "", query.line, [reference]))
    select = Node(clause.kind, clause.text, clause.line, [*clause.children, *more])
    found = Node(query.kind, query.text, query.line, [select, *rest], query.start, query.end)
    query.memory["keyed"] = found
    return found


def _identifier(name: str) -> Node:
    return Node("quoted_identifier", bracket(name), 1)


def located(node: Node, condition: Node, cursor: Cursor, frame: Frame) -> Node:
    """The UPDATE or DELETE with the current row's key in place of CURRENT OF.

    Raises Refused 16929, 16931 and 16933.
    """
    key, row = cursor.key, cursor.row
    if key is None:
        raise Refused(16929, "The cursor is READ ONLY.", line=node.line)
    if row is None:
        text = "There are no rows in the current fetch buffer."
        raise Refused(16931, text, line=node.line)
    reference = next(node.all("table_reference"), None)
    if reference is None or ObjectName.of(reference).key != (
        key.relation.schema.lower(),
        key.relation.name.lower(),
    ):
        raise Refused(
            16933,
            "The cursor does not include the table being modified or the table is not updatable "
            "through the cursor.",
            line=node.line,
        )
    for place, column in enumerate(key.columns):
        assert column.type is not None
        data = row[len(row) - len(key.columns) + place]
        frame.variables[f"@~{place}"] = Variable(column.type, data)
    found: Node | None = node.memory.get("located")
    if found is None:
        where = _where(key, condition)
        children = [where if child is condition else child for child in node.children]
        found = Node(node.kind, node.text, node.line, children, node.start, node.end)
        node.memory["located"] = found
    return found


def _where(key: Key, condition: Node) -> Node:
    line = condition.line
    terms: list[Node] = []
    for place, column in enumerate(key.columns):
        equals = Node("raw_comparison_operator", "=", line)
        terms += [Node("binary_operator", "AND", line)] if place else []
        terms += [
            Node("column_reference", "", line, [_identifier(column.name)]),
            Node("comparison_operator", "=", line, [equals]),
            Node("parameter", f"@~{place}", line),
        ]
    expression = Node("expression", "", line, terms)
    return Node("where_clause", "", line, [Node("keyword", "WHERE", line), expression])
