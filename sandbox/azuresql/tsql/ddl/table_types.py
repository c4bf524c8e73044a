"""CREATE TYPE … AS TABLE and DROP TYPE."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql import evaluate, refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.tables import table_sql
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.link import Value
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.scope import Context
from sandbox.azuresql.tsql.sources import table_variable
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_TEXT: Final = 25


async def create_type(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE TYPE name AS TABLE (…)`. Raises Refused 219, and what is wrong with the columns."""
    walk = Walk(node)
    walk.need_words("CREATE", "TYPE")
    name = ObjectName.of(walk.need("object_reference"))
    if not walk.words("AS", "TABLE"):
        raise refusal.unknown(node)
    columns = walk.need("bracketed")
    walk.done()
    session, text = interpreter.session, running.text_of(interpreter, node)

    def check(context: Context) -> list[str]:
        return table_sql(ObjectName("", table_variable("@type")), columns, context, text)

    await evaluate.translate(session, columns, frame, check, "table type")
    running.require(interpreter, "CREATE", name, node)
    async for result in start(interpreter):
        yield result
    made, _ = await session.link.fetch(
        "INSERT INTO store.table_types VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING name",
        [
            Value(_TEXT, name.folded_schema.encode()),
            Value(_TEXT, name.name.encode()),
            Value(_TEXT, text[columns.start : columns.end].encode()),
        ],
    )
    if not made:
        raise Refused(
            219,
            f"The type '{name}' already exists, or you do not have permission to create it.",
            line=node.line,
        )
    yield Done()


async def drop_type(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP TYPE [IF EXISTS] name`. Raises Refused 218."""
    walk = Walk(node)
    walk.need_words("DROP", "TYPE")
    tolerant = walk.words("IF", "EXISTS")
    name = ObjectName.of(walk.need("object_reference"))
    walk.done()
    running.require(interpreter, "ALTER", name, node)
    async for result in start(interpreter):
        yield result
    gone, _ = await interpreter.session.link.fetch(
        "DELETE FROM store.table_types WHERE schema = $1 AND lower(name) = lower($2) "
        "RETURNING name",
        [Value(_TEXT, name.folded_schema.encode()), Value(_TEXT, name.name.encode())],
    )
    if not gone and not tolerant:
        raise Refused(
            218,
            f"Could not find the type '{name}'. Either it does not exist or you do not have the "
            "necessary permission.",
            line=node.line,
        )
    yield Done()
