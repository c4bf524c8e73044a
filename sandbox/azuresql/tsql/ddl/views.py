"""Views, through which rows are written too, as PostgreSQL allows it: those of one table."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import evaluate, queries, refusal
from sandbox.azuresql.tsql.ddl import running
from sandbox.azuresql.tsql.ddl.constraints import remark
from sandbox.azuresql.tsql.derived import derived_columns
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, plain
from sandbox.azuresql.tsql.scope import Context, Output, Scope
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk, listed

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


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
    checked = " WITH CASCADED CHECK OPTION" if walk.words("WITH", "CHECK", "OPTION") else ""
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
        relations = await reader.relations(session.link, [name.key])
    running.require(interpreter, "CREATE", name, node)
    exists = name.key in relations
    if exists and not replaces:
        raise Refused(
            2714,
            f"There is already an object named '{name.name}' in the database.",
            state=3,
            line=node.line,
        )
    if first == "ALTER" and not exists:
        raise refusal.no_object(str(name), node.line)
    shown = ", ".join(column.sql for column in columns)
    notes: dict[str, str] = {"definition": text[node.start :]}
    if fold(name.name) != name.name:
        notes["name"] = name.name
    own = literal(name.sql)
    statements = [f"CALL store.set_aside({own})", f"DROP VIEW {name.sql}"] if exists else []
    statements.append(f"CREATE VIEW {name.sql} ({shown}) AS {sql}{checked}")
    statements += remark("VIEW", name.sql, notes)
    for column in columns:
        if fold(column.name) != column.name:
            statements += remark("COLUMN", f"{name.sql}.{column.sql}", {"name": column.name})
    if exists:
        statements.append(f"CALL store.take_back({own})")
    async for result in running.run(interpreter, statements, node):
        yield result
