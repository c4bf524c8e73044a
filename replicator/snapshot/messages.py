"""What the parent of the load and its workers say to each other."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from model.catalog import Table, TableName
from model.errors import ReplicatorError
from model.ports import TargetTable
from model.state import Chunk

GO: Final = "go"
"""The parent's word for one chunk. None instead: end, and wait for nothing any more."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker loads, in this order.

    `tables` maps a source table to its shape on both ends, `snapshots` to the name of the snapshot
    that it is read in: None is a fresh one of the worker's own.
    """

    tables: dict[TableName, tuple[Table, TargetTable]]
    snapshots: dict[TableName, str | None]


class Event(StrEnum):
    """What became of the word to go. After all but WAITS the worker waits for the next."""

    DONE = "done"
    """The chunk is in the target."""
    PASSED = "passed"
    """The chunk is nobody's, or somebody else's, or it was split: there may be more to do."""
    NONE = "none"
    """No chunk is planned."""
    DOUBT = "doubt"
    """Only the parent can tell whether the chunk is in the target: nothing looks a row up in it."""
    WAITS = "waits"
    """An attempt failed; the next one follows by itself."""
    ENDED = "ended"
    """The worker ended, for `error`."""


@dataclass(frozen=True, slots=True)
class Told:
    """`wait` is seconds until the next attempt (WAITS), `error` why the last one failed."""

    owner: str
    event: Event
    chunk: Chunk | None = None
    error: ReplicatorError | None = None
    wait: float = 0.0
    peak_rss: int = 0
