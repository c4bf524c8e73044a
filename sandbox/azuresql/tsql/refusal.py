"""Refusals that the language makes itself, with SQL Server's numbers."""

from __future__ import annotations

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.tree import Node


class Ending(Refused):
    """Ends the batch whatever its number: THROW, an error of a trigger."""


class Raised(Refused):
    """RAISERROR: XACT_ABORT does not heed it."""


def unknown(node: Node, within: str = "") -> Refused:
    """A construct that this stand-in has no translation for."""
    shown = " ".join(node.text.split())
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    place = f" in {within}" if within else ""
    return Refused(
        40517,
        f"'{shown}' ({node.kind}{place}) is not supported by the Azure SQL stand-in.",
        line=node.line,
    )


def no_object(name: str, line: int) -> Refused:
    return Refused(208, f"Invalid object name '{name}'.", line=line)


def no_column(name: str, line: int) -> Refused:
    return Refused(207, f"Invalid column name '{name}'.", line=line)


def no_variable(name: str, line: int) -> Refused:
    return Refused(137, f'Must declare the scalar variable "{name}".', 15, 2, line)
