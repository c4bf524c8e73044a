"""Letting a quarantined table try again, when a person has mended what was wrong."""

from __future__ import annotations

from typing import Final

from model.errors import Blocked, ConfigurationError
from model.ports import State
from model.state import ChunkState, MigrationState, TableState, TrackedTable
from replicator.config.explain import nearest
from replicator.journal import Journal

DROPPED: Final = "capture.dropped"
"""The document in which capture keeps the tables that it no longer writes."""

_EARLY: Final = (MigrationState.LOADING, MigrationState.CATCHING_UP)


def retry(state: State, journal: Journal, name: str) -> TableState | None:
    """Open the table's gate again; None when it is not quarantined.

    What was refused is the next thing that is tried: nothing is skipped. Raises
    ConfigurationError for an unknown table, Blocked when trying again could not help.
    """
    table = _tracked(state, name)
    if table.state is not TableState.QUARANTINED:
        return None
    if name in (state.recall(DROPPED) or {}):
        raise Blocked(
            "capture has left this table's changes out, so they cannot be applied any more",
            object=name,
            hint="it must be loaded again; until then exclude it in source.tables",
        )
    to = _before(state, table)
    journal.note("table retry", str(to), {"table": name, "reason": table.reason})
    state.set_table(table.source, to, expected=[TableState.QUARANTINED])
    return to


def _tracked(state: State, name: str) -> TrackedTable:
    tables = {str(table.source): table for table in state.tables()}
    if name not in tables:
        raise ConfigurationError(
            "no such table is captured",
            object=name,
            hint=f"did you mean {nearest(name, list(tables))!r}?" if tables else "",
        )
    return tables[name]


def _before(state: State, table: TrackedTable) -> TableState:
    """The state that its rows justify. Before the first time in sync, replays are tolerated."""
    chunks = state.chunks(table.source)
    if any(chunk.state is not ChunkState.DONE for chunk in chunks):
        return TableState.LOADING
    migration = state.migration()
    early = migration is not None and migration.state in _EARLY
    return TableState.OPEN if early else TableState.CONSISTENT
