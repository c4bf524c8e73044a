"""Make both ends ready: the target's tables, the source's publication, the topics between."""

from __future__ import annotations

from model.catalog import Catalog
from model.errors import Blocked
from model.state import TrackedTable
from replicator.drift import shape
from replicator.phases.context import Context, Outcome, Phase
from replicator.phases.staging import SCRIPTS, SHAPE, planned_schema, scripts_of, stage
from replicator.schema import SchemaPlan, Stage
from topics.admin import partitions_for
from topics.naming import data_topic


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
