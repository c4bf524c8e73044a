"""CREATE and ALTER FUNCTION: scalar ones become functions of PostgreSQL, inline ones stay text."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import evaluate, modules, queries, refusal, routines, signatures, types
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.modules import (
    keep,
    module_options,
    parameter_rows,
    verb_of,
)
from sandbox.azuresql.tsql.derived import derived_columns
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.names import ObjectName, literal, quote
from sandbox.azuresql.tsql.scope import Context, Output, Scope
from sandbox.azuresql.tsql.signatures import Signature
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def create_function(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """Scalar and inline table functions; one with a table of its own is refused."""
    walk = Walk(node)
    verb = verb_of(walk)
    walk.need_words("FUNCTION")
    name = ObjectName.of(walk.need("object_reference"))
    signature = signatures.signature(node)
    options = node.find("function_option_segment")
    if options is not None:
        rest = Walk(options)
        rest.need_words("WITH")
        module_options(rest)
        rest.done()
    inner = Frame({d.name.lower(): Variable(d.type) for d in signature.parameters})
    if signature.result is None:
        await _check_inline(interpreter, node, inner)
        rows = parameter_rows(name, signature.parameters, None)
        async for result in keep(interpreter, node, name, modules.INLINE, verb, after=rows):
            yield result
        return

    def make(context: Context) -> str:
        return scalar_sql(name, signature, context, node)

    text, _ = await evaluate.translate(interpreter.session, node, inner, make, "function")
    found = (await modules.load(interpreter.session)).find(name, modules.SCALAR)
    before = [f"DROP FUNCTION {name.sql}"] if found is not None else []
    rows = parameter_rows(name, signature.parameters, signature.result)
    await running.schema_exists(interpreter, name, node)
    async for result in keep(
        interpreter, node, name, modules.SCALAR, verb, before=before, after=[*rows, text]
    ):
        yield result


def scalar_sql(name: ObjectName, signature: Signature, context: Context, node: Node) -> str:
    """CREATE FUNCTION in PL/pgSQL."""
    assert signature.result is not None
    body = routines.body(node, signature, context)
    given = ", ".join(f"{quote(d.name.lower())} {types.bare(d.type)}" for d in signature.parameters)
    return (
        f"CREATE FUNCTION {name.sql}({given}) RETURNS {types.bare(signature.result)} "
        f"LANGUAGE plpgsql STABLE AS {literal(body)}"
    )


async def _check_inline(interpreter: Interpreter, node: Node, frame: Frame) -> None:
    query = signatures.inline_query(node)

    def make(context: Context) -> tuple[str, list[Output]]:
        return queries.query(query, context, Scope())

    (_, outputs), context = await evaluate.translate(
        interpreter.session, query, frame, make, "inline"
    )
    if any(name.startswith("@@") for name in context.parameters):
        raise refusal.unknown(query, "an inline function")
    try:
        derived_columns(outputs, [], node)
    except Refused as refused:
        refused.notice.number = 4514
        raise
