"""Declared parameters of a call (`@P1 int, @P2 nvarchar(max) OUTPUT`) and their values."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sandbox.azuresql.session import Parameter, Refused, SqlType, TableValue
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.frame import Variable
from sandbox.azuresql.tsql.tree import Node, parse, parsed
from sandbox.azuresql.tsql.values import encode
from sandbox.azuresql.tsql.walk import Walk

_DECLARING: Final = frozenset({"sp_executesql", "sp_prepare", "sp_prepexec"})

TABLE: Final = SqlType("table")
"""The type of a table-valued parameter, whichever table type it names."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A parameter's name (`@x`, as written), type, and whether it gives a value back.

    `default` is the expression for an argument that is left out.
    """

    name: str
    type: SqlType
    output: bool = False
    default: Node | None = None


@lru_cache(maxsize=2048)
def declared(text: str) -> tuple[Declared, ...]:
    """The declarations. Raises Refused for what is none."""
    if not text.strip():
        return ()
    tree = parse(_procedure(text))
    (found,) = tree.all("procedure_parameter_list")
    return listed_in(found, tables=True)


def listed_in(node: Node, *, tables: bool = False) -> tuple[Declared, ...]:
    """The declarations of a parameter list's node. Raises Refused 134 for a name given twice.

    `tables` takes READONLY for a table type, whose name the value tells.
    """
    bracketed = node.find("bracketed")
    walk = Walk(node if bracketed is None else bracketed)
    walk.kind("start_bracket")
    parameters: list[Declared] = []
    while (name := walk.kind("parameter")) is not None:
        parameters.append(_declaration(name, walk, node, tables=tables))
        if name.text.lower() in {p.name.lower() for p in parameters[:-1]}:
            raise Refused(
                134,
                f"The variable name '{name.text}' has already been declared. Variable names must "
                "be unique within a query batch or stored procedure.",
                15,
                2,
                name.line,
            )
        if not walk.kind("comma"):
            break
    walk.kind("end_bracket")
    walk.done()
    return tuple(parameters)


def _procedure(text: str) -> str:
    """A statement that contains the declarations, for the parser."""
    return f"CREATE PROCEDURE p {text} AS SELECT 1"


async def read_ahead(name: str, given: Sequence[Parameter]) -> None:
    """Parse the declarations of a call as `tree.parsed` does, so that `declared` finds the tree."""
    if name.rpartition(".")[2] in _DECLARING and len(given) > 1 and given[1].value:
        with contextlib.suppress(Refused):
            await parsed(_procedure(str(given[1].value)))


def _declaration(name: Node, walk: Walk, node: Node, *, tables: bool) -> Declared:
    walk.words("AS")
    written = walk.need("data_type")
    type = TABLE if tables and walk.words("READONLY") else types.read_type(written)
    walk.words("NULL")
    default: Node | None = None
    if walk.kind("comparison_operator", "raw_comparison_operator"):
        default = walk.skip()
    output = False
    while walk.here is not None and walk.here.kind == "keyword":
        word = walk.skip().word
        if word not in ("OUTPUT", "OUT", "READONLY"):
            raise refusal.unknown(node)
        output = output or word != "READONLY"
    return Declared(name.text, type, output, default)


def variables(declarations: Sequence[Declared], given: Sequence[Parameter]) -> dict[str, Variable]:
    """The frame's variables: given by name where names are given, else by place.

    Raises Refused 8178, 8144 or 8145.
    """
    found = {d.name.lower(): Variable(d.type) for d in declarations if d.type != TABLE}
    if len(given) > len(declarations):
        text = "Procedure or function has too many arguments specified."
        raise Refused(8144, text, state=2)
    for place, parameter in enumerate(given):
        if isinstance(parameter.value, TableValue):
            continue
        name = parameter.name.lower() or declarations[place].name.lower()
        name = name if name.startswith("@") else f"@{name}"
        variable = found.get(name)
        if variable is None:
            raise Refused(8145, f"{parameter.name} is not a parameter for the statement.")
        variable.data = encode(parameter.value, variable.type)
    missing = declarations[len(given) :] if not any(p.name for p in given) else ()
    for declaration in missing:
        if not declaration.output:
            raise Refused(
                8178,
                f"The parameterized query expects the parameter '{declaration.name}', which was "
                "not supplied.",
            )
    return found
