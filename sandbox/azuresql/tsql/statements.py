"""Statements that read and change rows, and variables."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    Done,
    Refused,
    Result,
    Results,
    ResultSet,
    Rows,
)
from sandbox.azuresql.tsql import (
    accumulation,
    control,
    ddl,
    evaluate,
    inserts,
    merge,
    messages,
    queries,
    refusal,
    settings,
    types,
    updates,
    variables,
)
from sandbox.azuresql.tsql.changes import Change
from sandbox.azuresql.tsql.derived import common_tables
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.link import rows_of
from sandbox.azuresql.tsql.names import literal, quote
from sandbox.azuresql.tsql.opening import guard, start
from sandbox.azuresql.tsql.queries import Select
from sandbox.azuresql.tsql.results import columns
from sandbox.azuresql.tsql.scope import Context, Output
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

SELECT: Final = 0xC1
_COMMANDS: Final = {"INSERT": 0xC3, "DELETE": 0xC4, "UPDATE": 0xC5, "MERGE": 0x117}


async def select(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """A query whose rows go to the client, into variables or into a new table."""
    session = interpreter.session
    if node.kind == "with_compound_statement" and node.children[-1].kind in _CHANGES:
        async for result in change(interpreter, node, frame):
            yield result
        return

    def make(context: Context) -> tuple[str, list[Output], Select | None]:
        return _select(node, context)

    (sql, outputs, parts), context = await evaluate.translate(session, node, frame, make, "query")
    if parts is not None and parts.into is not None:
        async for result in _into(interpreter, parts, context, frame):
            yield result
        return
    if parts is not None and parts.assignments:
        async for result in _assign(interpreter, parts, context, node, frame):
            yield result
        return
    if "FROM" in sql:
        async for result in start(interpreter):
            yield result
    else:
        await guard(interpreter)
    values = await evaluate.bind(session, context.parameters, frame)
    if session.state.options.format_only:
        described, _ = await session.link.describe(sql, [value.oid for value in values])
        yield ResultSet(columns(described, outputs, session.types))
        yield Done(None, SELECT)
        return
    count = 0
    first = True
    async for piece in session.link.stream(sql, values):
        if first:
            yield ResultSet(columns(piece, outputs, session.types))
            first = False
        if piece.ntuples:
            count += piece.ntuples
            yield Rows(rows_of(piece))
    session.state.rowcount = count
    yield Done(None if session.state.options.nocount else count, SELECT)


def _select(node: Node, context: Context) -> tuple[str, list[Output], Select | None]:
    body, prefix = node, ""
    if node.kind == "with_compound_statement":
        walk = Walk(node)
        prefix = common_tables(walk, context, None, queries.query)
        body = walk.skip()
        walk.done()
    if body.kind != "select_statement":
        text, outputs = queries.query(body, context, None)
        return prefix + text, outputs, None
    parts = queries.select_parts(body, context, None)
    if parts.assignments and parts.outputs:
        raise Refused(
            141,
            "A SELECT statement that assigns a value to a variable must not be combined with "
            "data-retrieval operations.",
            15,
            line=node.line,
        )
    if parts.assignments:
        parts.items = []
        return prefix, [], parts
    return prefix + parts.text(), parts.outputs, parts


async def _into(
    interpreter: Interpreter, parts: Select, context: Context, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SELECT … INTO t`: a new table from a query."""
    session = interpreter.session
    assert parts.into is not None
    for place, output in enumerate(parts.outputs):
        if not output.name:
            raise Refused(1038, "An object or column name is missing or empty.", 15, 5)
        if output.text and output.type is not None:
            value, _, _ = parts.items[place].rpartition(" AS ")
            parts.items[place] = (
                f"{value}::{types.postgresql(output.type)} AS {quote(output.name.lower())}"
            )
            output.text = False
    async for result in start(interpreter):
        yield result
    values = await evaluate.bind(session, context.parameters, frame)
    temporary = "TEMPORARY " if parts.into.temporary else ""
    name = quote(parts.into.key[1]) if temporary else parts.into.sql
    _, count = await session.link.fetch(f"CREATE {temporary}TABLE {name} AS {parts.text()}", values)
    ddl.made(interpreter, parts.into, frame)
    session.state.rowcount = count
    yield Done(None if session.state.options.nocount else count, SELECT)


async def _assign(
    interpreter: Interpreter, parts: Select, context: Context, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SELECT @x = …`: the last row's values, or each row's in turn where they build on it."""
    session = interpreter.session
    for name, _, _ in parts.assignments:
        if name not in frame.variables:
            raise refusal.no_variable(name, node.line)
    names = [name for name, _, _ in parts.assignments]
    relations = await evaluate.load(session, node, frame.types)
    fresh = Context(relations, frame.types)
    sql = accumulation.assignment(node, fresh, names)
    if parts.source:
        async for result in start(interpreter):
            yield result
    else:
        await guard(interpreter)
    values = await evaluate.bind(session, fresh.parameters, frame)
    last: list[bytes | None] | None = None
    count = 0
    async for piece in session.link.stream(sql.text, values):
        if piece.ntuples:
            last = rows_of(piece)[-1]
            count += piece.ntuples
    if sql.counted and last is not None:
        count = read_int(last.pop()) or 0
        last = last if count else None
    if last is not None:
        for name, data in zip(names, last, strict=True):
            frame.variables[name].data = data
    session.state.rowcount = count
    yield Done(None if session.state.options.nocount else count, SELECT)


_CHANGES: Final = {
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
    if node.kind == "insert_statement" and node.find("execute_script_statement") is not None:
        raise refusal.unknown(node)

    def make(context: Context) -> Change:
        if node.kind != "with_compound_statement":
            return _CHANGES[node.kind](node, context)
        walk = Walk(node)
        prefix = common_tables(walk, context, None, queries.query)
        body = walk.skip()
        walk.done()
        return _CHANGES[body.kind](body, context, prefix)

    found, context = await evaluate.translate(session, node, frame, make, "change")
    body = node.children[-1] if node.kind == "with_compound_statement" else node
    command = body.kind.partition("_")[0].upper()
    session.transaction.writing(node.line)
    if command == "INSERT":
        _check_identity(interpreter, found, node)
    interpreter.target = found.target
    async for result in start(interpreter):
        yield result
    values = await evaluate.bind(session, context.parameters, frame)
    count = 0
    first = True
    async for piece in session.link.stream(found.sql, values):
        if found.outputs is not None:
            if first:
                yield ResultSet(columns(piece, found.outputs, session.types))
                first = False
            if piece.ntuples:
                yield Rows(rows_of(piece))
        count += piece.ntuples if found.outputs is not None else 0
        if found.outputs is None:
            count = piece.command_tuples or 0
    if command == "INSERT" and count:
        await _numbered(interpreter, found, frame)
    session.state.rowcount = count
    if not session.state.options.nocount:
        yield Done(count, _COMMANDS[command])
    elif found.outputs is not None:
        yield Done(None, _COMMANDS[command])


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
    frame.numbered = True
    state.identity = None
    state.identity_source = relation
    if found.identity_given:
        best = "max" if column.increment > 0 else "min"
        sql = (
            f"SELECT sys.advance_identity({literal(relation.sql)}::regclass, "
            f"(SELECT {best}({column.sql})::int8 FROM {relation.sql}))"
        )
        rows, _ = await interpreter.session.link.fetch(sql)
        state.identity = read_int(rows[0][0])


Handler = Callable[["Interpreter", Node, Frame], Results]


def _handlers() -> dict[str, Handler]:
    found: dict[str, Handler] = {
        "select_statement": select,
        "set_expression": select,
        "with_compound_statement": select,
        "insert_statement": change,
        "update_statement": change,
        "delete_statement": change,
        "merge_statement": change,
        "declare_segment": variables.declare,
        "set_local_variable_segment": variables.set_variable,
        "print_statement": messages.print_,
        "raiserror_statement": messages.raiserror,
    }
    found.update(settings.HANDLERS)
    found.update(control.HANDLERS)
    found.update(ddl.HANDLERS)
    return found


HANDLERS: Final = _handlers()
