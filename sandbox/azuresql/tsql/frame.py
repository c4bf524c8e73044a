"""What a running batch or procedure holds: its variables, and how control leaves a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.azuresql.session import Notice, SqlType
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.state import Identity


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
    procedure_id: int = 0
    identity: Identity | None = None
    """The last one given here: SCOPE_IDENTITY() does not see other batches."""
    rows: Mapping[str, Relation] = field(default_factory=dict)
    """`inserted` and `deleted` of a trigger."""
    updated: str = "[]"
    """The columns that the statement which fired a trigger assigns, as JSON."""

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
