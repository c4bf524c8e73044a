"""The ports: what the migration asks of a source, of a target, and of the target's memory.

All methods block, except those of `LogReader`; roles call them from bounded thread pools. A
connection serves one thread at a time. Every method raises only `model.errors`.
"""

from collections.abc import Callable

from model.ports.apply import Advance, ApplySession, KeyedChange, KeylessChange, TableBatch
from model.ports.source import Anchor, Fence, LogReader, SnapshotReader, Source
from model.ports.state import State
from model.ports.stream import ArrowStream, CheckResult, SnapshotStream
from model.ports.target import (
    BulkWriter,
    FrozenTarget,
    LogRate,
    Target,
    TargetColumn,
    TargetObject,
    TargetTable,
)

Clock = Callable[[], float]
"""Seconds, monotonic or wall as its parameter's name says; injected so that tests own time."""

__all__ = [
    "Advance",
    "Anchor",
    "ApplySession",
    "ArrowStream",
    "BulkWriter",
    "CheckResult",
    "Clock",
    "Fence",
    "FrozenTarget",
    "KeyedChange",
    "KeylessChange",
    "LogRate",
    "LogReader",
    "SnapshotReader",
    "SnapshotStream",
    "Source",
    "State",
    "TableBatch",
    "Target",
    "TargetColumn",
    "TargetObject",
    "TargetTable",
]
