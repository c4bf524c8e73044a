"""What a table needs before it may join: a place in the target that can take its rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from connectors.azuresql.dialect import qualified
from model.catalog import Catalog, Table, TableName
from model.errors import Blocked, ConfigurationError
from model.state import MigrationState, TableState, TrackedTable
from replicator.config.explain import nearest
from replicator.drift import shape
from replicator.dropped import REMOVED
from replicator.pairing import captured
from replicator.phases.context import Context, names
from replicator.phases.reshaping import related
from replicator.phases.staging import SCRIPTS, plan_options, scripts_of, stage
from replicator.schema import SchemaPlan, Scripts, Stage, plan
from replicator.schema.deploy import differences
from replicator.schema.scripts import Batch, Made, concerning, replaced
from topics.admin import partitions_for
from topics.naming import data_topic


@dataclass(frozen=True, slots=True)
class Join:
    """A table that may join. `scripts` are those of all tables as they are converted now, `planned`
    is its own part of the plan, `shape` what `drift` compares later."""

    table: TrackedTable
    planned: SchemaPlan
    scripts: Scripts
    shape: dict[str, Any]


def planned_join(context: Context, name: str) -> Join:
    """Look at both ends, change nothing.

    Raises ConfigurationError when the source has no such table; Blocked, RightMissing
    and Unsupported naming what hinders.
    """
    catalog, there = _chosen(context, name)
    context.source.require_capturable([there])
    kafka = context.config.kafka
    partitions = partitions_for(there, kafka)
    _refuse_other_partitions(context, name, partitions)
    profiles = context.source.profile(related(catalog, there.name))
    planned = plan(catalog, profiles, plan_options(context.config))
    table = TrackedTable(
        source=there.name,
        target=planned.target(there.name),
        topic=data_topic(kafka.topic_prefix, there.name),
        partitions=partitions,
        key=there.key,
        state=TableState.JOINING,
        rows_estimate=there.rows,
    )
    own = tuple(each for each in planned.tables if each.source.name == there.name)
    join = Join(
        table, replace(planned, tables=own), scripts_of(context, planned), shape(catalog)[name]
    )
    _refuse_unfit(context, join)
    return join


def make(context: Context, join: Join) -> None:
    """The table in the target. In sync it gets at once what the others got after their load."""
    new = join.table.target
    kept = context.state.recall(SCRIPTS)
    all_scripts = replaced(Scripts(kept["files"] if kept else {}), join.scripts, new)
    own = replaced(Scripts({}), join.scripts, new)
    before = [each.text for each in _needed(context, join)]
    if before:
        for _ in context.target.run_script("\nGO\n".join(before)):
            pass
    stage(context, Stage.PRE_LOAD, own, join.planned)
    context.state.remember(SCRIPTS, {"files": dict(all_scripts.files)})
    migration = context.state.migration()
    if migration is not None and migration.state is MigrationState.IN_SYNC:
        stage(context, Stage.POST_LOAD, own, None)
    context.target.unfinalise([new])


def _chosen(context: Context, name: str) -> tuple[Catalog, Table]:
    """The captured tables with this one, and this one."""
    exclude = context.config.source.tables.exclude
    catalog = captured(context.source, [*names(context.tracked()), *_parsed(name)])
    found = {str(table.name): table for table in catalog.tables}
    if name in found and not any(fnmatchcase(name, pattern) for pattern in exclude):
        return catalog, found[name]
    if name in found:
        what, hint = "source.tables.exclude leaves it out", "correct it, then start again"
    else:
        present = [str(table.name) for table in context.source.catalog(["*"], exclude).tables]
        what = "the source has no such table"
        hint = f"did you mean {nearest(name, present)!r}?" if present else ""
    raise ConfigurationError(what, object=name, hint=hint)


def _parsed(name: str) -> Iterator[TableName]:
    try:
        yield TableName.parse(name)
    except ValueError:
        return


def _refuse_other_partitions(context: Context, name: str, partitions: int) -> None:
    """A table that was removed comes back to the topic that it had."""
    kept = (context.state.recall(REMOVED) or {}).get(name)
    if kept is not None and kept["partitions"] != partitions:
        raise Blocked(
            f"it needs {partitions} partitions now, and its topic of before has "
            f"{kept['partitions']}, because its keys are others now",
            object=name,
            hint="undo that in the source",
        )


def _refuse_unfit(context: Context, join: Join) -> None:
    """A target table that is there already must be empty and able to take the rows."""
    [table] = join.planned.tables
    there = context.target.describe(table.name)
    if there is None:
        made = concerning(join.scripts.batches(Stage.PRE_LOAD), table.name)
        if not any(each.made.kind == "table" for each in made):
            raise Blocked(
                "neither the target nor the folder schema.scripts has a table for it",
                object=str(table.name),
                hint="`replicator convert` writes its script; then add the table again",
            )
    elif unfit := list(differences(table, there)):
        raise Blocked(
            f"the target's table cannot take its rows: {'; '.join(unfit)}",
            object=str(table.name),
            hint="drop it, so that it is made, or alter it; then add the table again",
        )
    elif rows := context.target.count(table.name):
        raise Blocked(
            f"the target's table holds {rows} rows",
            object=str(table.name),
            hint="empty it or drop it, then add the table again",
        )


def _needed(context: Context, join: Join) -> list[Batch]:
    """The table's schema and the sequences that it draws from, when the target lacks them."""
    batches = join.scripts.batches(Stage.PRE_LOAD)
    present = {(found.kind, found.name) for found in context.target.objects()}
    texts = " ".join(each.text for each in concerning(batches, join.table.target))

    def wanted(made: Made) -> bool:
        if made.kind == "schema":
            return made.name == join.table.target.schema
        return made.kind == "sequence" and qualified(TableName.parse(made.name)) in texts

    return [
        each
        for each in batches
        if (each.made.kind, each.made.name) not in present and wanted(each.made)
    ]
