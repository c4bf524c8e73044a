"""Where a semicolon must stand: behind MERGE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.tree import Node


def check(root: Node) -> None:
    """Raises Refused 10713 for a MERGE, anywhere in the text, that no semicolon ends."""
    if "MERGE" in root.word:
        _check(root, root.line)


def _check(node: Node, line: int) -> None:
    for place, child in enumerate(node.children):
        if _last(child).kind == "merge_statement" and child.kind == "statement":
            following = node.children[place + 1 : place + 2]
            if not following or following[0].kind != "statement_terminator":
                text = "A MERGE statement must be terminated by a semi-colon (;)."
                raise Refused(10713, text, 15, 1, child.line or line)
        else:
            _check(child, line)


def _last(statement: Node) -> Node:
    """What the statement does, behind its common table expressions."""
    node = statement
    while node.children and node.kind in ("statement", "with_compound_statement"):
        node = node.children[-1]
    return node
