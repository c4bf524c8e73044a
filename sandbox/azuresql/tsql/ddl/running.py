"""Running definitions: all statements of one T-SQL statement, or none."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

from sandbox.azuresql.catalog import reader
from sandbox.azuresql.session import Done, Refused, Result
from sandbox.azuresql.tsql.exchange import ServerError
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import ObjectName, fold, quote
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.scope import Context, Relation
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


def must_exist(context: Context, name: ObjectName, node: Node) -> Relation:
    """The table that a definition belongs to. Raises Refused 4902."""
    found = context.relations.get(name.key)
    if found is None or fold(found.name) != fold(name.name):
        raise Refused(
            4902,
            f'Cannot find the object "{name}" because it does not exist or you do not have '
            "permissions.",
            line=node.line,
        )
    return found


def text_of(interpreter: Interpreter, node: Node) -> str:
    """The text that the node's positions count in: that of the batch being run."""
    return interpreter.texts[-1] if interpreter.texts else node.text


def require(interpreter: Interpreter, right: str, name: ObjectName, node: Node) -> None:
    """`right` is CREATE or ALTER. Raises Refused as catalog/definitions.py says."""
    session = interpreter.session
    session.engine.check_definition(session.state, right, node.kind, name, node.line)


async def run(
    interpreter: Interpreter, statements: Sequence[str], node: Node
) -> AsyncGenerator[Result, None]:
    """The statements in one transaction; what was known of the database is forgotten."""
    session = interpreter.session
    session.transaction.writing(node.line)
    async for result in start(interpreter):
        yield result
    alone = session.transaction.count == 0
    text = "; ".join(statements)
    if "CALL store.keep_global" in text:
        session.state.database.global_tables = True
    if alone and len(statements) > 1:
        try:
            await session.link.run(f"BEGIN; {text}; COMMIT")
        except ServerError:
            await session.link.run("ROLLBACK")
            raise
    else:
        await session.link.run(text)
    interpreter.definition_changed(temporary=_temporary(statements))
    yield Done()


def _temporary(statements: Sequence[str]) -> bool:
    """Whether the statements made, changed or dropped a temporary table."""
    first = statements[0]
    return first.startswith("CREATE TEMPORARY ") or " pg_temp." in first


def made(interpreter: Interpreter, name: ObjectName, frame: Frame) -> None:
    """A table was made outside of `run`."""
    interpreter.definition_changed(temporary=name.temporary)
    if name.shared:
        interpreter.session.state.database.global_tables = True
    if name.temporary:
        frame.temporary.add(quote(fold(name.name)))


async def relation_of(interpreter: Interpreter, name: ObjectName, node: Node) -> Relation:
    """The table as it is now. Raises Refused 1088."""

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


async def schema_exists(interpreter: Interpreter, name: ObjectName, node: Node) -> None:
    """Raises Refused 2760 for a schema that is not there."""
    if name.temporary:
        return
    schema = name.folded_schema.replace("'", "''")
    rows, _ = await interpreter.session.link.fetch(
        f"SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '{schema}')"
    )
    if rows[0][0] != b"\x01":
        raise Refused(
            2760,
            f'The specified schema name "{name.schema}" either does not exist or you do not have '
            "permission to use it.",
            line=node.line,
        )
