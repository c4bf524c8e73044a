"""Arguments of a procedure's call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.azuresql.session import Refused, SqlType


@dataclass(slots=True)
class Argument:
    """`data` is PostgreSQL's binary value; `variable` the caller's variable, for OUTPUT."""

    name: str
    type: SqlType
    data: bytes | None
    output: bool = False
    variable: str = ""


def matched(
    arguments: Sequence[Argument], names: Sequence[str], procedure: str
) -> dict[str, Argument]:
    """Arguments by parameter name (`@x`, lower case): by name, else by place.

    Raises Refused 8144 or 8145.
    """
    found: dict[str, Argument] = {}
    for place, argument in enumerate(arguments):
        name = argument.name.lower()
        if name and name not in names:
            text = f"{argument.name} is not a parameter for procedure {procedure}."
            raise Refused(8145, text)
        if not name:
            if place >= len(names):
                text = f"Procedure or function {procedure} has too many arguments specified."
                raise Refused(8144, text, state=2)
            name = names[place]
        found[name] = argument
    return found
