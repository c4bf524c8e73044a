"""Where a statement may stand in its batch."""

from __future__ import annotations

from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.tree import Node

_ALONE: Final = {
    "create_procedure_statement": ("CREATE/ALTER", "PROCEDURE"),
    "create_function_statement": ("CREATE", "FUNCTION"),
    "create_view_statement": ("CREATE", "VIEW"),
    "alter_view_statement": ("ALTER", "VIEW"),
    "create_trigger": ("CREATE", "TRIGGER"),
    "create_schema_statement": ("CREATE", "SCHEMA"),
}


def check(batch: Node) -> None:
    """Raises Refused 111 for a definition that must stand alone and does not."""
    misplaced = batch.memory.get("misplaced")
    if misplaced is None:
        first = batch.children[0].children[0] if batch.children[0].children else None
        misplaced = [node for node in batch.all(*_ALONE) if node is not first]
        batch.memory["misplaced"] = misplaced
    if misplaced:
        node = misplaced[0]
        words = " ".join(_ALONE[node.kind])
        text = f"'{words}' must be the first statement in a query batch."
        raise Refused(111, text, 15, line=node.line)
