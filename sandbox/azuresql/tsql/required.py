"""Parameters that a remote call of a system procedure cannot do without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sandbox.azuresql.session import Parameter, Refused

_NEEDED: Final = {
    "sp_executesql": ("@statement",),
    "sp_prepare": ("@handle", "@params", "@stmt"),
    "sp_prepexec": ("@handle", "@params", "@stmt"),
    "sp_execute": ("@handle",),
    "sp_prepexecrpc": ("@handle", "@rpccall"),
    "sp_unprepare": ("@handle",),
}


def require(name: str, given: Sequence[Parameter]) -> None:
    """Raises Refused 201 for a parameter that is missing, 214 for a handle that is no number."""
    needed = _NEEDED[name]
    for place, parameter in enumerate(needed):
        if place >= len(given):
            raise Refused(
                201,
                f"Procedure or function '{name}' expects parameter '{parameter}', which was not "
                "supplied.",
                state=4,
            )
        handle = given[place].value if parameter == "@handle" else None
        if not isinstance(handle, int | None):
            raise Refused(214, "Procedure expects parameter '@handle' of type 'int'.", state=2)
