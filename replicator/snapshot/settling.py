"""What a loader that was lost left in doubt, settled before anything more is sent."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from model.catalog import TableName
from model.ports import State, Target, TargetTable
from model.state import Chunk, ChunkState
from replicator.journal import Journal
from replicator.pairing import Pairs
from replicator.snapshot.sessions import table_prefix

_log = logging.getLogger("replicator.load")


def settle(
    target: Target, state: State, journal: Journal, migration: str, pairs: Pairs
) -> list[TableName]:
    """Decide every chunk that was being sent; returns the keyless tables to be loaded anew.

    Call it while no worker of ours runs. A session that might still commit is ended first; then
    the chunk's first key, looked up by equality, tells whether its one transaction committed.
    """
    doubtful: dict[TableName, list[Chunk]] = {}
    for chunk in state.chunks():
        if chunk.state is ChunkState.SENDING and chunk.table in pairs:
            doubtful.setdefault(chunk.table, []).append(chunk)
    anew = []
    for name, chunks in doubtful.items():
        table, there = pairs[name]
        ended = target.end_bulk_sessions(table_prefix(migration, name))
        if table.key:
            settled = _keyed(target, state, there, chunks)
        else:
            target.truncate(there.name)
            settled = [_again(chunk) for chunk in chunks]
            anew.append(name)
        for chunk in settled:
            state.save_chunks([chunk])
            fields = {"table": str(name), "chunk": chunk.number, "found": str(chunk.state)}
            journal.note("settled", "loading", {**fields, "rows": chunk.rows, "ended": ended})
            _log.info("settled", extra={"fields": fields})
    return anew


def _keyed(
    target: Target, state: State, there: TargetTable, chunks: Sequence[Chunk]
) -> list[Chunk]:
    """Each chunk as planned or done.

    How many rows a chunk had is lost with its loader. Nothing else writes the table before its
    gate opens, so what it holds beyond the finished chunks came from these.
    """
    present = [
        chunk for chunk in chunks if chunk.probe is not None and target.probe(there, chunk.probe)
    ]
    settled = [_again(chunk) for chunk in chunks if chunk not in present]
    if not present:
        return settled
    finished = state.chunks(present[0].table)
    known = sum(chunk.rows for chunk in finished if chunk.state is ChunkState.DONE)
    beyond = target.count(there.name) - known
    for index, chunk in enumerate(present):
        rows = beyond if index == 0 else 0
        settled.append(replace(chunk, state=ChunkState.DONE, rows=rows))
    return settled


def _again(chunk: Chunk) -> Chunk:
    return replace(chunk, state=ChunkState.PLANNED, probe=None, owner="", rows=0, bytes=0)
