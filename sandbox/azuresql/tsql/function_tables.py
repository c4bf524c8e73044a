"""Tables inside of functions: what a function returns, and the table variables of its body.

Each has a shape, an empty table of a schema that the catalog does not show; a call makes a
temporary table like it, and drops that at its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.azuresql.tsql.names import ObjectName, quote
from sandbox.azuresql.tsql.scope import Relation

SHAPES = "~shapes"


@dataclass(frozen=True, slots=True)
class FunctionTable:
    """`relation` is the temporary table of a call, `shape` the table that it is like."""

    relation: Relation
    shape: ObjectName

    @property
    def made(self) -> str:
        name = self.relation.sql.removeprefix("pg_temp.")
        return f"CREATE TEMPORARY TABLE {name} (LIKE {self.shape.sql} INCLUDING ALL);"


def shape(function: ObjectName, variable: str = "") -> ObjectName:
    """The shape of what a function returns, or of a variable (`@t`) in its body."""
    schema, name = function.key
    return ObjectName(SHAPES, f"{schema}.{name} {variable}".rstrip())


def temporary(function: ObjectName, variable: str) -> str:
    """The temporary table of a variable while the function runs."""
    schema, name = function.key
    return f"pg_temp.{quote(f'{variable} {schema}.{name}'[:60])}"


def dropped(tables: Iterable[FunctionTable]) -> str:
    names = ", ".join(table.relation.sql for table in tables)
    return f"DROP TABLE {names};" if names else ""
