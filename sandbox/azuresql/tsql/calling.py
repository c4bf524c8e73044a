"""Calls of procedures that users wrote."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, Result, ReturnStatus, SqlType
from sandbox.azuresql.tsql import evaluate, modules, table_arguments, types
from sandbox.azuresql.tsql.calls import Argument, matched
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.frame import Frame, Returned, Variable
from sandbox.azuresql.tsql.modules import Module
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.nesting import level
from sandbox.azuresql.tsql.parameters import TABLE, Declared, listed_in
from sandbox.azuresql.tsql.signatures import definition_of
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter
    from sandbox.azuresql.tsql.session import TsqlSession


async def procedure(
    interpreter: Interpreter,
    name: ObjectName,
    arguments: Sequence[Argument],
    frame: Frame,
    line: int,
) -> AsyncGenerator[Result, None]:
    """The procedure's results, its status last. Raises Refused 2812, 201, 229, 266 and 8144."""
    session = interpreter.session
    found = (await modules.load(session)).find(name, modules.PROCEDURE)
    if found is None:
        raise Refused(2812, f"Could not find stored procedure '{name}'.", state=62, line=line)
    if not session.state.chained:
        needs = [("EXECUTE", *found.key)]
        await session.engine.rights(session.state.database, session.link)
        session.engine.check_rights(session.state, needs, line)
    node = definition_of(found)
    listed = node.find("procedure_parameter_list")
    declarations = listed_in(listed, tables=True) if listed is not None else ()
    inner = Frame(errors=list(frame.errors), procedure=found.name, procedure_id=found.id)
    given = matched(arguments, [d.name.lower() for d in declarations], found.name)
    inner.variables = {
        d.name.lower(): Variable(d.type, await _value(session, d, given, node, found))
        for d in declarations
        if d.type != TABLE
    }
    body = node.find("procedure_statement")
    assert body is not None
    count, status = session.transaction.count, 0
    async with level(interpreter, found.definition, inner, chained=True):
        if listed is not None:
            await table_arguments.give(interpreter, listed, given, inner)
        try:
            async for result in interpreter.block(body.children, inner):
                yield result
        except Returned as returned:
            status = returned.value
    for declaration in declarations:
        argument = given.get(declaration.name.lower())
        if argument is not None and argument.output and argument.variable:
            await _give_back(session, inner.variables[declaration.name.lower()], argument, frame)
    if session.transaction.count != count:
        raise Refused(
            266,
            "Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT "
            f"statements. Previous count = {count}, current count = {session.transaction.count}.",
            state=2,
            line=line,
        )
    yield ReturnStatus(status)


async def _value(
    session: TsqlSession,
    declared: Declared,
    given: dict[str, Argument],
    node: Node,
    procedure: Module,
) -> bytes | None:
    argument = given.get(declared.name.lower())
    if argument is not None and argument.output and not declared.output:
        raise Refused(
            8162,
            f"The formal parameter '{declared.name}' was not declared as an OUTPUT parameter, but "
            "the actual parameter passed in requested output.",
            state=2,
        )
    if argument is not None and not argument.default:
        return await converted(session, argument.type, argument.data, declared.type)
    if declared.default is not None:
        return await evaluate.value(session, [declared.default], node, Frame(), declared.type)
    refused = Refused(
        201,
        f"Procedure or function '{procedure.name}' expects parameter '{declared.name}', which was "
        "not supplied.",
        state=4,
        line=0,
    )
    refused.notice.procedure = procedure.name
    raise refused


async def _give_back(
    session: TsqlSession, variable: Variable, argument: Argument, frame: Frame
) -> None:
    target = frame.variables[argument.variable]
    target.data = await converted(session, variable.type, variable.data, target.type)


async def converted(
    session: TsqlSession, source: SqlType, data: bytes | None, type: SqlType
) -> bytes | None:
    """A value in another type, as an assignment converts it: a string is cut to its length."""
    if data is None or source == type:
        return data
    value = Value(session.types.oid(types.bare(source)), data)
    rows, _ = await session.link.fetch(f"SELECT $1::{types.postgresql(type)}", [value])
    return rows[0][0]
