"""Every table's story begun anew from a new slot: the way out when the log cannot be read on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from model.catalog import Table, TableName
from model.errors import Blocked
from model.state import MigrationState, TableState, TrackedTable
from replicator.dropped import DROPPED
from replicator.phases.context import Context
from replicator.phases.reshaping import bring_up
from replicator.phases.stories import begun, publish
from topics.admin import partitions_for

RESTING: Final = (MigrationState.LOADING, MigrationState.CATCHING_UP, MigrationState.IN_SYNC)
"""States in which tables may begin anew."""


def all_anew(context: Context) -> int:
    """Replace the slot and the topics beside the data, and let every table begin anew behind them;
    returns how many do.

    Neither a coordinator nor capture may run: the caller holds their leases. Carried out again
    after a crash in its middle, it does the whole of it; until then every table is quarantined and
    left out by capture, so that none goes on over the hole. Raises Blocked before anything is
    changed when it cannot be done.
    """
    tables = context.tracked()
    there = {each.name: each for each in context.catalog().tables}
    _possible(context, tables, there)
    _shut(context, tables)
    context.topics.delete([])
    context.topics.create(tables, may_hold_records=True)
    context.source.drop()
    publish(context)
    anchor = context.source.anchor()
    anchor.close()
    context.state.renew(context.source.identity(), anchor.start)
    left = dict(context.state.recall(DROPPED) or {})
    for table in tables:
        found = there.get(table.source)
        if found is None:
            continue
        bring_up(context, table)
        anew = begun(context, table)
        version = table.schema_version + 1
        context.state.begin_anew(
            replace(anew, key=found.key, rows_estimate=found.rows, schema_version=version)
        )
        del left[str(table.source)]
        context.state.remember(DROPPED, left)
    return len(tables) - len(left)


def _possible(
    context: Context, tables: list[TrackedTable], there: Mapping[TableName, Table]
) -> None:
    migration = context.state.migration()
    if migration is None or migration.state not in RESTING or not migration.start.text:
        raise Blocked(
            f"the migration is {migration.state if migration else 'not begun'}: there is nothing "
            "to load again",
            object=context.config.migration,
            hint="`replicator status` says what is under way",
        )
    for table in tables:
        found = there.get(table.source)
        wanted = partitions_for(found, context.config.kafka) if found else table.partitions
        if wanted != table.partitions:
            raise Blocked(
                f"it needs {wanted} partitions, and its topic has {table.partitions}: its keys are "
                "others now",
                object=str(table.source),
                hint="undo that in the source",
            )


def _shut(context: Context, tables: list[TrackedTable]) -> None:
    """No applier reads on, and capture writes nothing of the former stories any more."""
    context.journal.note("reload all", "", {"tables": [str(table.source) for table in tables]})
    away = "every table is about to be loaded anew → `replicator table reload --all` again"
    document = {
        str(table.source): {"reason": away, "position": table.since.text} for table in tables
    }
    context.state.remember(DROPPED, document)
    for table in tables:
        context.state.set_table(
            table.source, TableState.QUARANTINED, expected=list(TableState), reason=away
        )
