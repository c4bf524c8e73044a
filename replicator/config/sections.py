"""The sections of a configuration file that belong to the replicator itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from model.units import (
    DURATION_PATTERN,
    RATE_PATTERN,
    SIZE_PATTERN,
    Rate,
    duration,
    rate,
    show_duration,
    show_size,
    size,
)

Duration = Annotated[
    float,
    BeforeValidator(duration),
    PlainSerializer(show_duration, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["250ms", "5m"]}),
]
"""Seconds; written `250ms`, `5m`, `1h30m`."""

Size = Annotated[
    int,
    BeforeValidator(size),
    PlainSerializer(show_size, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": SIZE_PATTERN, "examples": ["64MiB"]}),
]
"""Bytes; written `64MiB`, `10kB`."""

SpeedLimit = Annotated[
    Rate,
    BeforeValidator(rate),
    PlainSerializer(str, when_used="json"),
    WithJsonSchema(
        {"type": "string", "pattern": RATE_PATTERN, "examples": ["50000rows/s", "20MiB/s"]}
    ),
]
"""Rows or bytes a second; written `50000rows/s`, `20MiB/s`."""

Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """Strict and frozen: an unknown key or a value of another type is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class TableSelection(Section):
    """Which tables travel: patterns over `schema.table` with `*` and `?`."""

    include: list[str] = Field(default=["public.*"], min_length=1)
    exclude: list[str] = []


class TableTypesSection(Section):
    """Types of one table: by the source type's name, or by column, which wins."""

    types: dict[str, str] = {}
    columns: dict[str, str] = {}


class SchemaOptions(Section):
    """`schema:` how types are converted where the operator knows better."""

    types: dict[str, str] = Field(
        default={}, description="a source type's name → the target's type"
    )
    tables: dict[str, TableTypesSection] = Field(
        default={}, description="`schema.table` → types of its own"
    )
    scripts: Path | None = Field(
        default=None, description="a folder of edited scripts to deploy, as convert wrote them"
    )


class LoadOptions(Section):
    """`load:` how rows are copied in bulk."""

    workers: int = Field(
        default=1, ge=1, le=64, description="processes that read and send, to begin with"
    )
    max_workers: int = Field(
        default=4,
        ge=1,
        le=64,
        description="workers are added up to this number while each makes the load faster; each "
        "holds one session at the source and one at the target",
    )
    max_rate: SpeedLimit | None = Field(
        default=None,
        description="what all workers together read from the source at most, in rows or bytes "
        "a second",
    )
    read_ahead: Size = Field(
        default=16 * 1024**2,
        description="what one worker has read and not sent yet; while it is full, the source is "
        "not read",
    )
    rows_per_chunk: int = Field(default=100_000, ge=1, description="one bulk transaction each")
    first: list[str] = Field(
        default=[],
        description="tables that are loaded before the others, in this order: patterns over "
        "schema.table",
    )
    attempts: int = Field(default=5, ge=1, description="how often one chunk is tried")
    lease: Duration = Field(
        default=5.0, gt=0, description="how soon another loader may take over from one that died"
    )


class CaptureOptions(Section):
    """`capture:` how the source's log becomes records."""

    read_bytes: Size = Field(default=1024 * 1024, description="log read at once")
    outstanding_bytes: Size = Field(
        default=64 * 1024**2, description="records that Kafka has not confirmed yet"
    )
    progress_interval: Duration = Field(default=1.0, gt=0)
    heartbeat_interval: Duration = Field(default=1.0, gt=0)
    stalled_after: Duration = Field(default=10.0, gt=0)
    lease: Duration = Field(default=15.0, gt=0)


class ApplyOptions(Section):
    """`apply:` how records become rows of the target."""

    max_connections: int = Field(default=2, ge=1, le=64)
    batch_rows: int = Field(default=5000, ge=1)
    batch_bytes: Size = Field(default=4 * 1024**2, ge=1)
    linger: Duration = 0.005
    member: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9._-]+$",
        max_length=200,
        description="stable name among several appliers of one migration; default: the host's",
    )
    gate_interval: Duration = Field(default=0.5, gt=0)


class FenceOptions(Section):
    """How the source's tables are locked: attempts that never queue for longer than `pause`."""

    pause: Duration = Field(default=0.5, gt=0, description="longest wait of one attempt")
    attempts: int = Field(default=10, ge=1)
    first_wait: Duration = Field(default=0.2, description="between attempts; doubles each time")
    longest_wait: Duration = 5.0


class SwitchHook(Section):
    """What flips the applications: an address that takes a POST, or a command (JSON on stdin)."""

    url: str | None = None
    command: list[str] | None = Field(default=None, min_length=1)
    timeout: Duration = Field(default=20.0, gt=0)
    attempts: int = Field(default=5, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> SwitchHook:
        if (self.url is None) == (self.command is None):
            raise ValueError("a hook has either a url or a command")
        return self


class Hooks(Section):
    """Calls to the outside, each with a JSON event."""

    switch: SwitchHook | None = None


class CutoverOptions(Section):
    """`cutover:` when it may start, what it may cost, who is shut out."""

    source_roles: list[str] = Field(
        default=[], description="the applications' roles: their write rights end in the fence"
    )
    target_principals: list[str] = Field(
        default=[], description="denied from deploy on, allowed by the switch"
    )
    max_lag: Duration = 2.0
    stable_for: Duration = 3.0
    downtime_budget: Duration = Field(default=10.0, gt=0)
    verify: Literal["counts", "full"] = "counts"
    fence: FenceOptions = FenceOptions()
    hooks: Hooks = Hooks()
    trust_before_switch: bool = False


class RolePorts(Section):
    """Where each role answers `/metrics` and `/healthz`; 0 lets the system choose."""

    capture: Port = 0
    load: Port = 0
    apply: Port = 0
    coordinate: Port = 0


class LogOptions(Section):
    """How the roles write their log to standard error."""

    format: Literal["text", "json"] = "text"
    level: Literal["debug", "info", "warning", "error"] = "info"


class MonitoringOptions(Section):
    """`monitoring:` metrics, health and logs."""

    host: str = "127.0.0.1"
    ports: RolePorts = RolePorts()
    log: LogOptions = LogOptions()


class RunOptions(Section):
    """`run:` the supervisor of all roles."""

    first_restart_after: Duration = Field(default=0.5, gt=0)
    longest_restart_after: Duration = Field(default=30.0, gt=0)
    healthy_after: Duration = Field(
        default=60.0, gt=0, description="a role that lived so long starts over with short waits"
    )
    max_restarts: int = Field(default=20, ge=0, description="in a row, before the run fails")
    drain: Duration = Field(default=20.0, gt=0, description="from the first signal to force")
    lease: Duration = Field(default=8.0, gt=0, description="the coordinator's, in the target")
