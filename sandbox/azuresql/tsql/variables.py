"""DECLARE and SET of variables."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result, SqlType
from sandbox.azuresql.tsql import alias_types, cursors, ddl, evaluate, refusal
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_NO_TYPE: Final = 2715


async def declare(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DECLARE @x type = value, …` or `DECLARE @t TABLE (…)`."""
    if node.children[1].kind != "parameter":
        async for result in cursors.declare(interpreter, node, frame):
            yield result
        return
    walk = Walk(node)
    walk.need_words("DECLARE")
    while (name_node := walk.kind("parameter")) is not None:
        name = name_node.text.lower()
        walk.words("AS")
        if walk.words("TABLE"):
            columns = walk.need("bracketed")
            if _fresh(name_node, frame):
                await ddl.table_variable(interpreter, name, columns, frame)
        elif walk.here is not None and walk.here.word == "CURSOR":
            walk.skip()
            if _fresh(name_node, frame):
                frame.cursors[name] = None
        elif type := await _type(interpreter, walk.need("data_type"), name_node, node, frame):
            if _fresh(name_node, frame):
                frame.variables[name] = Variable(type)
            if walk.kind("comparison_operator", "raw_comparison_operator", "assignment_operator"):
                initial = walk.skip()
                frame.variables[name].data = await evaluate.value(
                    interpreter.session, [initial], node, frame, type
                )
        if not walk.kind("comma"):
            break
    walk.done()
    return
    yield Done()


async def _type(
    interpreter: Interpreter, node: Node, name: Node, owner: Node, frame: Frame
) -> SqlType | None:
    """A scalar's type; None for a table type, of which a variable is made. Raises Refused 2715."""
    try:
        aliases = await alias_types.load(interpreter.session, owner)
        return alias_types.read(node, aliases)[0]
    except Refused as refused:
        if refused.notice.number != _NO_TYPE:
            raise
        fresh = _fresh(name, frame)
        if fresh and not await ddl.typed_variable(
            interpreter, name.text.lower(), ObjectName.of(node), frame
        ):
            raise
        return None


def _fresh(name: Node, frame: Frame) -> bool:
    """Whether the variable is new: a loop that comes by again makes none.

    Raises Refused 134 when another place declares it.
    """
    folded = name.text.lower()
    known = frame.declared.get(folded)
    exists = any(folded in known for known in (frame.variables, frame.tables, frame.cursors))
    if known is None and not exists:
        frame.declared[folded] = name
    elif known is not name:
        raise Refused(
            134,
            f"The variable name '{name.text}' has already been declared. Variable names must be "
            "unique within a query batch or stored procedure.",
            15,
            2,
            name.line,
        )
    return not exists


async def set_variable(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SET @x = value`, `SET @x += value`."""
    walk = Walk(node)
    walk.need_words("SET")
    name_node = walk.need("parameter")
    if name_node.text.lower() in frame.cursors:
        async for result in cursors.assign(interpreter, name_node, node.children[-1], frame):
            yield result
        return
    variable = frame.variables.get(name_node.text.lower())
    if variable is None:
        raise refusal.no_variable(name_node.text, node.line)
    operator = walk.need("assignment_operator", "comparison_operator", "raw_comparison_operator")
    sign = "".join(token.text for token in operator.tokens())
    nodes = walk.rest
    if sign != "=":
        nodes = [name_node, Node("binary_operator", sign[:-1], node.line), *nodes]
    variable.data = await evaluate.value(interpreter.session, nodes, node, frame, variable.type)
    interpreter.session.state.rowcount = 1
    return
    yield Done()
