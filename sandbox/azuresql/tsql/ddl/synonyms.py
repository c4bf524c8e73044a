"""CREATE SYNONYM and DROP SYNONYM."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, bracket, fold, literal
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_DROP: Final = """
DELETE FROM store.synonyms s USING pg_namespace n
WHERE n.oid = s.namespace AND n.nspname = $1 AND s.folded = $2 RETURNING s.object_id
"""


def _written(name: ObjectName) -> str:
    return ".".join(bracket(part) for part in (name.schema or "dbo", name.name))


async def create_synonym(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`CREATE SYNONYM name FOR object`, which need not be there yet. Raises Refused 2714."""
    walk = Walk(node)
    walk.need_words("CREATE", "SYNONYM")
    name = ObjectName.of(walk.need("synonym_reference"))
    walk.need_words("FOR")
    base = ObjectName.of(walk.need("object_reference"))
    walk.done()
    if base.database:
        raise Refused(
            40515,
            f"Reference to database and/or server name in '{base.database}.{base}' is not "
            "supported in this version of SQL Server.",
            15,
            line=node.line,
        )
    await running.schema_exists(interpreter, name, node)
    rows, _ = await interpreter.session.link.fetch(
        f"SELECT sys.object_id({literal(_written(name))}::sys.nvarchar) IS NOT NULL"
    )
    if read_bool(rows[0][0]):
        text = f"There is already an object named '{name.name}' in the database."
        raise Refused(2714, text, state=6, line=node.line)
    running.require(interpreter, "CREATE", name, node)
    written = _written(base) if base.schema else bracket(base.name)
    values = ", ".join(
        literal(text)
        for text in (fold(name.name), name.name, base.folded_schema, fold(base.name), written)
    )
    namespace = f"(SELECT oid FROM pg_namespace WHERE nspname = {literal(name.folded_schema)})"
    made = (
        "INSERT INTO store.synonyms (namespace, folded, name, base_schema, base_folded, "
        f"base_object_name) VALUES ({namespace}, {values})"
    )
    async for result in running.run(interpreter, [made], node):
        yield result


async def drop_synonym(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP SYNONYM [IF EXISTS] name`. Raises Refused 3701."""
    walk = Walk(node)
    walk.need_words("DROP", "SYNONYM")
    tolerant = walk.words("IF", "EXISTS")
    name = ObjectName.of(walk.need("synonym_reference"))
    walk.done()
    session = interpreter.session
    running.require(interpreter, "ALTER", name, node)
    session.transaction.writing(node.line)
    async for result in start(interpreter):
        yield result
    place = [Value(25, name.folded_schema.encode()), Value(25, fold(name.name).encode())]
    gone, _ = await session.link.fetch(_DROP, place)
    if not gone and not tolerant:
        raise Refused(
            3701,
            f"Cannot drop the synonym '{name}', because it does not exist or you do not have "
            "permission.",
            11,
            5,
            node.line,
        )
    session.transaction.touched()
    interpreter.definition_changed(temporary=False)
    yield Done()
