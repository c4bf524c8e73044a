"""Cutting tables into chunks, and refusing a target that is not empty."""

from __future__ import annotations

from model.catalog import Table
from model.errors import Blocked
from model.ports import Source, State, Target, TargetTable
from model.position import Position
from model.state import Chunk, ChunkState, TableState, TrackedTable
from replicator.pairing import Pairs


def unfinished(state: State, table: TrackedTable) -> bool:
    """Whether rows of the table are still to be copied."""
    chunks = state.chunks(table.source)
    return not chunks or any(chunk.state is not ChunkState.DONE for chunk in chunks)


def plan(
    source: Source,
    target: Target,
    state: State,
    pairs: Pairs,
    rows_per_chunk: int,
    snapshot: str | None,
    exact: Position | None,
) -> None:
    """Chunks for every table that has none, cut inside a snapshot. `exact` is the point of an
    exact one: above it its tables are consistent, whatever their chunks say."""
    if not pairs:
        return
    reader = source.snapshot(snapshot)
    try:
        for name, (table, there) in pairs.items():
            chunks = state.chunks(name)
            if not chunks:
                _refuse_rows(target, there)
                chunks = _planned(reader.plan(table, rows_per_chunk), table)
                state.save_chunks(chunks)
            finished = all(chunk.state is ChunkState.DONE for chunk in chunks)
            expected = [TableState.PENDING, TableState.LOADING]
            high = None if finished else exact
            state.set_table(name, TableState.LOADING, expected=expected, high=high)
    finally:
        reader.close()


def _planned(chunks: list[Chunk], table: Table) -> list[Chunk]:
    """An empty plan would never open its gate: the source owes at least one chunk."""
    return chunks or [Chunk(table.name, 0, None, None)]


def _refuse_rows(target: Target, there: TargetTable) -> None:
    if rows := target.count(there.name):
        raise Blocked(
            f"the target table holds {rows} rows that this migration did not load",
            object=str(there.name),
            hint="empty it, or exclude the table in source.tables",
        )
