"""Make both ends ready: the target's tables, the source's publication, the topics between."""

from __future__ import annotations

from typing import Any, Final

from model.catalog import Catalog
from model.errors import Blocked
from model.state import ChunkState, TrackedTable
from replicator.config.file import Config
from replicator.drift import shape
from replicator.phases.context import Context, Outcome, Phase
from replicator.schema import (
    PlanOptions,
    SchemaPlan,
    Scripts,
    Stage,
    TableTypes,
    convert,
    plan,
)
from replicator.schema.deploy import Deployed, deploy
from topics.admin import partitions_for
from topics.naming import data_topic

SHAPE: Final = "shape"
SCRIPTS: Final = "scripts"
DEPLOYED: Final = "deployed"
"""Names of what deploy remembers: the source's shape, the scripts, each object's digest."""


def run(context: Context) -> Outcome:
    """Refuse what cannot travel before anything is changed; then create, and shut the target."""
    catalog = context.catalog()
    if not catalog.tables:
        raise Blocked(
            "no table matches source.tables",
            object=catalog.database,
            hint="correct include and exclude (they are patterns over schema.table)",
        )
    planned = planned_schema(context, catalog)
    scripts = scripts_of(context, planned)
    context.state.remember(SCRIPTS, {"files": scripts.files})
    batches = stage(context, Stage.PRE_LOAD, scripts, planned)
    context.source.prepare(catalog.tables)
    tracked = _track(context, catalog, planned)
    context.target.unfinalise([table.target for table in tracked])
    principals = context.config.cutover.target_principals
    if principals:
        context.journal.note("deny", "deployed", {"principals": list(principals)}, "allow writes")
        context.target.deny_writes(principals)
    context.state.remember(SHAPE, shape(catalog))
    return Outcome({"tables": len(tracked), "batches": batches, "assessed": "not assessed"})


def planned_schema(context: Context, catalog: Catalog) -> SchemaPlan:
    """Types and names for the target, chosen by catalog and data. Raises Unsupported."""
    profiles = context.source.profile(catalog.tables)
    return plan(catalog, profiles, plan_options(context.config))


def plan_options(config: Config) -> PlanOptions:
    """What the configuration says about types and names."""
    own = config.schema_
    return PlanOptions(
        types=own.types,
        tables={name: TableTypes(each.types, each.columns) for name, each in own.tables.items()},
        schemas=config.target.schemas,
        not_a_number=config.source.not_a_number,
        midnight_24=config.source.midnight_24,
    )


def scripts_of(context: Context, planned: SchemaPlan) -> Scripts:
    """The scripts that a person edited (`schema.scripts`), else those that convert writes."""
    folder = context.config.schema_.scripts
    return Scripts.read(folder) if folder else convert(planned)


def post_load(context: Context) -> int:
    """Run the scripts that the load had to wait for; returns how many batches ran."""
    kept = context.state.recall(SCRIPTS)
    if kept is None:
        raise Blocked(
            "the scripts of the deployment were not recorded",
            hint="run `replicator deploy --stage pre-load` first",
        )
    return stage(context, Stage.POST_LOAD, Scripts(kept["files"]), None)


def stage(
    context: Context,
    which: Stage,
    scripts: Scripts,
    planned: SchemaPlan | None,
    *,
    verify_only: bool = False,
) -> int:
    """Run one stage, each batch journaled; what is there already is left."""
    recorded: dict[str, str] = context.state.recall(DEPLOYED) or {}
    ran = 0

    def note(done: Deployed) -> None:
        nonlocal ran
        recorded[done.object] = done.digest
        if done.skipped:
            return
        ran += 1
        context.state.remember(DEPLOYED, recorded)
        detail: dict[str, Any] = {"object": done.object, "file": done.file, "batch": done.line}
        context.journal.note("batch", str(which), detail)

    started = {
        chunk.table for chunk in context.state.chunks() if chunk.state is not ChunkState.PLANNED
    }
    holding = frozenset(table.target for table in context.tracked() if table.source in started)
    deploy(
        which,
        scripts,
        planned,
        context.target,
        recorded,
        note,
        allow_rows=holding,
        verify_only=verify_only,
    )
    return ran


def _track(context: Context, catalog: Catalog, planned: SchemaPlan) -> list[TrackedTable]:
    """Record each table once, with a topic and a checkpoint for each of its partitions."""
    kafka = context.config.kafka
    known = {table.source for table in context.tracked()}
    tracked = [
        TrackedTable(
            source=table.name,
            target=planned.target(table.name),
            topic=data_topic(kafka.topic_prefix, table.name),
            partitions=partitions_for(table, kafka),
            key=table.key,
            rows_estimate=table.rows,
        )
        for table in catalog.tables
    ]
    context.topics.create(tracked)
    context.state.save_tables(table for table in tracked if table.source not in known)
    for table in tracked:
        context.state.initialise_checkpoints(table.topic, table.partitions)
    return tracked


PHASE = Phase(run)
