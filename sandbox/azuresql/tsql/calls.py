"""Arguments of a procedure's call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused, SqlType
from sandbox.azuresql.tsql.values import read_text

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.frame import TableVariable


@dataclass(slots=True)
class Argument:
    """`data` is PostgreSQL's binary value; `variable` the caller's variable, for OUTPUT."""

    name: str
    type: SqlType
    data: bytes | None
    output: bool = False
    variable: str = ""
    default: bool = False
    """DEFAULT was written in its place."""
    table: TableVariable | None = None
    """The value, where it is a table."""


def matched(
    arguments: Sequence[Argument], names: Sequence[str], procedure: str
) -> dict[str, Argument]:
    """Arguments by parameter name (`@x`, lower case): by name, else by place.

    Raises Refused 119, 8143, 8144 or 8145.
    """
    found: dict[str, Argument] = {}
    named = False
    for place, argument in enumerate(arguments):
        name = argument.name.lower()
        if not name and named:
            raise Refused(
                119,
                f"Must pass parameter number {place + 1} and subsequent parameters as '@name = "
                "value'. After the form '@name = value' has been used, all subsequent parameters "
                "must be passed in the form '@name = value'.",
                15,
            )
        named = named or bool(name)
        if name and name not in names:
            text = f"{argument.name} is not a parameter for procedure {procedure}."
            raise Refused(8145, text)
        if not name:
            if place >= len(names):
                text = f"Procedure or function {procedure} has too many arguments specified."
                raise Refused(8144, text, state=2)
            name = names[place]
        if name in found:
            raise Refused(8143, f"Parameter '{name}' was supplied multiple times.")
        found[name] = argument
    return found


def text(arguments: dict[str, Argument], name: str, default: str = "") -> str:
    """A text argument of a system procedure, `default` where it was left out or is NULL."""
    argument = arguments.get(name)
    return default if argument is None or argument.data is None else read_text(argument.data)
