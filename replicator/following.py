"""Following a new column of the source: one ALTER in the target, journaled before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.azuresql.dialect import comment, qualified, quote
from model.catalog import Catalog, Column, Table, TableName
from model.errors import Blocked
from model.ports import State, Target
from replicator.config.file import Config
from replicator.journal import Journal, actor
from replicator.schema import PlanOptions, TableTypes, plan
from replicator.schema.plan import PlannedColumn

FOLLOW = "follow"
"""The journal's event that says which columns were added to which table, and how."""


def follow(
    target: Target, config: Config, options: PlanOptions, name: TableName, added: Sequence[Column]
) -> None:
    """Give the target's table these nullable columns. Idempotent: what is there is left.

    Appliers are kept between two transactions meanwhile. Raises Unsupported for a type that has no
    counterpart, Blocked when a column is there already and cannot take the values.
    """
    state = target.state(config.migration)
    try:
        tracked = next(table for table in state.tables() if table.source == name)
        there = target.describe(tracked.target)
        if there is None:
            raise Blocked("the target has no such table", object=str(tracked.target))
        present = {column.name.casefold(): column for column in there.columns}
        missing = []
        for column in planned(name, added, options):
            found = present.get(column.name.casefold())
            if found is None:
                missing.append(column)
            elif found.type.replace(" ", "").lower() != str(column.type).replace(" ", "").lower():
                raise Blocked(
                    f"column {found.name} is there already as {found.type}, not as {column.type}",
                    object=str(tracked.target),
                )
        if missing:
            _add(target, state, config.migration, name, alter(tracked.target, missing))
    finally:
        state.close()


def planned(
    name: TableName, added: Sequence[Column], options: PlanOptions
) -> tuple[PlannedColumn, ...]:
    """The columns with the types that a conversion would give them. Raises Unsupported."""
    own = options.tables.get(str(name), TableTypes())
    names = {column.name for column in added}
    chosen = {column: text for column, text in own.columns.items() if column in names}
    only = PlanOptions(
        types=options.types,
        tables={str(name): TableTypes(own.types, chosen)},
        schemas=options.schemas,
        not_a_number=options.not_a_number,
        midnight_24=options.midnight_24,
    )
    [table] = plan(Catalog("", (Table(name, tuple(added)),)), {}, only).tables
    return table.columns


def alter(table: TableName, columns: Sequence[PlannedColumn]) -> str:
    """The statement that adds them, all at once."""
    listed = ", ".join(
        f"{quote(column.name)} {column.type}"
        + (f" COLLATE {column.collation}" if column.collation else "")
        + " NULL"
        for column in columns
    )
    return (
        f"/* replicator:follow {comment(str(table))} */ ALTER TABLE {qualified(table)} ADD {listed}"
    )


def _add(target: Target, state: State, migration: str, name: TableName, text: str) -> None:
    row = state.migration()
    phase = str(row.state) if row is not None else ""
    Journal(state, actor()).note(FOLLOW, phase, {"table": str(name), "text": text})
    for _ in target.run_script(text, apart_from=migration):
        pass
