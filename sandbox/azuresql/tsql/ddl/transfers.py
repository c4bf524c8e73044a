"""ALTER SCHEMA … TRANSFER: an object moves into another schema."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, plain, quote
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int, read_text
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_OBJECTS: Final = """
SELECT s.nspname::text, o.type, o.object_id FROM store.objects o
JOIN store.schemas s ON s.schema_id = o.schema_id
WHERE lower(o.name) = $1 AND o.parent_object_id = 0
"""
_WORDS: Final = {"U": "TABLE", "V": "VIEW", "SO": "SEQUENCE"}


async def transfer(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ALTER SCHEMA s TRANSFER [OBJECT::] x`: what was granted on the object goes.

    Raises Refused 15151 for what is not there and 15530 where the schema has such a name.
    """
    walk = Walk(node)
    walk.need_words("ALTER", "SCHEMA")
    schema = plain(walk.need("schema_reference").children[-1].text)
    walk.need_words("TRANSFER")
    if walk.words("TYPE"):
        raise refusal.unknown(node, "the transfer of a type")
    if walk.words("OBJECT"):
        walk.skip()
    name = ObjectName.of(walk.need("object_reference"))
    walk.done()
    try:
        await running.schema_exists(interpreter, ObjectName(schema, name.name), node)
    except Refused:
        text = f"Cannot alter the schema '{schema}', because it does not exist or you do not have "
        raise Refused(15151, f"{text}permission.", line=node.line) from None
    wanted = [Value(25, name.name.lower().encode())]
    rows, _ = await interpreter.session.link.fetch(_OBJECTS, wanted)
    found = {read_text(there): (read_text(kind), read_int(id)) for there, kind, id in rows}
    moved = found.get(name.folded_schema)
    if moved is None:
        text = (
            f"Cannot find the object '{name.name}', because it does not exist or you do not have "
        )
        raise Refused(15151, f"{text}permission.", line=node.line)
    if fold(schema) in found and fold(schema) != name.folded_schema:
        text = f'The object with name "{name.name}" already exists.'
        raise Refused(15530, text, line=node.line)
    running.require(interpreter, "ALTER", name, node)
    statements = _moves(name, fold(schema), *moved)
    async for result in running.run(interpreter, statements, node):
        yield result


def _moves(name: ObjectName, schema: str, kind: str, number: int | None) -> list[str]:
    forgotten = f"DELETE FROM store.permissions WHERE class = 1 AND major_id = {number}"
    if kind in _WORDS:
        return [f"ALTER {_WORDS[kind]} {name.sql} SET SCHEMA {quote(schema)}", forgotten]
    place = f"(SELECT oid FROM pg_namespace WHERE nspname = {literal(schema)})"
    table = "store.synonyms" if kind == "SN" else "store.modules"
    moved = [f"UPDATE {table} SET namespace = {place} WHERE object_id = {number}", forgotten]
    if kind == "FN":
        moved.append(f"ALTER ROUTINE {name.sql} SET SCHEMA {quote(schema)}")
    return moved
