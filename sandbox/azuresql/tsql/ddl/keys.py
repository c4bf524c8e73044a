"""Keys of a table: one that is primary, one index that is clustered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.ddl.constraints import Constraint
from sandbox.azuresql.tsql.exchange import Value
from sandbox.azuresql.tsql.link import Link
from sandbox.azuresql.tsql.names import ObjectName, fold
from sandbox.azuresql.tsql.scope import Column, Relation
from sandbox.azuresql.tsql.values import read_bool, read_text

_KEYS: Final = """
SELECT i.name::text, i.contype IS NOT DISTINCT FROM 'p', i.clustered FROM store.indexes i
WHERE i.indrelid = $1::text::regclass
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of the table's primary key and of its clustered index, empty without one."""

    primary: str = ""
    clustered: str = ""


async def of(link: Link, relation: Relation) -> Keys:
    """The keys that the table has."""
    rows, _ = await link.fetch(_KEYS, [Value(25, relation.sql.encode())])
    primary = next((read_text(row[0]) for row in rows if read_bool(row[1])), "")
    return Keys(primary, next((read_text(row[0]) for row in rows if read_bool(row[2])), ""))


def settle(
    constraints: list[Constraint], table: ObjectName, line: int, *, clustered: bool = False
) -> None:
    """Which constraint of a new table is clustered: the primary key, unless another index is.

    Raises Refused 8110 for two primary keys and 8112 for two clustered ones.
    """
    if sum(constraint.kind == "PK" for constraint in constraints) > 1:
        text = f"Cannot add multiple PRIMARY KEY constraints to table '{table}'."
        raise Refused(8110, text, state=0, line=line)
    said = sum(constraint.clustered is True for constraint in constraints)
    if said > 1:
        text = "Cannot add more than one clustered index for constraints on table "
        raise Refused(8112, f"{text}'{table}'.", state=0, line=line)
    for constraint in constraints:
        if constraint.kind == "PK" and constraint.clustered is None:
            constraint.clustered = not said and not clustered


def check_added(
    constraint: Constraint, columns: list[Column], known: Keys, table: ObjectName, line: int
) -> None:
    """A key that ALTER TABLE adds. Raises Refused 1779, 8111 and 1902."""
    if constraint.kind not in ("PK", "UQ"):
        return
    if constraint.kind == "PK" and known.primary:
        text = f"Table '{table.name}' already has a primary key defined on it."
        raise Refused(1779, text, state=0, line=line)
    keyed = {fold(name) for name, _ in constraint.columns}
    if constraint.kind == "PK" and any(c.nullable and fold(c.name) in keyed for c in columns):
        text = "Cannot define PRIMARY KEY constraint on nullable column in table "
        raise Refused(8111, f"{text}'{table}'.", line=line)
    if constraint.clustered:
        check_clustered(known, table, line)
    settle([constraint], table, line, clustered=bool(known.clustered))


def check_clustered(known: Keys, table: ObjectName, line: int) -> None:
    """Raises Refused 1902 where the table has a clustered index already."""
    if known.clustered:
        raise Refused(
            1902,
            f"Cannot create more than one clustered index on table '{table}'. Drop the existing "
            f"clustered index '{known.clustered}' before creating another.",
            state=3,
            line=line,
        )
