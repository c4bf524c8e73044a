"""Labels and GOTO: a jump to a label of the block that it stands in, or of one around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.frame import Frame, Jumped
from sandbox.azuresql.tsql.names import fold, plain
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

Fault = Callable[[], Refused]
"""Makes the error anew: a tree is shared by the sessions that run its text."""

_LABEL: Final = "label_segment"


async def goto(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`GOTO label`. An empty loop of jumps leaves others their turn, and hears an attention."""
    await asyncio.sleep(0)
    raise Jumped(_name(node.children[-1]))
    yield Done()


async def label(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`label:`, which does nothing."""
    return
    yield Done()


def place(nodes: Sequence[Node], wanted: str) -> int | None:
    """Which of a block's statements is the label."""
    return next((at for at, node in enumerate(nodes) if wanted in _here(node)), None)


def faults(batch: Node) -> Iterator[Fault]:
    """Errors 132 and 133, and jumps that are not known here: into a block."""
    jumps = next(batch.all("goto_statement"), None)
    declared = [] if jumps is None else list(batch.all(_LABEL))
    seen: set[str] = set()
    for node in declared:
        if _name(node.children[0]) in seen:
            yield partial(_repeated, node)
        seen.add(_name(node.children[0]))
    if jumps is not None:
        yield from _jumps(batch, frozenset(), seen)


def _jumps(node: Node, visible: frozenset[str], declared: set[str]) -> Iterator[Fault]:
    if node.kind == "goto_statement":
        wanted = _name(node.children[-1])
        if wanted not in declared:
            yield partial(_undeclared, node)
        elif wanted not in visible:
            yield partial(refusal.unknown, node, "a jump into a block")
        return
    within = visible.union(*map(_here, node.children))
    for child in node.children:
        yield from _jumps(child, within, declared)


def _repeated(node: Node) -> Refused:
    return Refused(
        132,
        f"The label '{plain(node.children[0].text)}' has already been declared. Label names must "
        "be unique within a query batch or stored procedure.",
        15,
        line=node.line,
    )


def _undeclared(node: Node) -> Refused:
    return Refused(
        133,
        f"A GOTO statement references the label '{plain(node.children[-1].text)}' but the label "
        "has not been declared.",
        15,
        line=node.line,
    )


def _here(node: Node) -> set[str]:
    """The label that a block's child is."""
    if node.kind != "statement" or not node.children or node.children[0].kind != _LABEL:
        return set()
    return {_name(node.children[0].children[0])}


def _name(node: Node) -> str:
    return fold(plain(node.text))
