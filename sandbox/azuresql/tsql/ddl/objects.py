"""Schemas, views, sequences, triggers' states, identities, statistics."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Notice, Refused, Result
from sandbox.azuresql.tsql import evaluate, queries, refusal, types
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.alter import trigger_switch
from sandbox.azuresql.tsql.ddl.constraints import remark
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.link import ServerError, Value
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, parts, plain, quote
from sandbox.azuresql.tsql.scope import Context, Output, Relation
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool, read_int, read_text
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
        "SELECT n.oid IS NOT NULL, EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = n.oid) "
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
    if read_bool(rows[0][1]):
        raise Refused(
            3729,
            f"Cannot drop schema '{name}' because it is being referenced by another object.",
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
        return queries.query(body, context, None)

    (sql, outputs), context = await evaluate.translate(session, node, frame, make, "view")
    if context.parameters:
        raise Refused(4520, "A view may not depend on a variable.", line=node.line)
    columns = queries.derived_columns(outputs, names, node)
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
    notes: dict[str, str] = {"definition": text[node.start : node.end]}
    if fold(name.name) != name.name:
        notes["name"] = name.name
    statements = [f"DROP VIEW {name.sql}"] if exists else []
    statements += [f"CREATE VIEW {name.sql} ({shown}) AS {sql}", *remark("VIEW", name.sql, notes)]
    for column in columns:
        if fold(column.name) != column.name:
            statements += remark("COLUMN", f"{name.sql}.{column.sql}", {"name": column.name})
    async for result in running.run(interpreter, statements, node):
        yield result


async def _lookup(interpreter: Interpreter, name: ObjectName) -> dict[tuple[str, str], Relation]:
    from sandbox.azuresql.catalog import reader

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


# --- sequences ----------------------------------------------------------------------------------

_INTEGERS: Final = {
    "tinyint": ("int2", 0, 255),
    "smallint": ("int2", -(2**15), 2**15 - 1),
    "int": ("int4", -(2**31), 2**31 - 1),
    "bigint": ("int8", -(2**63), 2**63 - 1),
}


async def create_sequence(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("CREATE", "SEQUENCE")
    name = ObjectName.of(walk.need("sequence_reference"))
    running.require(interpreter, "CREATE", name, node)
    statements = sequence_sql(name, walk)
    async for result in running.run(interpreter, statements, node):
        yield result


def sequence_sql(name: ObjectName, walk: Walk) -> list[str]:
    """CREATE SEQUENCE. Without START WITH it begins at the type's least value, as SQL Server's."""
    type_name, chosen = "bigint", {}
    for words, number, type in _options(walk):
        if type is not None:
            type_name = type
        else:
            chosen[words] = number
    native, least, greatest = _INTEGERS[type_name]
    minimum = _number(chosen.get("MINVALUE"), least)
    maximum = _number(chosen.get("MAXVALUE"), greatest)
    increment = _number(chosen.get("INCREMENT BY"), 1)
    start = _number(chosen.get("START WITH"), minimum if increment > 0 else maximum)
    cycle = " CYCLE" if "CYCLE" in chosen else " NO CYCLE"
    made = (
        f"CREATE SEQUENCE {name.sql} AS {native} INCREMENT BY {increment} MINVALUE {minimum} "
        f"MAXVALUE {maximum} START WITH {start}{cycle}"
    )
    notes = {"name": name.name} if fold(name.name) != name.name else {}
    return [made, *remark("SEQUENCE", name.sql, notes)]


def _number(text: str | None, default: int) -> int:
    return default if text is None else int(text)


def _options(walk: Walk) -> list[tuple[str, str | None, str | None]]:
    found: list[tuple[str, str | None, str | None]] = []
    while walk.here is not None:
        part = Walk(walk.need("create_sequence_options_segment", "alter_sequence_options_segment"))
        if part.words("AS"):
            type = types.read_type(part.need("data_type")).name
            if type not in _INTEGERS:
                raise refusal.unknown(part.node)
            found.append(("AS", None, type))
            part.done()
            continue
        words: list[str] = []
        number: str | None = None
        while part.here is not None:
            child = part.skip()
            if child.kind in ("numeric_literal", "integer_literal"):
                number = child.text.replace(" ", "")
            else:
                words.append(child.word)
        key = " ".join(words)
        known = {"START WITH", "INCREMENT BY", "MINVALUE", "MAXVALUE", "CYCLE", "RESTART WITH"}
        ignored = {"NO MINVALUE", "NO MAXVALUE", "NO CYCLE", "CACHE", "NO CACHE", "RESTART"}
        if key not in known | ignored:
            raise refusal.unknown(part.node)
        if key in known or key == "RESTART":
            found.append((key, number, None))
        elif key == "NO CYCLE":
            found.append((key, None, None))
    return found


async def alter_sequence(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("ALTER", "SEQUENCE")
    name = ObjectName.of(walk.need("sequence_reference"))
    clauses: list[str] = []
    for words, number, _ in _options(walk):
        clauses.append(f"{words} {number}" if number is not None else words)
    rows, _ = await interpreter.session.link.fetch(
        "SELECT to_regclass($1) IS NOT NULL", [Value(25, name.sql.encode())]
    )
    if not read_bool(rows[0][0]):
        raise Refused(
            15151,
            f"Cannot alter the sequence object '{name}', because it does not exist or you do not "
            "have permission.",
            line=node.line,
        )
    running.require(interpreter, "ALTER", name, node)
    statement = f"ALTER SEQUENCE {name.sql} {' '.join(clauses)}"
    async for result in running.run(interpreter, [statement], node):
        yield result


# --- triggers, identities, statistics -----------------------------------------------------------


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
    relation = await _relation(interpreter, name, node)
    running.require(interpreter, "ALTER", name, node)
    statement = trigger_switch(relation, triggers, enabled=word == "ENABLE")
    async for result in running.run(interpreter, [statement], node):
        yield result


async def _relation(interpreter: Interpreter, name: ObjectName, node: Node) -> Relation:
    from sandbox.azuresql.catalog import reader

    found = await reader.relations(interpreter.session.link, [name.key])
    relation = found.get(name.key)
    if relation is None:
        raise Refused(
            1088,
            f'Cannot find the object "{name}" because it does not exist or you do not have '
            "permissions.",
            line=node.line,
        )
    return relation


async def dbcc(interpreter: Interpreter, node: Node, frame: Frame) -> AsyncGenerator[Result, None]:
    """`DBCC CHECKIDENT (table [, NORESEED | RESEED [, value]])`."""
    walk = Walk(node)
    walk.need_words("DBCC", "CHECKIDENT")
    groups = listed(walk.need("bracketed"))
    quiet = walk.words("WITH", "NO_INFOMSGS")
    walk.done()
    text = groups[0][0].text
    written = text.lstrip("nN")[1:-1].replace("''", "'") if text.endswith("'") else text
    name = ObjectName.from_parts([plain(part) for part in split_name(written)])
    relation = await _relation(interpreter, name, node)
    column = relation.identity
    if column is None:
        raise Refused(
            7997, f"'{relation.name}' does not contain an identity column.", line=node.line
        )
    link = interpreter.session.link
    place = [Value(25, relation.sql.encode()), Value(25, fold(column.name).encode())]
    rows, _ = await link.fetch("SELECT pg_get_serial_sequence($1, $2)", place)
    sequence = read_text(rows[0][0])
    rows, _ = await link.fetch(
        f"SELECT last_value, is_called, (SELECT max({column.sql})::int8 FROM {relation.sql}), "
        f"EXISTS (SELECT 1 FROM {relation.sql}) FROM {sequence}"
    )
    last, called, most, filled = rows[0]
    current = read_int(last) if read_bool(called) else None
    if len(groups) > 1 and groups[1][0].word == "RESEED":
        running.require(interpreter, "ALTER", name, node)
        if len(groups) > 2:
            value = int("".join(node.text for node in groups[2]).replace(" ", ""))
            # Before the first row the new value itself is the next one.
            used = read_bool(filled) or current is not None
            await link.run(
                f"SELECT setval({literal(sequence)}, {value}, {'true' if used else 'false'})"
            )
        elif most is not None and (current is None or (read_int(most) or 0) > current):
            await link.run(f"SELECT setval({literal(sequence)}, {read_int(most)})")
    if not quiet:
        yield Notice(
            7998,
            10,
            1,
            node.line,
            f"Checking identity information: current identity value "
            f"'{'NULL' if current is None else current}'.",
        )


def split_name(text: str) -> list[str]:
    """`[a].[b]` inside a string, at the dots outside of brackets."""
    parts_found: list[str] = [""]
    inside = False
    for sign in text:
        if sign == "." and not inside:
            parts_found.append("")
            continue
        inside = (sign == "[") or (inside and sign != "]")
        parts_found[-1] += sign
    return parts_found


async def update_statistics(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """UPDATE STATISTICS: ANALYZE."""
    reference = node.find("object_reference") or node.find("table_reference")
    if reference is None:
        raise refusal.unknown(node)
    name = ObjectName.of(reference)
    relation = await _relation(interpreter, name, node)
    running.require(interpreter, "ALTER", name, node)
    from sandbox.azuresql.tsql.statements import start

    async for result in start(interpreter):
        yield result
    await interpreter.session.link.run(f"ANALYZE {relation.sql}")


__all__ = ["ServerError", "parts"]
