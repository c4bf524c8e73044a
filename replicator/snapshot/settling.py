"""What is in doubt, settled before anything more is sent."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace

from model.catalog import TableName
from model.errors import Retryable
from model.ports import State, Target, TargetTable
from model.state import Chunk, ChunkState
from replicator.journal import Journal
from replicator.pairing import Pairs
from replicator.snapshot.sessions import table_prefix

_log = logging.getLogger("replicator.load")


def settle(target: Target, state: State, journal: Journal, migration: str, pairs: Pairs) -> None:
    """Decide what a loader that was lost left behind. Call it while no worker of ours runs.

    A session that might still commit is ended first. Then a chunk's first key, looked up by
    equality, tells whether its one transaction committed. A table without a key has none, and its
    snapshot is gone: it is emptied, and planned again in a new one.
    """
    for name, chunks in _by_table(state.chunks()).items():
        if name not in pairs or all(chunk.state is ChunkState.DONE for chunk in chunks):
            continue
        table, there = pairs[name]
        doubtful = [chunk for chunk in chunks if chunk.state is ChunkState.SENDING]
        if table.key and not doubtful:
            continue
        ended = target.end_bulk_sessions(table_prefix(migration, name))
        if not table.key:
            if any(chunk.state is not ChunkState.PLANNED for chunk in chunks):
                target.truncate(there.name)
            state.forget_chunks(name)
            journal.note("emptied", "loading", {"table": str(name), "ended": ended})
            continue
        for chunk in _keyed(target, state, there, doubtful):
            state.save_chunks([chunk])
            fields = {"table": str(name), "chunk": chunk.number, "found": str(chunk.state)}
            journal.note("settled", "loading", {**fields, "rows": chunk.rows, "ended": ended})
            _log.info("settled", extra={"fields": fields})


def settle_by_count(
    target: Target, state: State, migration: str, pairs: Pairs, chunks: Iterable[Chunk]
) -> list[Chunk]:
    """Decide chunks of tables without a key, of which it is known how many rows were sent; call it
    while nobody sends. Returns them as planned or done.

    Nobody else writes a table before its gate opens, so what it holds beyond the finished chunks
    came from these. Raises Retryable when that tells nothing: the next start empties the table.
    """
    settled = []
    for name, doubtful in _by_table(chunks).items():
        _, there = pairs[name]
        target.end_bulk_sessions(table_prefix(migration, name))
        beyond = target.count(there.name) - _finished_rows(state, name)
        sent = sum(chunk.rows for chunk in doubtful)
        if beyond not in (0, sent):
            raise Retryable(
                f"{beyond} of the {sent} rows that were in doubt are in the target, and nothing "
                "tells which",
                object=str(name),
                hint="the next start empties the table and loads it again",
            )
        for chunk in doubtful:
            settled.append(_again(chunk) if beyond == 0 else replace(chunk, state=ChunkState.DONE))
    state.save_chunks(settled)
    return settled


def _by_table(chunks: Iterable[Chunk]) -> dict[TableName, list[Chunk]]:
    grouped: dict[TableName, list[Chunk]] = {}
    for chunk in chunks:
        grouped.setdefault(chunk.table, []).append(chunk)
    return grouped


def _finished_rows(state: State, name: TableName) -> int:
    return sum(chunk.rows for chunk in state.chunks(name) if chunk.state is ChunkState.DONE)


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
    beyond = target.count(there.name) - _finished_rows(state, present[0].table)
    for index, chunk in enumerate(present):
        rows = beyond if index == 0 else 0
        settled.append(replace(chunk, state=ChunkState.DONE, rows=rows))
    return settled


def _again(chunk: Chunk) -> Chunk:
    return replace(chunk, state=ChunkState.PLANNED, probe=None, owner="", rows=0, bytes=0)
