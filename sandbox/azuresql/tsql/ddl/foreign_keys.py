"""Foreign keys: what they refer to must be there, and look immediate while they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azuresql.session import Refused
from sandbox.azuresql.tsql.names import ObjectName, fold, literal
from sandbox.azuresql.tsql.scope import Column, Context

if TYPE_CHECKING:
    from sandbox.azuresql.tsql.ddl.constraints import Constraint


def check_reference(
    constraint: Constraint, table: ObjectName, columns: list[Column], context: Context, line: int
) -> None:
    """Raises Refused 1769, 1767 and 1770: the foreign key's column, table or column there."""
    there = constraint.referenced
    assert there is not None
    start = f"Foreign key '{constraint.name}' references invalid"
    own = {fold(column.name) for column in columns}
    for name, _ in constraint.columns:
        if fold(name) not in own:
            text = f"{start} column '{name}' in referencing table '{table.name}'."
            raise Refused(1769, text, line=line)
    if there.key == table.key or (not there.schema and table.folded_schema != "dbo"):
        return
    relation = context.relations.get(there.key)
    if relation is None:
        raise Refused(1767, f"{start} table '{there}'.", state=0, line=line)
    for name in constraint.referenced_columns:
        if relation.column(name) is None:
            text = f"{start} column '{name}' in referenced table '{there}'."
            raise Refused(1770, text, state=0, line=line)


def around_foreign_key(referenced: str, statement: str) -> list[str]:
    """The statement, run while the referenced table's keys look immediate."""
    mark = (
        "UPDATE pg_catalog.pg_index SET indimmediate = {0} "
        f"WHERE indrelid = {literal(referenced)}::regclass AND indisunique"
    )
    return [mark.format("true"), statement, mark.format("false")]
