"""Schemas, views, and the states of triggers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.alter import trigger_switch
from sandbox.azuresql.tsql.ddl.constraints import remark
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, plain, quote
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool, read_text
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_RESERVED: Final = frozenset({"sys", "infoschema", "store", "information_schema", "guest"})


async def create_schema(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("CREATE", "SCHEMA")
    name = plain(walk.need("schema_reference").children[-1].text)
    if walk.words("AUTHORIZATION"):
        walk.skip()
    walk.done()
    folded = fold(name)
    if folded in _RESERVED or folded.startswith("pg_"):
        raise refusal.unknown(node, "this name")
    rows, _ = await interpreter.session.link.fetch(
        "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)",
        [Value(25, folded.encode())],
    )
    if read_bool(rows[0][0]):
        raise Refused(
            2714,
            f"There is already an object named '{name}' in the database.",
            state=6,
            line=node.line,
        )
    running.require(interpreter, "CREATE", ObjectName(name, name), node)
    notes = {"name": name} if name != folded else {}
    statements = [f"CREATE SCHEMA {quote(folded)}", *remark("SCHEMA", quote(folded), notes)]
    async for result in running.run(interpreter, statements, node):
        yield result


async def drop_schema(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """Raises Refused 3701, or 3729 for a schema that still holds something."""
    walk = Walk(node)
    walk.need_words("DROP", "SCHEMA")
    tolerant = walk.words("IF", "EXISTS")
    name = plain(walk.need("schema_reference").children[-1].text)
    walk.done()
    rows, _ = await interpreter.session.link.fetch(
        "SELECT n.oid IS NOT NULL, (SELECT o.name FROM store.objects o WHERE o.schema_id = "
        "store.schema_number(n.oid, n.nspname) ORDER BY o.parent_object_id, o.object_id LIMIT 1) "
        "FROM (SELECT $1::text AS wanted) w LEFT JOIN pg_namespace n ON n.nspname = w.wanted",
        [Value(25, fold(name).encode())],
    )
    if not read_bool(rows[0][0]) or fold(name) in _RESERVED:
        if tolerant:
            return
        raise Refused(
            15151,
            f"Cannot drop the schema '{name}', because it does not exist or you do not have "
            "permission.",
            line=node.line,
        )
    if rows[0][1] is not None:
        raise Refused(
            3729,
            f"Cannot drop schema '{name}' because it is being referenced by object "
            f"'{read_text(rows[0][1])}'.",
            line=node.line,
        )
    running.require(interpreter, "ALTER", ObjectName(name, name), node)
    async for result in running.run(interpreter, [f"DROP SCHEMA {quote(fold(name))}"], node):
        yield result


async def drop_view(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    async for result in _drop(interpreter, node, "VIEW", ("table_reference", "object_reference")):
        yield result


async def drop_sequence(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    async for result in _drop(interpreter, node, "SEQUENCE", ("sequence_reference",)):
        yield result


async def _drop(
    interpreter: Interpreter, node: Node, kind: str, references: tuple[str, ...]
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("DROP", kind)
    tolerant = walk.words("IF", "EXISTS")
    while (reference := walk.kind(*references, "comma")) is not None:
        if reference.kind == "comma":
            continue
        name = ObjectName.of(reference)
        rows, _ = await interpreter.session.link.fetch(
            "SELECT EXISTS (SELECT 1 FROM pg_class WHERE oid = to_regclass($1) "
            "AND relkind::text = $2)",
            [Value(25, name.sql.encode()), Value(25, b"v" if kind == "VIEW" else b"S")],
        )
        if not read_bool(rows[0][0]):
            if tolerant:
                continue
            raise Refused(
                3701,
                f"Cannot drop the {kind.lower()} '{name}', because it does not exist or you do not "
                "have permission.",
                11,
                5,
                node.line,
            )
        running.require(interpreter, "ALTER", name, node)
        own = f"{literal(name.sql)}::regclass::oid::int4"
        gone = [f"DELETE FROM store.modules WHERE parent_id = {own}"] if kind == "VIEW" else []
        async for result in running.run(interpreter, [*gone, f"DROP {kind} {name.sql}"], node):
            yield result
    walk.done()


async def switch_trigger(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`ENABLE | DISABLE TRIGGER a, b | ALL ON t`."""
    walk = Walk(node)
    word = walk.any_word("ENABLE", "DISABLE")
    walk.need_words("TRIGGER")
    triggers: list[Node] = []
    while walk.here is not None and walk.here.word != "ON":
        triggers.append(walk.skip())
    walk.need_words("ON")
    name = ObjectName.of(walk.skip())
    walk.done()
    relation = await running.relation_of(interpreter, name, node)
    running.require(interpreter, "ALTER", name, node)
    statement = trigger_switch(relation, triggers, enabled=word == "ENABLE")
    async for result in running.run(interpreter, [statement], node):
        yield result
