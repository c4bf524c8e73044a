"""What is wrong with a batch as a whole: found before its first statement runs."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql import labels
from sandbox.azuresql.tsql.tree import Node, near

_ALONE: Final = {
    "create_procedure_statement": ("CREATE/ALTER", "PROCEDURE"),
    "create_function_statement": ("CREATE", "FUNCTION"),
    "create_view_statement": ("CREATE", "VIEW"),
    "alter_view_statement": ("ALTER", "VIEW"),
    "create_trigger": ("CREATE", "TRIGGER"),
    "create_schema_statement": ("CREATE", "SCHEMA"),
}


def check(batch: Node) -> None:
    """Raises Refused: 102 for a call without EXECUTE that does not begin the batch, 111 for a
    definition that does not stand alone, 132 and 133 for labels.
    """
    faults = batch.memory.get("faults")
    if faults is None:
        faults = batch.memory["faults"] = list(_faults(batch))
    if faults:
        raise faults[0]()


def _faults(batch: Node) -> Iterator[labels.Fault]:
    statements = batch.children[0].children if batch.children else []
    first = statements[0] if statements else None
    for node in batch.all("execute_script_statement"):
        if node is not first and node.children[0].kind == "object_reference":
            yield partial(near, node.text.split()[0], node.line)
    for node in batch.all(*_ALONE):
        if node is not first:
            yield partial(_misplaced, node)
    yield from labels.faults(batch)


def _misplaced(node: Node) -> Refused:
    words = " ".join(_ALONE[node.kind])
    text = f"'{words}' must be the first statement in a query batch."
    return Refused(111, text, 15, line=node.line)
