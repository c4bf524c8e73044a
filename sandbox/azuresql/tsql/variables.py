"""DECLARE and SET of variables."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql import alias_types, ddl, evaluate, refusal
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def declare(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DECLARE @x type = value, …` or `DECLARE @t TABLE (…)`."""
    walk = Walk(node)
    walk.need_words("DECLARE")
    while (name_node := walk.kind("parameter")) is not None:
        name = name_node.text.lower()
        walk.words("AS")
        if walk.words("TABLE"):
            await ddl.table_variable(interpreter, name_node, walk.need("bracketed"), frame)
        else:
            aliases = await alias_types.load(interpreter.session, node)
            type, _ = alias_types.read(walk.need("data_type"), aliases)
            if name in frame.variables:
                raise Refused(
                    134,
                    f"The variable name '{name_node.text}' has already been declared. Variable "
                    "names must be unique within a query batch or stored procedure.",
                    15,
                    2,
                    name_node.line,
                )
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


async def set_variable(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SET @x = value`, `SET @x += value`."""
    walk = Walk(node)
    walk.need_words("SET")
    name_node = walk.need("parameter")
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
