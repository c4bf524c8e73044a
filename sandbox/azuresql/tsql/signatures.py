"""What a function of a user declares, read out of the text that created it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sandbox.azuresql.session import SqlType
from sandbox.azuresql.tsql import refusal, types
from sandbox.azuresql.tsql.modules import Module
from sandbox.azuresql.tsql.parameters import Declared, listed_in
from sandbox.azuresql.tsql.tree import Node, parse


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's parameters and the type of its result, None for rows.

    `variable` is the table that a function of several statements fills and returns.
    """

    parameters: tuple[Declared, ...]
    result: SqlType | None
    variable: str = ""
    table: Node | None = None


@lru_cache(maxsize=1024)
def signature_of(module: Module) -> Signature:
    return signature(definition_of(module))


def definition_of(module: Module) -> Node:
    """The statement that creates the module, out of its text."""
    return parse(module.definition).children[0].children[0].children[0]


def signature(node: Node) -> Signature:
    """What a `create_function_statement` declares."""
    listed = node.find("function_parameter_list")
    parameters = listed_in(listed) if listed is not None else ()
    variable = node.find("parameter")
    if variable is not None:
        return Signature(parameters, None, variable.text.lower(), node.find("bracketed"))
    returned = node.find("data_type")
    if returned is None:
        raise refusal.unknown(node)
    rows = returned.text.upper() == "TABLE"
    return Signature(parameters, None if rows else types.read_type(returned))


def inline_query(node: Node) -> Node:
    """The query that an inline function returns."""
    body = node.find("procedure_statement")
    assert body is not None
    found = next(body.all("return_segment")).children[-1]
    while found.kind in ("expression", "bracketed"):
        (found,) = [
            child for child in found.children if child.kind not in ("start_bracket", "end_bracket")
        ]
    return found
