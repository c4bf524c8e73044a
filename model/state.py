"""What a migration remembers: the rows of the `replicator` schema in the target."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from model.catalog import TableName
from model.position import START, Position


class MigrationState(StrEnum):
    """Where a migration stands (cut-over's steps are states of their own)."""

    CREATED = "created"
    ASSESSED = "assessed"
    DEPLOYED = "deployed"
    LOADING = "loading"
    CATCHING_UP = "catching-up"
    IN_SYNC = "in-sync"
    PAUSED = "paused"
    REHEARSING = "rehearsing"
    PREFLIGHT = "preflight"
    ARM = "arm"
    FENCE = "fence"
    MARK = "mark"
    DRAIN = "drain"
    VERIFY = "verify"
    FINALISE = "finalise"
    CLOSE = "close"
    ABORTING = "aborting"
    SWITCHED = "switched"
    FALLBACK_READY = "fallback-ready"
    FINISHED = "finished"


class TableState(StrEnum):
    """Where one table stands. Its topic is read from OPEN on.

    JOINING: added, and the source's log does not carry it before capture knows it.
    """

    JOINING = "joining"
    PENDING = "pending"
    LOADING = "loading"
    LOADED = "loaded"
    OPEN = "open"
    CONSISTENT = "consistent"
    QUARANTINED = "quarantined"


class ChunkState(StrEnum):
    """SENDING is in doubt after a crash: its probe tells whether it was committed."""

    PLANNED = "planned"
    SENDING = "sending"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Migration:
    """One row for each migration. `start` is L0, empty until the slot exists."""

    name: str
    state: MigrationState
    epoch: int
    identity: str = ""
    start: Position = START
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrackedTable:
    """A captured table: its names on both ends, its topic, its gate.

    `key` is the record's key (empty: keyless). `high` is the greatest position that a chunk of it
    was read at: the table is consistent once a marker at or above it has passed. `since` is where
    its story begins again when it is loaded anew (reloaded, added): the log below it does not
    concern the table any more. START: its story is the migration's.
    """

    source: TableName
    target: TableName
    topic: str
    partitions: int
    key: tuple[str, ...]
    state: TableState = TableState.PENDING
    reason: str = ""
    high: Position = START
    rows_estimate: int | None = None
    rows_loaded: int = 0
    schema_version: int = 1
    since: Position = START

    @property
    def anew(self) -> bool:
        """Whether its story began later than the migration's."""
        return self.since != START


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a table was last quarantined. `record` is what the role kept of it: a record with its
    topic, partition and offset, or what capture or load could say. `at` is ISO 8601, UTC."""

    reason: str
    record: dict[str, Any]
    at: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A range of one table. Bounds are JSON arrays of the key's text in the source's own order,
    `lower` exclusive and `upper` inclusive, None for open. `number` is unique in its table."""

    table: TableName
    number: int
    lower: str | None
    upper: str | None
    state: ChunkState = ChunkState.PLANNED
    probe: str | None = None
    high: Position = START
    rows: int = 0
    bytes: int = 0
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far one partition has been applied. `position` is the greatest position applied."""

    topic: str
    partition: int
    next_offset: int
    position: Position = START
    closed: bool = False
    waiting_at: int | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of the story. `inverse` names the step that undoes this one, or is empty.

    `sequence` and `at` (ISO 8601, UTC) are given by the target when the entry is written.
    """

    event: str
    phase: str
    actor: str
    detail: dict[str, Any] = field(default_factory=dict)
    inverse: str = ""
    sequence: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """An operator's request, left in the target for the coordinator."""

    id: int
    kind: str
    actor: str
    detail: dict[str, Any]
    at: str = ""


@dataclass(frozen=True, slots=True)
class RoleStatus:
    """What a role last said of itself. `detail` is figures; `age_s` is by the target's clock."""

    role: str
    instance: str
    detail: dict[str, Any]
    age_s: float
