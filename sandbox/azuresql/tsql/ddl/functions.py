"""CREATE and ALTER FUNCTION: inline ones stay text, others become functions of PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import (
    evaluate,
    function_tables,
    modules,
    queries,
    refusal,
    routines,
    signatures,
    types,
)
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.modules import (
    dropped,
    keep,
    module_options,
    parameter_rows,
    verb_of,
)
from sandbox.azuresql.tsql.ddl.tables import table_sql, table_variable
from sandbox.azuresql.tsql.derived import derived_columns
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.function_tables import FunctionTable
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
    """Scalar functions, inline ones, and those that fill a table of their own."""
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
    if signature.result is None and signature.table is None:
        await _check_inline(interpreter, node, inner)
        rows = parameter_rows(name, signature.parameters, None)
        async for result in keep(interpreter, node, name, modules.INLINE, verb, after=rows):
            yield result
        return

    tables = await _tables(interpreter, node, name, signature, inner)
    made = {variable: table for variable, (table, _) in tables.items()}

    def make(context: Context) -> str:
        return function_sql(name, signature, context, node, made)

    kind = modules.SCALAR if signature.table is None else modules.TABLE
    text, _ = await evaluate.translate(interpreter.session, node, inner, make, "function")
    found = (await modules.load(interpreter.session)).find(name, kind)
    before = dropped(found, name)[:-1] if found is not None else []
    rows = parameter_rows(name, signature.parameters, signature.result)
    shapes = [statement for _, statements in tables.values() for statement in statements]
    await running.schema_exists(interpreter, name, node)
    async for result in keep(
        interpreter, node, name, kind, verb, before=before, after=[*rows, *shapes, text]
    ):
        yield result


async def _tables(
    interpreter: Interpreter, node: Node, name: ObjectName, signature: Signature, frame: Frame
) -> dict[str, tuple[FunctionTable, list[str]]]:
    """The tables of the body by their variables, each with what makes its shape.

    `frame` has them as table variables then. Each is made once, to see its columns.
    """
    declared: dict[str, Node] = {}
    if signature.table is not None:
        declared[signature.variable] = signature.table
    for segment in node.all("declare_segment"):
        children = segment.children
        for at, child in enumerate(children[:-1]):
            if child.word == "TABLE":
                name_node = next(c for c in reversed(children[:at]) if c.kind == "parameter")
                declared[name_node.text.lower()] = children[at + 1]
    found: dict[str, tuple[FunctionTable, list[str]]] = {}
    for variable, bracketed in declared.items():
        own = variable if variable != signature.variable else ""
        shape = function_tables.shape(name, own)
        await table_variable(interpreter, variable, bracketed, frame)
        table = frame.tables[variable]
        await interpreter.session.link.run(f"DROP TABLE {table.name.sql}")
        interpreter.tables.remove(table)
        table.relation = replace(table.relation, sql=function_tables.temporary(name, variable))
        text = running.text_of(interpreter, node)
        statements = table_sql(shape, bracketed, Context({}), text)
        found[variable] = FunctionTable(table.relation, shape), statements
    return found


def function_sql(
    name: ObjectName,
    signature: Signature,
    context: Context,
    node: Node,
    tables: Mapping[str, FunctionTable],
) -> str:
    """CREATE FUNCTION in PL/pgSQL. Temporary tables make it volatile."""
    body = routines.body(node, signature, context, tables)
    given = ", ".join(f"{quote(d.name.lower())} {types.bare(d.type)}" for d in signature.parameters)
    returned = (
        types.bare(signature.result)
        if signature.result is not None
        else f"SETOF {function_tables.shape(name).sql}"
    )
    kind = "VOLATILE" if tables else "STABLE"
    return (
        f"CREATE FUNCTION {name.sql}({given}) RETURNS {returned} "
        f"LANGUAGE plpgsql {kind} AS {literal(body)}"
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
