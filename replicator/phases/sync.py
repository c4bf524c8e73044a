"""Wait until every table is consistent, then build what would have slowed the load."""

from __future__ import annotations

from model.state import TableState
from replicator.phases.context import Context, Outcome, Phase
from replicator.phases.decisions import serve, standing
from replicator.phases.staging import post_load


def run(context: Context) -> Outcome:
    """Done when a marker above every table's `high` has passed and post-load objects exist."""
    while True:
        serve(context)
        tables = context.tracked()
        waiting = [table for table in tables if table.state is not TableState.CONSISTENT]
        if not waiting:
            break
        missing = f"{len(waiting)} of {len(tables)} tables are not consistent yet"
        context.reason = standing(tables) or missing
        context.pause(0.25)
    context.reason = "building indexes and constraints"
    return Outcome({"batches": post_load(context)})


PHASE = Phase(run)
