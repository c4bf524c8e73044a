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
    changing,
    control,
    cursors,
    ddl,
    evaluate,
    messages,
    queries,
    refusal,
    settings,
    types,
    variables,
)
from sandbox.azuresql.tsql.ddl.constraints import remark
from sandbox.azuresql.tsql.derived import common_tables
from sandbox.azuresql.tsql.exchange import rows_of
from sandbox.azuresql.tsql.frame import Frame
from sandbox.azuresql.tsql.names import fold, literal, quote
from sandbox.azuresql.tsql.opening import guard, start
from sandbox.azuresql.tsql.results import columns
from sandbox.azuresql.tsql.scope import Context, Output
from sandbox.azuresql.tsql.selection import Select
from sandbox.azuresql.tsql.tree import Node
from sandbox.azuresql.tsql.values import read_int
from sandbox.azuresql.tsql.walk import Walk

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter

SELECT: Final = 0xC1


async def select(
    interpreter: Interpreter, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """A query whose rows go to the client, into variables or into a new table."""
    session = interpreter.session
    if node.kind == "with_compound_statement" and node.children[-1].kind in changing.CHANGES:
        async for result in changing.change(interpreter, node, frame):
            yield result
        return

    def make(context: Context) -> tuple[str, list[Output], Select | None]:
        return translated(node, context)

    (sql, outputs, parts), context = await evaluate.translate(session, node, frame, make, "query")
    if session.state.options.rowcount and parts is not None and not parts.outputs:
        raise refusal.unknown(node, "SET ROWCOUNT")
    if parts is not None and parts.into is not None:
        async for result in _into(interpreter, parts, context, frame):
            yield result
        return
    if parts is not None and parts.assignments:
        async for result in _assign(interpreter, parts, context, node, frame):
            yield result
        return
    limit = session.state.options.rowcount
    if limit:
        sql = f'SELECT * FROM ({sql}) AS "~rows" LIMIT {limit}'
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
    if parts is not None and parts.locks:
        session.transaction.touched()
    session.state.rowcount = count
    yield Done(None if session.state.options.nocount else count, SELECT)


def translated(node: Node, context: Context) -> tuple[str, list[Output], Select | None]:
    """A query as PostgreSQL text with its columns, and its parts where it is one SELECT."""
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
    if parts.document is not None:
        text = f'SELECT * FROM ({parts.text()}) AS "~text" WHERE "json" IS NOT NULL'
        return prefix + text, parts.shown, parts
    return prefix + parts.text(), parts.outputs, parts


async def _into(
    interpreter: Interpreter, parts: Select, context: Context, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SELECT … INTO t`: a new table from a query."""
    session = interpreter.session
    assert parts.into is not None
    if session.state.options.rowcount or parts.document is not None:
        raise Refused(
            40517,
            "SELECT INTO with SET ROWCOUNT, FOR JSON or FOR XML is not supported by the Azure SQL "
            "stand-in.",
        )
    for place, output in enumerate(parts.outputs):
        if not output.name:
            raise Refused(1038, "An object or column name is missing or empty.", 15, 5)
        if (output.text or output.loose) and output.type is not None:
            ending = f" AS {quote(fold(output.name))}"
            value = f"({parts.items[place].removesuffix(ending)})::{types.postgresql(output.type)}"
            collation = types.collation(context.default_collation) if output.loose else ""
            parts.items[place] = value + (f" COLLATE {collation}" if collation else "") + ending
            output.text = False
    async for result in start(interpreter):
        yield result
    values = await evaluate.bind(session, context.parameters, frame)
    temporary = "TEMPORARY " if parts.into.temporary else ""
    name = quote(parts.into.key[1]) if temporary else parts.into.sql
    _, count = await session.link.fetch(f"CREATE {temporary}TABLE {name} AS {parts.text()}", values)
    session.transaction.touched()
    for statement in _into_notes(parts, name if not temporary else f"pg_temp.{name}"):
        await session.link.run(statement)
    ddl.made(interpreter, parts.into, frame)
    session.state.rowcount = count
    yield Done(None if session.state.options.nocount else count, SELECT)


def _into_notes(parts: Select, table: str) -> list[str]:
    """What the new table keeps of the query's columns: their spelling and NOT NULL."""
    statements: list[str] = []
    assert parts.into is not None
    if parts.into.shared:
        statements.append(f"CALL store.keep_global({literal(table)})")
    if fold(parts.into.name) != parts.into.name:
        statements += remark("TABLE", table, {"name": parts.into.name})
    for output in parts.outputs:
        column = quote(fold(output.name))
        if fold(output.name) != output.name:
            statements += remark("COLUMN", f"{table}.{column}", {"name": output.name})
        if output.column is not None and not output.column.nullable and "JOIN" not in parts.source:
            statements.append(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
    return statements


async def _assign(
    interpreter: Interpreter, parts: Select, context: Context, node: Node, frame: Frame
) -> AsyncGenerator[Result, None]:
    """`SELECT @x = …`: the last row's values, or each row's in turn where they build on it."""
    session = interpreter.session
    for name, _, _ in parts.assignments:
        if name not in frame.variables:
            raise refusal.no_variable(name, node.line)
    names = [name for name, _, _ in parts.assignments]
    fresh = Context(context.relations, frame.types, functions=context.functions)
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


Handler = Callable[["Interpreter", Node, Frame], Results]


def _handlers() -> dict[str, Handler]:
    found: dict[str, Handler] = {
        "select_statement": select,
        "set_expression": select,
        "with_compound_statement": select,
        "insert_statement": changing.change,
        "update_statement": changing.change,
        "delete_statement": changing.change,
        "merge_statement": changing.change,
        "declare_segment": variables.declare,
        "set_local_variable_segment": variables.set_variable,
        "print_statement": messages.print_,
        "raiserror_statement": messages.raiserror,
    }
    found.update(settings.HANDLERS)
    found.update(control.HANDLERS)
    found.update(cursors.HANDLERS)
    found.update(ddl.HANDLERS)
    return found


HANDLERS: Final = _handlers()
