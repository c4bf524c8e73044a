"""Schemas, views, and the states of triggers."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import evaluate, queries, refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.alter import trigger_switch
from sandbox.azuresql.tsql.ddl.constraints import remark
from sandbox.azuresql.tsql.derived import derived_columns
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.link import Value
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, plain, quote
from sandbox.azuresql.tsql.scope import Context, Output, Relation, Scope
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool, read_text
from sandbox.azuresql.tsql.walk import Walk, listed

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


async def create_view(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """CREATE, ALTER or CREATE OR ALTER VIEW."""
    walk = Walk(node)
    first = walk.any_word("CREATE", "ALTER")
    replaces = first == "ALTER" or walk.words("OR", "ALTER")
    walk.need_words("VIEW")
    name = ObjectName.of(walk.need("object_reference", "table_reference"))
    given = walk.kind("bracketed")
    names = [plain(t.text) for group in listed(given) for t in group[0].tokens()] if given else []
    if walk.words("WITH"):
        walk.any_word("SCHEMABINDING", "VIEW_METADATA")
    walk.need_words("AS")
    body = walk.skip()
    if walk.words("WITH", "CHECK", "OPTION"):
        raise refusal.unknown(node)
    walk.done()
    session = interpreter.session
    text = running.text_of(interpreter, node)

    def make(context: Context) -> tuple[str, list[Output]]:
        return queries.query(body, context, Scope())

    (sql, outputs), context = await evaluate.translate(session, node, frame, make, "view")
    if context.parameters:
        raise Refused(4520, "A view may not depend on a variable.", line=node.line)
    if not names and not all(output.name for output in outputs):
        place = [bool(output.name) for output in outputs].index(False) + 1
        text = "Create View or Function failed because no column name was specified for column "
        raise Refused(4511, f"{text}{place}.", line=node.line)
    columns = derived_columns(outputs, names, node)
    relations = await evaluate.load(session, node)
    if name.key not in relations:
        relations = await _lookup(interpreter, name)
    running.require(interpreter, "CREATE", name, node)
    exists = name.key in relations
    if exists and not replaces:
        raise Refused(
            2714,
            f"There is already an object named '{name.name}' in the database.",
            state=3,
            line=node.line,
        )
    shown = ", ".join(column.sql for column in columns)
    notes: dict[str, str] = {"definition": text[node.start :]}
    if fold(name.name) != name.name:
        notes["name"] = name.name
    own = literal(name.sql)
    statements = [f"CALL store.set_aside({own})", f"DROP VIEW {name.sql}"] if exists else []
    statements += [f"CREATE VIEW {name.sql} ({shown}) AS {sql}", *remark("VIEW", name.sql, notes)]
    for column in columns:
        if fold(column.name) != column.name:
            statements += remark("COLUMN", f"{name.sql}.{column.sql}", {"name": column.name})
    if exists:
        statements.append(f"CALL store.take_back({own})")
    async for result in running.run(interpreter, statements, node):
        yield result


async def _lookup(interpreter: Interpreter, name: ObjectName) -> dict[tuple[str, str], Relation]:

    return await reader.relations(interpreter.session.link, [name.key])


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
        async for result in running.run(interpreter, [f"DROP {kind} {name.sql}"], node):
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
