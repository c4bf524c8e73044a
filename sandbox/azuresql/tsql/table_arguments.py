"""Table-valued parameters of procedures: their declarations, and tables passed for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import changes, refusal
from sandbox.azuresql.tsql.calls import Argument
from sandbox.azuresql.tsql.ddl.table_types import typed_variable
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_CHANGES = ("insert_statement", "update_statement", "delete_statement", "merge_statement")


def declared(listed: Node) -> dict[str, ObjectName]:
    """The table types of a parameter list's READONLY parameters, by their names (`@x`)."""
    bracketed = listed.find("bracketed")
    children = (listed if bracketed is None else bracketed).children
    found: dict[str, ObjectName] = {}
    name, type = "", None
    for child in children:
        if child.kind == "parameter":
            name = child.text.lower()
        elif child.kind == "data_type":
            type = child
        elif child.word == "READONLY" and type is not None:
            found[name] = ObjectName.of(type)
    return found


def check(listed: Node, body: Node) -> None:
    """Raises Refused 10700 for a body that changes a table-valued parameter."""
    tables = declared(listed)
    for statement in body.all(*_CHANGES) if tables else ():
        target = next((t for t in statement.tokens() if t.kind == "parameter"), None)
        table = statement.find("table_reference") or statement.find("parameter")
        if target is None or table is None or next(table.tokens()) is not target:
            continue
        if target.text.lower() in tables:
            raise changes.readonly(target.text, target.line)


async def give(
    interpreter: Interpreter, listed: Node, given: Mapping[str, Argument], frame: Frame
) -> None:
    """The frame's tables are those of the call, empty ones where the call has none.

    Raises Refused 206 for a value of another type.
    """
    for name, type in declared(listed).items():
        argument = given.get(name)
        table = argument.table if argument is not None else None
        if table is not None and table.type == type.key:
            frame.tables[name] = table
        elif argument is not None and not argument.default:
            shown = "table" if table is not None else argument.type.name
            text = f"Operand type clash: {shown} is incompatible with {type.name}"
            raise Refused(206, text, state=2)
        elif not await typed_variable(interpreter, name, type, frame):
            raise refusal.unknown(listed)
        frame.readonly.add(name)
