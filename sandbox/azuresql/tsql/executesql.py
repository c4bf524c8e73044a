"""EXEC sp_executesql inside of a batch: its parameters, and what it gives back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.calling import converted
from sandbox.azuresql.tsql.calls import Argument
from sandbox.azuresql.tsql.frame import Frame, Variable
from sandbox.azuresql.tsql.parameters import TABLE, Declared, declared
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.interpreter import Interpreter


async def frame_of(interpreter: Interpreter, arguments: Sequence[Argument]) -> Frame:
    """The frame of a nested sp_executesql."""
    declarations = _declared(arguments)
    frame = Frame({d.name.lower(): Variable(d.type) for d in declarations if d.type != TABLE})
    for place, argument in enumerate(arguments[2:]):
        name = argument.name.lower()
        if not name and place < len(declarations):
            name = declarations[place].name.lower()
        if argument.table is not None and name in {d.name.lower() for d in declarations}:
            frame.tables[name] = argument.table
            frame.readonly.add(name)
            continue
        variable = frame.variables.get(name)
        if variable is None:
            raise Refused(8145, f"{argument.name} is not a parameter for procedure sp_executesql.")
        variable.data = await converted(
            interpreter.session, argument.type, argument.data, variable.type
        )
    given = {a.name.lower() for a in arguments[2:] if a.name}
    for declaration in declarations[len(arguments[2:]) :] if not given else ():
        raise Refused(
            8178,
            f"The parameterized query expects the parameter '{declaration.name}', which was not "
            "supplied.",
        )
    return frame


def _declared(arguments: Sequence[Argument]) -> tuple[Declared, ...]:
    return declared(read_text(arguments[1].data)) if len(arguments) > 1 else ()


def outputs(arguments: Sequence[Argument], inner: Frame) -> list[tuple[Argument, Variable]]:
    """The arguments that take a value back, with the variables that hold it."""
    found: list[tuple[Argument, Variable]] = []
    names = [d.name.lower() for d in _declared(arguments)]
    for place, argument in enumerate(arguments[2:]):
        if argument.output and argument.variable:
            name = argument.name.lower() or names[place]
            found.append((argument, inner.variables[name]))
    return found
