"""Wait until the load role has copied every table and opened its topic."""

from __future__ import annotations

from model.state import TableState
from replicator.phases.context import Context, Outcome, Phase
from replicator.phases.decisions import serve
from replicator.snapshot.order import paused as load_paused

_NOT_YET = (TableState.JOINING, TableState.PENDING, TableState.LOADING, TableState.LOADED)


def run(context: Context) -> Outcome:
    """Done when no table waits for its rows any more. A quarantined one does not hold others."""
    while True:
        serve(context)
        tables = context.tracked()
        waiting = [table for table in tables if table.state in _NOT_YET]
        if not waiting:
            return Outcome({"rows": sum(table.rows_loaded for table in tables)})
        paused = "; the load is paused" if load_paused(context.state) else ""
        context.reason = f"{len(waiting)} of {len(tables)} tables are not loaded yet{paused}"
        context.pause(0.25)


PHASE = Phase(run)
