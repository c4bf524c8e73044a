"""When a table's topic may be read: all of its chunks are in the target, and nothing else is."""

from __future__ import annotations

import logging

from model.catalog import TableName
from model.errors import Blocked
from model.ports import State, Target
from model.state import ChunkState, TableState
from replicator.snapshot.sessions import table_prefix

_log = logging.getLogger("replicator.load")


def open_if_loaded(target: Target, state: State, migration: str, name: TableName) -> bool:
    """LOADING → LOADED → OPEN, once every chunk is done. Idempotent; True when it opened.

    No bulk session of ours is alive on the table then, and its rows are exactly those that were
    sent. Raises Blocked when it holds others.
    """
    chunks = state.chunks(name)
    if not chunks or any(chunk.state is not ChunkState.DONE for chunk in chunks):
        return False
    tracked = next((table for table in state.tables() if table.source == name), None)
    if tracked is None or tracked.state not in (TableState.LOADING, TableState.LOADED):
        return False
    target.end_bulk_sessions(table_prefix(migration, name))
    rows = sum(chunk.rows for chunk in chunks)
    if (found := target.count(tracked.target)) != rows:
        raise Blocked(
            f"the target holds {found} rows, and {rows} were loaded",
            object=str(tracked.target),
            hint="somebody else wrote there: empty it and load this table again",
        )
    # A keyless table's point is the exact one of its snapshot, which was set when it was planned.
    high = max(chunk.high for chunk in chunks) if tracked.key else None
    state.set_table(
        name, TableState.LOADED, expected=[TableState.LOADING], high=high, rows_loaded=rows
    )
    opened = state.open_gate(tracked)
    if opened:
        _log.info("open", extra={"fields": {"table": str(name), "rows": rows}})
    return opened
