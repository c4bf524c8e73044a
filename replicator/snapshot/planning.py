"""Cutting tables into chunks, and refusing a target that is not empty."""

from __future__ import annotations

from collections.abc import Sequence

from model.catalog import Table
from model.errors import Blocked
from model.ports import Anchor, Source, State, Target, TargetTable
from model.state import Chunk, ChunkState, TableState, TrackedTable
from replicator.pairing import Pairs


def exact_anchor(source: Source, state: State, tracked: Sequence[TrackedTable]) -> Anchor | None:
    """After a crash: a consistent point of its own for keyless tables that must be loaded anew."""
    for table in tracked:
        if table.key:
            continue
        chunks = state.chunks(table.source)
        if not chunks or any(chunk.state is not ChunkState.DONE for chunk in chunks):
            return source.exact_snapshot()
    return None


def plan(
    source: Source,
    target: Target,
    state: State,
    pairs: Pairs,
    rows_per_chunk: int,
    keyed: str | None,
    exact: Anchor | None,
) -> None:
    """Chunks for every table that has none; the point above which a keyless one is consistent."""
    reader = source.snapshot(keyed)
    try:
        for name, (table, there) in pairs.items():
            chunks = state.chunks(name)
            if not chunks:
                _refuse_rows(target, there)
                chunks = _planned(reader.plan(table, rows_per_chunk), table)
                state.save_chunks(chunks)
            finished = all(chunk.state is ChunkState.DONE for chunk in chunks)
            high = None if table.key or finished or exact is None else exact.start
            expected = [TableState.PENDING, TableState.LOADING]
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
