"""CREATE, ALTER, DROP and TRUNCATE TABLE."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Refused, Result
from sandbox.azuresql.tsql import evaluate, refusal, table_variables
from sandbox.azuresql.tsql.ddl import columns, identity_columns, keys, running
from sandbox.azuresql.tsql.ddl.columns import Definition
from sandbox.azuresql.tsql.ddl.constraints import (
    Constraint,
    constraint_sql,
    remark,
    table_constraint,
)
from sandbox.azuresql.tsql.frame import Frame, TableVariable
from sandbox.azuresql.tsql.names import ObjectName, fold, literal, quote
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.scope import Context
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


def table_sql(name: ObjectName, bracketed: Node, context: Context, text: str) -> list[str]:
    """CREATE TABLE as PostgreSQL's statements: table, comments, constraints."""
    definitions, others = columns.columns_of(bracketed, name.name, context.aliases)
    constraints = [c for d in definitions for c in d.constraints]
    for group in others:
        if len(group) != 1 or group[0].kind != "table_constraint":
            raise refusal.unknown(group[0])
        constraints.append(table_constraint(group[0], name.name))
    keys.settle(constraints, name, bracketed.line)
    numbered = [definition for definition in definitions if definition.identity is not None]
    if len(numbered) > 1:
        raise identity_columns.several(name, numbered[1].node)
    counters = [columns.counter(definition, name) for definition in definitions]
    for constraint in constraints:
        if constraint.kind == "PK":
            _not_null(constraint, definitions, name, bracketed)
    known = [definition.column for definition in definitions]
    texts: list[str] = []
    comments: list[str] = []
    seen: set[str] = set()
    for definition in definitions:
        folded = fold(definition.name)
        if folded in seen:
            raise Refused(
                2705,
                f"Column names in each table must be unique. Column name '{definition.name}' in "
                f"table '{name}' is specified more than once.",
                state=3,
                line=definition.node.line,
            )
        seen.add(folded)
        made, notes = columns.column_sql(definition, known, context, text)
        texts.append(made)
        comments += remark("COLUMN", f"{name.sql}.{quote(folded)}", notes)
    temporary = "TEMPORARY " if name.temporary else ""
    body = ", ".join(texts)
    statements = [text for before, _ in counters for text in before]
    statements.append(f"CREATE {temporary}TABLE {columns.relation_name(name)} ({body})")
    statements += [text for _, after in counters for text in after]
    if fold(name.name) != name.name:
        statements += remark("TABLE", name.sql, {"name": name.name})
    if name.shared:
        statements.append(f"CALL store.keep_global({literal(name.sql)})")
    known = [definition.column for definition in definitions]
    statements += comments
    for constraint in constraints:
        statements += constraint_sql(constraint, name, known, context, text, line=bracketed.line)
    return statements + stamps(name, definitions)


def stamps(name: ObjectName, definitions: list[Definition]) -> list[str]:
    """rowversion columns get a new value with every update."""
    return [
        f"CREATE TRIGGER {quote('rowversion ' + fold(d.name)[:50])} BEFORE UPDATE ON {name.sql} "
        f"FOR EACH ROW EXECUTE FUNCTION store.stamp('{fold(d.name)}')"
        for d in definitions
        if d.type is not None and d.type.name == "rowversion"
    ]


def _not_null(
    constraint: Constraint, definitions: list[Definition], name: ObjectName, node: Node
) -> None:
    keyed = {fold(column) for column, _ in constraint.columns}
    for definition in definitions:
        if fold(definition.name) in keyed:
            if definition.nullable:
                raise Refused(
                    8111,
                    "Cannot define PRIMARY KEY constraint on nullable column in table "
                    f"'{name.name}'.",
                    line=node.line,
                )
            definition.nullable = False


async def create_table(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    walk = Walk(node)
    walk.need_words("CREATE", "TABLE")
    name = ObjectName.of(walk.need("table_reference"))
    bracketed = walk.need("bracketed")
    while walk.here is not None:
        if walk.words("ON") or walk.words("TEXTIMAGE_ON"):
            walk.skip()
        else:
            walk.need("table_option_statement", "filegroup_clause")
    session = interpreter.session
    text = running.text_of(interpreter, node)

    def make(context: Context) -> list[str]:
        return table_sql(name, bracketed, context, text)

    statements, context = await evaluate.translate(session, node, frame, make, "create")
    if name.key in context.relations:
        raise Refused(
            2714,
            f"There is already an object named '{name.name}' in the database.",
            state=6,
            line=node.line,
        )
    await running.schema_exists(interpreter, name, node)
    running.require(interpreter, "CREATE", name, node)
    async for result in running.run(interpreter, statements, node):
        yield result
    if name.temporary and session.state.nesting:
        frame.temporary.add(quote(fold(name.name)))


async def table_variable(
    interpreter: Interpreter,
    variable: str,
    bracketed: Node,
    frame: Frame,
    type: tuple[str, str] | None = None,
) -> None:
    """`DECLARE @t TABLE (…)`: a temporary table that ends with the batch."""
    session = interpreter.session
    name = table_variables.table_name(session, variable)

    def make(context: Context) -> list[str]:
        return table_sql(name, bracketed, context, running.text_of(interpreter, bracketed))

    kind = f"table {name.name}"
    statements, _ = await evaluate.translate(session, bracketed, frame, make, kind)
    dropped = f"DROP TABLE IF EXISTS {name.sql}"
    async for _ in running.run(interpreter, [dropped, *statements], bracketed):
        pass
    found = await reader.relations(session.link, [name.key])
    made = TableVariable(name, found[name.key], tuple(statements), type)
    frame.tables[variable] = made
    interpreter.tables.append(made)


async def truncate(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """TRUNCATE TABLE: the identity starts again, a referenced table is refused with 4712."""
    walk = Walk(node)
    walk.need_words("TRUNCATE", "TABLE")
    name = ObjectName.of(walk.need("table_reference"))
    walk.done()
    session = interpreter.session
    relations = await evaluate.load(session, node)
    if name.key not in relations:
        raise Refused(
            4701,
            f'Cannot find the object "{name.name}" because it does not exist or you do not have '
            "permissions.",
            line=node.line,
        )
    running.require(interpreter, "ALTER", name, node)
    rows, _ = await session.link.fetch(
        "SELECT EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid "
        f"AND confrelid = '{name.sql.replace(chr(39), chr(39) * 2)}'::regclass)"
    )
    if rows[0][0] == b"\x01":
        raise Refused(
            4712,
            f"Cannot truncate table '{name}' because it is being referenced by a FOREIGN KEY "
            "constraint.",
            line=node.line,
        )
    session.transaction.writing(node.line)
    async for result in start(interpreter):
        yield result
    await session.link.run(f"TRUNCATE TABLE {name.sql} RESTART IDENTITY")


async def drop_table(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`DROP TABLE [IF EXISTS] a, b`. Raises Refused 3701, 3726."""
    walk = Walk(node)
    walk.need_words("DROP", "TABLE")
    tolerant = walk.words("IF", "EXISTS")
    names: list[ObjectName] = []
    while (reference := walk.kind("table_reference", "comma")) is not None:
        if reference.kind != "comma":
            names.append(ObjectName.of(reference))
    walk.done()
    session = interpreter.session
    relations = await evaluate.load(session, node)
    for name in names:
        relation = relations.get(name.key)
        if relation is None or relation.kind != "U":
            if tolerant:
                continue
            raise Refused(
                3701,
                f"Cannot drop the table '{name}', because it does not exist or you do not have "
                "permission.",
                11,
                5,
                node.line,
            )
        running.require(interpreter, "ALTER", name, node)
        await _unreferenced(interpreter, name, node)
        statements = [f"DROP TABLE {name.sql}"]
        if not name.temporary:
            triggers = f"DELETE FROM store.modules WHERE parent_id = {relation.oid}"
            statements.append(triggers)
        async for result in running.run(interpreter, statements, node):
            yield result


async def _unreferenced(interpreter: Interpreter, name: ObjectName, node: Node) -> None:
    rows, _ = await interpreter.session.link.fetch(
        "SELECT EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND conrelid <> confrelid "
        f"AND confrelid = '{name.sql.replace(chr(39), chr(39) * 2)}'::regclass)"
    )
    if rows[0][0] == b"\x01":
        raise Refused(
            3726,
            f"Could not drop object '{name}' because it is referenced by a FOREIGN KEY constraint.",
            line=node.line,
        )
