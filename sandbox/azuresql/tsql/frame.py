"""What a running batch or procedure holds: its variables, and how control leaves a statement."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.azuresql.session import Notice, SqlType


@dataclass(slots=True)
class Variable:
    """A T-SQL variable: `data` is PostgreSQL's binary value of its type."""

    type: SqlType
    data: bytes | None = None


@dataclass(slots=True)
class Frame:
    """One level of execution. `errors` are the errors that enclosing CATCH blocks handle."""

    variables: dict[str, Variable] = field(default_factory=dict)
    errors: list[Notice] = field(default_factory=list)
    temporary: set[str] = field(default_factory=set)
    """Temporary tables made here, dropped when a procedure's frame ends."""
    procedure: str = ""
    numbered: bool = False
    """An identity was given here: SCOPE_IDENTITY() does not see other batches."""

    @property
    def types(self) -> dict[str, SqlType]:
        return {name: variable.type for name, variable in self.variables.items()}


class Returned(Exception):
    """RETURN: ends the batch or procedure."""

    def __init__(self, value: int = 0) -> None:
        self.value = value


class Broke(Exception):
    """BREAK."""


class Continued(Exception):
    """CONTINUE."""


class BatchEnded(Exception):
    """An error that ends the batch; it has been reported."""
