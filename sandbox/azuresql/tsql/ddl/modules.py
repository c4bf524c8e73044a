"""CREATE, ALTER and DROP of procedures, and what all modules share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Refused, Result, SqlType
from sandbox.azuresql.tsql import function_tables, modules, parameters, refusal, table_arguments
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.modules import Module
from sandbox.azuresql.tsql.names import ObjectName, literal
from sandbox.azuresql.tsql.parameters import Declared
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_bool
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

_WORDS: Final = {
    modules.PROCEDURE: "procedure",
    modules.SCALAR: "function",
    modules.INLINE: "function",
    modules.TABLE: "function",
    modules.TRIGGER: "trigger",
}


async def create_procedure(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """CREATE, ALTER or CREATE OR ALTER PROCEDURE. Names in it are looked up when it runs."""
    walk = Walk(node)
    verb = verb_of(walk)
    walk.any_word("PROCEDURE", "PROC")
    name = ObjectName.of(walk.need("object_reference"))
    listed = walk.kind("procedure_parameter_list")
    declared = parameters.listed_in(listed, tables=True) if listed is not None else ()
    if walk.words("WITH"):
        module_options(walk)
    walk.need_words("AS")
    body = walk.need("procedure_statement")
    walk.done()
    only_known(body, interpreter.known)
    if listed is not None:
        table_arguments.check(listed, body)
    kept = parameter_rows(name, declared, None)
    async for result in keep(interpreter, node, name, modules.PROCEDURE, verb, after=kept):
        yield result


def parameter_rows(
    name: ObjectName, declared: Sequence[Declared], result: SqlType | None
) -> list[str]:
    """What sys.parameters shows: the parameters in order, a function's result as number 0."""
    schema, folded = (literal(part) for part in name.key)
    rows = [(place, d.name, d.type, d.output, d.default) for place, d in enumerate(declared, 1)]
    if result is not None:
        rows.insert(0, (0, "", result, True, None))
    values = ", ".join(
        f"({place}, {literal(shown)}, {literal(type.name)}, {type.length}, {type.precision}, "
        f"{type.scale}, {output}, {default is not None})"
        for place, shown, type, output, default in rows
    )
    own = f"m.namespace = {schema}::regnamespace AND m.folded = {folded}"
    gone = (
        "DELETE FROM store.parameters p USING store.modules m "
        f"WHERE p.object_id = m.object_id AND {own}"
    )
    if not rows:
        return [gone]
    return [
        gone,
        f"INSERT INTO store.parameters SELECT m.object_id, v.* FROM store.modules m, "
        f"(VALUES {values}) AS v WHERE {own}",
    ]


def verb_of(walk: Walk) -> str:
    """CREATE, ALTER or CREATE OR ALTER."""
    verb = walk.any_word("CREATE", "ALTER") or ""
    return "CREATE OR ALTER" if walk.words("OR", "ALTER") else verb


def module_options(walk: Walk) -> None:
    """`WITH RECOMPILE, EXECUTE AS CALLER`: what changes nothing here; anything else is refused."""
    while walk.here is not None:
        if walk.kind("comma") or walk.any_word("RECOMPILE", "SCHEMABINDING"):
            continue
        clause = walk.kind("execute_as_clause")
        if clause is None:
            return
        if clause.children[-1].word != "CALLER":
            raise refusal.unknown(clause)


def only_known(body: Node, kinds: frozenset[str]) -> None:
    """Refuse now what could not run later."""
    for statement in body.all("statement"):
        if statement.children and statement.children[0].kind not in kinds:
            raise refusal.unknown(statement.children[0])


async def keep(
    interpreter: Interpreter,
    node: Node,
    name: ObjectName,
    kind: str,
    verb: str,
    *,
    parent: int = 0,
    instead: frozenset[str] = frozenset(),
    before: Sequence[str] = (),
    after: Sequence[str] = (),
) -> AsyncGenerator[Result, None]:
    """Write the module down, between `before` and `after`.

    Raises Refused 2714, 208, 2010 and 2760.
    """
    session = interpreter.session
    found = (await modules.load(session)).by_name.get(name.key)
    taken = found is not None or await _relation_exists(interpreter, name)
    if verb == "CREATE" and taken:
        raise Refused(
            2714,
            f"There is already an object named '{name.name}' in the database.",
            state=3,
            line=node.line,
        )
    if (found is None and taken) or (found is not None and found.kind != kind):
        text = f"Cannot perform alter on '{name}' because it is an incompatible object type."
        raise Refused(2010, text, line=node.line)
    if verb == "ALTER" and found is None:
        raise Refused(208, f"Invalid object name '{name}'.", state=6, line=node.line)
    await running.schema_exists(interpreter, name, node)
    running.require(interpreter, "CREATE" if found is None else "ALTER", name, node)
    text = literal(created_text(running.text_of(interpreter, node), node))
    schema, folded = (literal(part) for part in name.key)
    done = f"ARRAY[{', '.join(map(literal, sorted(instead)))}]" if instead else "NULL"
    kept = (
        "INSERT INTO store.modules (namespace, folded, name, type, parent_id, instead, "
        f"definition) VALUES ({schema}::regnamespace, {folded}, {literal(name.name)}, '{kind}', "
        f"{parent}, {done}, {text}) ON CONFLICT (namespace, folded) DO UPDATE SET "
        "definition = excluded.definition, parent_id = excluded.parent_id, "
        "instead = excluded.instead, modified = now()"
    )
    async for result in running.run(interpreter, [*before, kept, *after], node):
        yield result


def created_text(text: str, node: Node) -> str:
    """The batch as sys.sql_modules shows it: ALTER and CREATE OR ALTER have become CREATE."""
    words = [child for child in node.children if child.kind == "keyword"]
    last = words[2] if words[1].word == "OR" else words[0]
    head = text[: words[0].start]
    between = "" if last is words[0] else " " * 2
    lines = "\n" * text.count("\n", words[0].start, last.end)
    return f"{head}CREATE{lines}{between}{text[last.end :]}"


async def _relation_exists(interpreter: Interpreter, name: ObjectName) -> bool:
    rows, _ = await interpreter.session.link.fetch(
        "SELECT to_regclass($1) IS NOT NULL", [Value(25, name.sql.encode())]
    )
    return read_bool(rows[0][0])


async def drop_module(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP PROCEDURE | FUNCTION | TRIGGER [IF EXISTS] a, b`. Raises Refused 3701."""
    walk = Walk(node)
    walk.need_words("DROP")
    word = (walk.any_word("PROCEDURE", "PROC", "FUNCTION", "TRIGGER") or "").lower()
    word = "procedure" if word == "proc" else word
    tolerant = walk.words("IF", "EXISTS")
    while walk.here is not None:
        if walk.kind("comma"):
            continue
        reference = walk.need("object_reference", "function_name", "trigger_reference")
        name = ObjectName.of(reference)
        found = (await modules.load(interpreter.session)).by_name.get(name.key)
        if found is None or _WORDS[found.kind] != word:
            if tolerant:
                continue
            raise Refused(
                3701,
                f"Cannot drop the {word} '{name}', because it does not exist or you do not have "
                "permission.",
                11,
                5,
                node.line,
            )
        running.require(interpreter, "ALTER", name, node)
        async for result in running.run(interpreter, dropped(found, name), node):
            yield result


def dropped(module: Module, name: ObjectName) -> list[str]:
    """The statements that take a module away."""
    gone = f"DELETE FROM store.modules WHERE object_id = {module.id}"
    if module.kind in (modules.SCALAR, modules.TABLE):
        shapes = function_tables.shape(name).name
        return [f"DROP FUNCTION {name.sql}", f"CALL store.drop_shapes({literal(shapes)})", gone]
    if module.instead:
        return [gone, f"CALL store.intercept({module.parent}, NULL)"]
    return [gone]
