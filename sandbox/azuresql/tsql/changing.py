"""INSERT, UPDATE, DELETE and MERGE: run, counted, with what their triggers do."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import Done, Refused, Result, Results, ResultSet, Rows
from sandbox.azuresql.tsql import (
    collecting,
    cursors,
    evaluate,
    firing,
    inserts,
    instead,
    locking,
    merge,
    modules,
    positioned,
    queries,
    refusal,
    through,
    updates,
)
from sandbox.azuresql.tsql.changes import Change
from sandbox.azuresql.tsql.derived import common_tables
from sandbox.azuresql.tsql.exchange import rows_of
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.modules import Module, events
from sandbox.azuresql.tsql.names import literal, parts
from sandbox.azuresql.tsql.opening import start
from sandbox.azuresql.tsql.results import columns
from sandbox.azuresql.tsql.scope import Context
from sandbox.azuresql.tsql.signatures import definition_of
from sandbox.azuresql.tsql.state import Identity
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

COMMANDS: Final = {"INSERT": 0xC3, "DELETE": 0xC4, "UPDATE": 0xC5, "MERGE": 0x117}

CHANGES: Final = {
    "insert_statement": inserts.insert,
    "update_statement": updates.update,
    "delete_statement": updates.delete,
    "merge_statement": merge.merge,
}


async def change(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """INSERT, UPDATE, DELETE or MERGE, with its OUTPUT."""
    session = interpreter.session
    current = node.find("where_current_of_cursor_segment")
    if current is not None:
        cursor = cursors.current(interpreter, current.children[-1], frame)
        node = positioned.located(node, current, cursor, frame)
    if node.kind == "insert_statement" and node.find("execute_script_statement") is not None:
        async for result in collecting.insert(interpreter, node, frame):
            yield result
        return

    def make(context: Context) -> Change:
        if node.kind != "with_compound_statement":
            return CHANGES[node.kind](node, context)
        walk = Walk(node)
        if node.children[-1].kind in ("update_statement", "delete_statement"):
            context.through = through.common(node, node.children[-1])
        prefix = common_tables(walk, context, None, queries.query)
        body = walk.skip()
        walk.done()
        return CHANGES[body.kind](body, context, prefix)

    found, context = await evaluate.translate(session, node, frame, make, "change")
    body = node.children[-1] if node.kind == "with_compound_statement" else node
    command = body.kind.partition("_")[0].upper()
    async for result in run(interpreter, found, context, command, frame, node):
        yield result


async def run(
    interpreter: Interpreter,
    found: Change,
    context: Context,
    command: str,
    frame: Frame,
    node: Node,
) -> AsyncGenerator[Result, None]:
    """A translated change and the triggers that it fires."""
    session = interpreter.session
    session.transaction.writing(node.line)
    if session.state.options.rowcount:
        raise refusal.unknown(node, "SET ROWCOUNT")
    if command == "INSERT":
        _check_identity(interpreter, found, node)
    rows = _changed(interpreter, found, context, command, frame)
    if (context.table_locks or context.held) and not session.transaction.count:
        rows = _locked(interpreter, rows, context, frame)
    triggers = (await modules.load(session)).triggers
    if triggers and not found.target.temporary:
        _check_output(found, command, triggers.get(found.target.oid, ()), node)
        done = await instead.intercepted(interpreter, found.target, command, node)
        rows = firing.around(interpreter, rows, frame, _assigned(node), done)
    async for result in rows:
        yield result


async def _locked(
    interpreter: Interpreter, statement: Results, context: Context, frame: Frame
) -> AsyncGenerator[Result, None]:
    """A statement of its own that needs locks of tables or keys: they last until it is done."""
    session, transaction = interpreter.session, interpreter.session.transaction
    async for result in start(interpreter):
        yield result
    alone = not transaction.count
    if alone:
        await transaction.begin()
    try:
        await locking.take(
            session, context, await evaluate.bind(session, context.parameters, frame)
        )
        async for result in statement:
            yield result
    except BaseException:
        if alone and transaction.count:
            await transaction.rollback()
        raise
    if alone:
        await transaction.commit()


def _assigned(node: Node) -> list[str]:
    """The columns that SET clauses name."""
    clauses = (clause.find("column_reference") for clause in node.all("set_clause"))
    return [parts(reference)[-1] for reference in clauses if reference is not None]


async def _changed(
    interpreter: Interpreter, found: Change, context: Context, command: str, frame: Frame
) -> AsyncGenerator[Result, None]:
    session = interpreter.session
    interpreter.target = found.target
    async for result in start(interpreter):
        yield result
    values = await evaluate.bind(session, context.parameters, frame)
    count = 0
    first = True
    async for piece in session.link.stream(found.sql, values):
        if found.variables and piece.ntuples:
            for name, data in zip(found.variables, rows_of(piece)[-1], strict=True):
                frame.variables[name].data = data
        if found.outputs is not None:
            if first:
                yield ResultSet(columns(piece, found.outputs, session.types))
                first = False
            if piece.ntuples:
                yield Rows(rows_of(piece))
        count += piece.ntuples if found.outputs is not None else 0
        if found.outputs is None and not found.variables:
            count = piece.command_tuples or 0
        elif found.variables:
            count += piece.ntuples
    if command == "INSERT" and count:
        await _numbered(interpreter, found, frame)
    session.state.rowcount = count
    if not session.state.options.nocount:
        yield Done(count, COMMANDS[command])
    elif found.outputs is not None:
        yield Done(None, COMMANDS[command])


def _check_output(found: Change, command: str, triggers: Sequence[Module], node: Node) -> None:
    """Raises Refused 334: a trigger's results would stand among those of OUTPUT."""
    fired = (events(definition_of(trigger)) for trigger in triggers)
    if found.outputs is None or not any(
        command == "MERGE" or command.lower() in names for names in fired
    ):
        return
    raise Refused(
        334,
        f"The target table '{found.target.schema}.{found.target.name}' of the DML statement cannot "
        "have any enabled triggers if the statement contains an OUTPUT clause without INTO clause.",
        line=node.line,
    )


def _check_identity(interpreter: Interpreter, found: Change, node: Node) -> None:
    relation = found.target
    if relation.identity is None:
        return
    key = (relation.schema.lower(), relation.name.lower())
    inserting = interpreter.session.state.identity_insert == key
    if found.identity_given and not inserting:
        raise Refused(
            544,
            f"Cannot insert explicit value for identity column in table '{relation.name}' when "
            "IDENTITY_INSERT is set to OFF.",
            line=node.line,
        )
    if inserting and not found.columns_listed:
        raise Refused(
            8101,
            f"An explicit value for the identity column in table '{relation.name}' can only be "
            "specified when a column list is used and IDENTITY_INSERT is ON.",
            line=node.line,
        )
    if inserting and not found.identity_given:
        raise Refused(
            545,
            f"Explicit value must be specified for identity column in table '{relation.name}' "
            "either when IDENTITY_INSERT is set to ON or when a replication user is inserting into "
            "a NOT FOR REPLICATION identity column.",
            line=node.line,
        )


async def _numbered(interpreter: Interpreter, found: Change, frame: Frame) -> None:
    """After an INSERT: where SCOPE_IDENTITY() comes from, and the counter after given values."""
    state, relation = interpreter.session.state, found.target
    column = relation.identity
    if column is None:
        return
    frame.identity = state.identity = Identity(relation)
    if found.identity_given:
        best = "max" if column.increment > 0 else "min"
        sql = (
            f"SELECT sys.advance_identity({literal(relation.sql)}::regclass, "
            f"(SELECT {best}({column.sql})::int8 FROM {relation.sql}))"
        )
        rows, _ = await interpreter.session.link.fetch(sql)
        frame.identity.value = read_int(rows[0][0])
