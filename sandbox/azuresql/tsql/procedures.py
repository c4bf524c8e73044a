"""Calls: statements with parameters, prepared statements, and the system procedures."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.azuresql.session import (
    OutputValue,
    Parameter,
    Refused,
    Result,
    ReturnStatus,
    SqlType,
    TableValue,
)
from sandbox.azuresql.tsql import executesql, parameters, system
from sandbox.azuresql.tsql.calling import procedure
from sandbox.azuresql.tsql.calls import Argument
from sandbox.azuresql.tsql.evaluate import pack_int
from sandbox.azuresql.tsql.frame import Frame, Returned, Variable
from sandbox.azuresql.tsql.names import ObjectName, fold, plain, split_name
from sandbox.azuresql.tsql.nesting import nested
from sandbox.azuresql.tsql.parameters import TABLE, Declared, declared
from sandbox.azuresql.tsql.required import require
from sandbox.azuresql.tsql.table_parameters import receive, received
from sandbox.azuresql.tsql.types import SEAM_OIDS
from sandbox.azuresql.tsql.values import encode, read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter
    from sandbox.azuresql.tsql.session import TsqlSession

_INT: Final = SqlType("int")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement that sp_prepare gave a handle."""

    text: str
    parameters: tuple[Declared, ...]
    declarations: str = ""
    call: bool = False
    """`text` is a procedure's name."""


async def call(
    session: TsqlSession, name: str, given: Sequence[Parameter]
) -> AsyncGenerator[Result, None]:
    """A remote procedure call, by lower-case name."""
    await session.transaction.guard()
    special = _REMOTE.get(name.rpartition(".")[2])
    if special is not None:
        require(name.rpartition(".")[2], given)
        async for result in special(session, list(given)):
            yield result
        return
    frame = Frame()
    arguments: list[Argument] = []
    for place, p in enumerate(given):
        variable = p.name.lower() or str(place)
        if isinstance(p.value, TableValue):
            await received(session, variable, p.value, frame)
            arguments.append(Argument(p.name, TABLE, None, table=frame.tables[variable]))
            continue
        argument = Argument(p.name, p.type, encode(p.value, p.type), p.output, variable)
        frame.variables[variable] = Variable(argument.type, argument.data)
        arguments.append(argument)
    parts = [plain(part) for part in split_name(name) if part]
    if not parts:
        raise Refused(2812, f"Could not find stored procedure '{name}'.", state=62)
    status = 0
    async for result in execute(session.interpreter, parts, arguments, frame, "@@status", 1):
        if isinstance(result, ReturnStatus):
            status = result.value
        else:
            yield result
    yield ReturnStatus(status)
    for argument in arguments:
        if argument.output:
            yield _output(argument.name, frame.variables[argument.variable])


def _output(name: str, variable: Variable) -> OutputValue:
    return OutputValue(name, variable.type, SEAM_OIDS[variable.type.name], variable.data)


async def _run(
    session: TsqlSession, prepared: Prepared, given: Sequence[Parameter], before: list[OutputValue]
) -> AsyncGenerator[Result, None]:
    """Run a parametrised text; `before` are output values that go in front."""
    frame = Frame(parameters.variables(prepared.parameters, given))
    await receive(session, prepared.parameters, given, frame)
    status = 0
    try:
        async for result in nested(session.interpreter, prepared.text, frame):
            yield result
    except Returned as returned:
        status = returned.value
    yield ReturnStatus(status)
    for value in before:
        yield value
    for place, parameter in enumerate(given):
        if parameter.output:
            name = parameter.name.lower() or prepared.parameters[place].name.lower()
            yield _output(parameter.name, frame.variables[name])


def _text(parameter: Parameter) -> str:
    return "" if parameter.value is None else str(parameter.value)


async def _executesql(session: TsqlSession, given: list[Parameter]) -> AsyncGenerator[Result, None]:
    text = _text(given[0])
    declarations = declared(_text(given[1])) if len(given) > 1 else ()
    async for result in _run(session, Prepared(text, declarations), given[2:], []):
        yield result


def _keep(session: TsqlSession, text: str, declarations: str) -> tuple[int, Prepared]:
    prepared = Prepared(text, declared(declarations), declarations)
    handle = max(session.prepared, default=0) + 1
    session.prepared[handle] = prepared
    return handle, prepared


def _handle(name: str, handle: int) -> OutputValue:
    return OutputValue(name, _INT, SEAM_OIDS["int"], pack_int(handle))


async def _prepare(session: TsqlSession, given: list[Parameter]) -> AsyncGenerator[Result, None]:
    handle, _ = _keep(session, _text(given[2]), _text(given[1]))
    yield ReturnStatus(0)
    yield _handle(given[0].name, handle)


async def _prepexec(session: TsqlSession, given: list[Parameter]) -> AsyncGenerator[Result, None]:
    handle, prepared = keep(session, given)
    async for result in _run(session, prepared, given[3:], [handle]):
        yield result


def keep(session: TsqlSession, given: Sequence[Parameter]) -> tuple[OutputValue, Prepared]:
    """The handle of a sp_prepexec, in place of the one that it gives up."""
    if given[0].value:
        session.prepared.pop(int(given[0].value), None)
    handle, prepared = _keep(session, _text(given[2]), _text(given[1]))
    return _handle(given[0].name, handle), prepared


async def _execute(session: TsqlSession, given: list[Parameter]) -> AsyncGenerator[Result, None]:
    prepared = session.prepared.get(int(given[0].value or 0))
    if prepared is None:
        raise Refused(
            8179, f"Could not find prepared statement with handle {given[0].value}.", state=5
        )
    results = (
        call(session, prepared.text, given[1:])
        if prepared.call
        else _run(session, prepared, given[1:], [])
    )
    async for result in results:
        yield result


async def _prepexecrpc(
    session: TsqlSession, given: list[Parameter]
) -> AsyncGenerator[Result, None]:
    """A procedure's name under a handle, called at once: what ODBC makes of `{CALL …}`."""
    if given[0].value:
        session.prepared.pop(int(given[0].value), None)
    handle = max(session.prepared, default=0) + 1
    session.prepared[handle] = Prepared(_text(given[1]), (), call=True)
    async for result in call(session, _text(given[1]), given[2:]):
        yield result
        if isinstance(result, ReturnStatus):
            yield _handle(given[0].name, handle)


async def _unprepare(session: TsqlSession, given: list[Parameter]) -> AsyncGenerator[Result, None]:
    session.prepared.pop(int(given[0].value or 0), None)
    yield ReturnStatus(0)


_REMOTE: Final = {
    "sp_executesql": _executesql,
    "sp_prepare": _prepare,
    "sp_prepexec": _prepexec,
    "sp_execute": _execute,
    "sp_prepexecrpc": _prepexecrpc,
    "sp_unprepare": _unprepare,
}


async def execute(
    interpreter: Interpreter,
    names: list[str],
    arguments: Sequence[Argument],
    frame: Frame,
    status: str | None,
    line: int,
) -> AsyncGenerator[Result, None]:
    """`EXEC name arguments` inside a batch. `status` is the variable that takes the status."""
    name = fold(names[-1])
    value = 0
    if name == "sp_executesql":
        inner = await executesql.frame_of(interpreter, arguments)
        text = read_text(arguments[0].data)
        try:
            async for result in nested(interpreter, text, inner):
                yield result
        except Returned as returned:
            value = returned.value
        for argument, variable in executesql.outputs(arguments, inner):
            frame.variables[argument.variable].data = variable.data
    else:
        special = system.PROCEDURES.get(name) if _of_the_system(names) else None
        called = (
            special(interpreter, list(arguments))
            if special is not None
            else procedure(interpreter, ObjectName.from_parts(names), arguments, frame, line)
        )
        async for result in called:
            if isinstance(result, ReturnStatus):
                value = result.value
            else:
                yield result
    if status == "@@status":
        yield ReturnStatus(value)
    elif status is not None:
        frame.variables[status].data = encode(value, frame.variables[status].type)


def _of_the_system(names: list[str]) -> bool:
    """System procedures are found without a schema, in `sys`, and in `dbo`."""
    return len(names) == 1 or fold(names[-2]) in ("sys", "dbo", "")
