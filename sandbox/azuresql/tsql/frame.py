"""What a running batch or procedure holds: its variables, and how control leaves a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.azuresql.session import Notice, SqlType
from sandbox.azuresql.tsql.names import ObjectName
from sandbox.azuresql.tsql.scope import Relation
from sandbox.azuresql.tsql.state import Identity
from sandbox.azuresql.tsql.tree import Node

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.cursors import Cursor


@dataclass(slots=True)
class Variable:
    """A T-SQL variable: `data` is PostgreSQL's binary value of its type."""

    type: SqlType
    data: bytes | None = None


@dataclass(slots=True)
class TableVariable:
    """A table variable or table-valued parameter: its temporary table, and what makes that."""

    name: ObjectName
    relation: Relation
    statements: tuple[str, ...]
    type: tuple[str, str] | None = None
    """Schema and name, folded, of its table type."""


@dataclass(slots=True)
class Frame:
    """One level of execution. `errors` are the errors that enclosing CATCH blocks handle."""

    variables: dict[str, Variable] = field(default_factory=dict)
    tables: dict[str, TableVariable] = field(default_factory=dict)
    readonly: set[str] = field(default_factory=set)
    """Those of the tables that are parameters."""
    cursors: dict[str, Cursor | None] = field(default_factory=dict)
    """Local ones by name, and cursor variables (`@c`)."""
    declared: dict[str, Node] = field(default_factory=dict)
    """The places that declared variables: a loop may come by again, another place may not."""
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


class Jumped(Exception):
    """GOTO, up to the block that has the label."""

    def __init__(self, label: str) -> None:
        self.label = label


class BatchEnded(Exception):
    """An error that ends the batch; it has been reported."""
