"""CREATE TYPE … AS TABLE or FROM, and DROP TYPE."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql import evaluate, refusal, types
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.tables import table_sql, table_variable
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.scope import Context
from sandbox.azuresql.tsql.tree import Node, parsed
from sandbox.azuresql.tsql.values import read_text
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_TEXT: Final = 25
_USED: Final = """
SELECT r.name FROM store.alias_types a JOIN store.columns c
  ON (c.extra ->> 'user_type')::int4 = a.user_type_id JOIN store.relations r ON r.oid = c.relation
WHERE a.schema = $1 AND a.folded = $2 LIMIT 1
"""
_DROP_ALIAS: Final = (
    "DELETE FROM store.alias_types WHERE schema = $1 AND folded = $2 RETURNING name"
)


async def create_type(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE TYPE name AS TABLE (…)` or `CREATE TYPE name FROM type [NULL | NOT NULL]`.

    Raises Refused 219, and what is wrong with the columns or the type.
    """
    walk = Walk(node)
    walk.need_words("CREATE", "TYPE")
    name = ObjectName.of(walk.need("object_reference"))
    if walk.words("FROM"):
        async for result in _alias(interpreter, walk, name, node):
            yield result
        return
    if not walk.words("AS", "TABLE"):
        raise refusal.unknown(node)
    columns = walk.need("bracketed")
    walk.done()
    session, text = interpreter.session, running.text_of(interpreter, node)

    def check(context: Context) -> list[str]:
        return table_sql(ObjectName("", "#@type"), columns, context, text)

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
        raise _exists(name, node)
    yield Done()


def _exists(name: ObjectName, node: Node) -> Refused:
    text = f"The type '{name}' already exists, or you do not have permission to create it."
    return Refused(219, text, line=node.line)


async def _alias(
    interpreter: Interpreter, walk: Walk, name: ObjectName, node: Node
) -> AsyncGenerator[Result, None]:
    """An alias type: another name of one of SQL Server's own."""
    type = types.read_type(walk.need("data_type"))
    nullable = not walk.words("NOT", "NULL")
    walk.words("NULL")
    walk.done()
    await running.schema_exists(interpreter, name, node)
    running.require(interpreter, "CREATE", name, node)
    async for result in start(interpreter):
        yield result
    texts = ", ".join(
        literal(text) for text in (name.folded_schema, fold(name.name), name.name, type.name)
    )
    made, _ = await interpreter.session.link.fetch(
        "INSERT INTO store.alias_types (schema, folded, name, type, length, precision, scale, "
        f"nullable) VALUES ({texts}, {type.length}, {type.precision}, {type.scale}, {nullable}) "
        "ON CONFLICT DO NOTHING RETURNING name"
    )
    if not made:
        raise _exists(name, node)
    interpreter.session.transaction.touched()
    interpreter.definition_changed(temporary=False)
    yield Done()


async def typed_variable(
    interpreter: Interpreter, variable: str, type: ObjectName, frame: Frame
) -> bool:
    """A table variable of a table type, by its name (`@x`, lower case); False: no such type."""
    link = interpreter.session.link
    found, _ = await link.fetch(
        "SELECT definition FROM store.table_types WHERE schema = $1 AND lower(name) = lower($2)",
        [Value(_TEXT, type.folded_schema.encode()), Value(_TEXT, type.name.encode())],
    )
    if not found:
        return False
    text = f"DECLARE @t TABLE {read_text(found[0][0])}"
    tree = await parsed(text)
    interpreter.texts.append(text)
    try:
        columns = next(tree.all("declare_segment")).children[-1]
        await table_variable(interpreter, variable, columns, frame, type.key)
    finally:
        interpreter.texts.pop()
    return True


async def drop_type(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP TYPE [IF EXISTS] name`. Raises Refused 218, and 3732 for one that a column has."""
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
    gone = gone or await _drop_alias(interpreter, name, node)
    if not gone and not tolerant:
        raise Refused(
            218,
            f"Could not find the type '{name}'. Either it does not exist or you do not have the "
            "necessary permission.",
            line=node.line,
        )
    yield Done()


async def _drop_alias(
    interpreter: Interpreter, name: ObjectName, node: Node
) -> list[list[bytes | None]]:
    link = interpreter.session.link
    place = [Value(_TEXT, name.folded_schema.encode()), Value(_TEXT, fold(name.name).encode())]
    used, _ = await link.fetch(_USED, place)
    if used:
        raise Refused(
            3732,
            f"Cannot drop type '{name}' because it is being referenced by object "
            f"'{read_text(used[0][0])}'. There may be other objects that reference this type.",
            line=node.line,
        )
    gone, _ = await link.fetch(_DROP_ALIAS, place)
    if gone:
        interpreter.session.transaction.touched()
        interpreter.definition_changed(temporary=False)
    return gone
