"""A table's shape brought up to date in the target: converted again, and made again, empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors.azuresql.dialect import qualified, quote
from model.catalog import Catalog, Table, TableName
from model.errors import Blocked
from model.state import MigrationState, TrackedTable
from replicator.drift import shape
from replicator.pairing import captured
from replicator.phases.context import Context, names
from replicator.phases.staging import DEPLOYED, SCRIPTS, SHAPE, plan_options, scripts_of
from replicator.schema import Scripts, Stage, plan
from replicator.schema.deploy import differences
from replicator.schema.scripts import Made, concerning, replaced
from replicator.snapshot.sessions import table_prefix


def bring_up(context: Context, table: TrackedTable) -> bool:
    """Make the target's table again when the source's has another shape than the deployed one.

    Whatever rows it holds are gone then: it is about to be loaded anew. Idempotent; raises
    Unsupported before anything is changed, Blocked when the scripts do not make what is needed.
    """
    catalog = captured(context.source, names(context.tracked()))
    before: dict[str, Any] = context.state.recall(SHAPE) or {}
    name = str(table.source)
    now = shape(catalog)[name]
    if before.get(name) == now:
        return False
    profiles = context.source.profile(related(catalog, table.source))
    planned = plan(catalog, profiles, plan_options(context.config))
    wanted, found = planned.table(table.source), context.target.describe(table.target)
    assert wanted is not None  # the caller saw it in the catalog
    was = before.get(name, {"columns": {}, "rest": ""})
    made = found is None or was["rest"] != now["rest"]
    if found is not None and not made:
        gone = was["columns"].keys() - now["columns"].keys()
        made = any(column.name in gone for column in found.columns)
        made = made or bool(list(differences(wanted, found)))
    if made:
        _make_again(context, table, scripts_of(context, planned))
        there = context.target.describe(table.target)
        lacking = ["it is not there"] if there is None else list(differences(wanted, there))
        if lacking:
            raise Blocked(
                f"the scripts do not make the table that is needed: {'; '.join(lacking)}",
                object=name,
                hint="`replicator convert` writes scripts for the present shape; then ask again",
            )
    context.state.remember(SHAPE, {**before, name: now})
    return made


def related(catalog: Catalog, name: TableName) -> list[Table]:
    """The table and those that foreign keys tie to it: their keys have its columns' types."""
    own = catalog.table(name)
    to = {key.referenced for key in own.foreign_keys}
    return [
        table
        for table in catalog.tables
        if table.name == name
        or table.name in to
        or any(key.referenced == name for key in table.foreign_keys)
    ]


def _make_again(context: Context, table: TrackedTable, fresh: Scripts) -> None:
    """Drop the table with what ties others to it, then run the fresh batches that concern it.

    The table is quarantined before it is dropped: a crash leaves it so, and the request unanswered.
    """
    kept = context.state.recall(SCRIPTS)
    old = Scripts(kept["files"] if kept else {})
    merged = replaced(old, fresh, table.target)
    detail = {"table": str(table.source), "target": str(table.target)}
    context.journal.note("reshape", str(table.state), detail)
    context.state.quarantine(table.source, "its shape in the target is brought up to date", {})
    context.target.end_bulk_sessions(table_prefix(context.config.migration, table.source))
    migration = context.state.migration()
    built = migration is not None and migration.state is MigrationState.IN_SYNC
    stages = list(Stage) if built else [Stage.PRE_LOAD]
    present = {(found.kind, found.name) for found in context.target.objects()}
    schemas = [
        batch
        for batch in merged.batches(Stage.PRE_LOAD)
        if batch.made == Made("schema", table.target.schema)
        and ("schema", batch.made.name) not in present
    ]
    batches = [
        batch for stage in stages for batch in concerning(merged.batches(stage), table.target)
    ]
    texts = [*_drops(context, table.target, old), *(batch.text for batch in (*schemas, *batches))]
    for _ in context.target.run_script("\nGO\n".join(texts), apart_from=context.config.migration):
        pass
    recorded: dict[str, str] = context.state.recall(DEPLOYED) or {}
    recorded.update({str(batch.made): batch.digest for batch in batches})
    context.state.remember(DEPLOYED, recorded)
    context.state.remember(SCRIPTS, {"files": dict(merged.files)})


def _drops(context: Context, name: TableName, old: Scripts) -> Iterator[str]:
    """Foreign keys of other tables that reference the table, and the table itself."""
    present = {(found.kind, found.name) for found in context.target.objects()}

    for batch in concerning(old.batches(Stage.POST_LOAD), name):
        made = batch.made
        if (
            made.kind == "constraint"
            and made.table != str(name)
            and (made.kind, made.name) in present
        ):
            other, constraint = TableName.parse(made.table), TableName.parse(made.name).name
            yield (
                f"/* replicator:reshape */ ALTER TABLE {qualified(other)} "
                f"DROP CONSTRAINT {quote(constraint)}"
            )
    if ("table", str(name)) in present:
        yield f"/* replicator:reshape */ DROP TABLE {qualified(name)}"
