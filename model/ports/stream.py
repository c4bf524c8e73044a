"""What both ends hand over: Arrow streams and the lines of a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from model.errors import ReplicatorError


class ArrowStream(Protocol):
    """Anything that exports an Arrow C stream (a `pyarrow.RecordBatchReader` does)."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class SnapshotStream(ArrowStream, Protocol):
    """Rows of a chunk. `failure` is what broke the reading, of which whoever reads through the C
    interface sees only text."""

    failure: ReplicatorError | None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of `replicator check`. `fix` is the statement or setting that would make it pass."""

    name: str
    passed: bool
    detail: str
    fix: str = ""
