"""What an operator says about a PostgreSQL source."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
)

from model.units import DURATION_PATTERN, SIZE_PATTERN, duration, size

Duration = Annotated[
    float,
    BeforeValidator(duration),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN}),
]
Size = Annotated[
    int, BeforeValidator(size), WithJsonSchema({"type": "string", "pattern": SIZE_PATTERN})
]

Policy = Literal["stop", "null"]
"""What happens to a value that Azure SQL cannot hold: the table stops, or NULL is carried."""

_SLOT_NAME: Final = re.compile(r"[a-z0-9_]{1,63}")


class PostgresqlSettings(BaseModel):
    """The section `source:` of a migration from PostgreSQL."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    kind: Literal["postgresql"] = "postgresql"
    dsn: SecretStr
    """Connection string (URI or `key=value`) of the role that reads and captures."""
    fence_dsn: SecretStr | None = None
    """Connection string of the role that locks and revokes; `dsn` when absent."""
    publication: str | None = Field(default=None, min_length=1, max_length=63)
    slot: str | None = None
    partitions: Literal["root", "leaves"] = "root"
    """Whether a partitioned table is captured as one table or as its leaves."""
    not_a_number: Policy = "stop"
    """NaN and the infinities of numbers and intervals."""
    midnight_24: Policy = "stop"
    """The time 24:00:00."""
    failover_slot: bool = False
    """Let standbys keep a copy of the slot (PostgreSQL 17 and newer)."""
    connect_timeout: Duration = 10.0
    silent_after: Duration = 60.0
    """A session is given up when the server, asked to answer, has said nothing for so long."""
    batch_bytes: Size = 4 * 1024 * 1024
    """About how much of a table one Arrow batch of the snapshot holds."""

    @field_validator("dsn", "fence_dsn")
    @classmethod
    def _is_conninfo(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_conninfo(value)
        return value

    @field_validator("slot")
    @classmethod
    def _is_slot_name(cls, value: str | None) -> str | None:
        if value is not None and not _SLOT_NAME.fullmatch(value):
            raise ValueError("a slot's name has 1 to 63 lower-case letters, digits or underscores")
        return value

    @property
    def fence_user(self) -> str | None:
        """The role of `fence_dsn`, None when it is the role of `dsn` or libpq's default."""
        return parse_conninfo(self.fence_dsn).get("user") if self.fence_dsn else None

    def slot_name(self, migration: str) -> str:
        """The configured slot, else one named after the migration."""
        return self.slot or derived_name(migration)

    def publication_name(self, migration: str) -> str:
        """The configured publication, else one named after the migration."""
        return self.publication or derived_name(migration)


def derived_name(migration: str) -> str:
    """`replicator_` and the migration's name in the letters that a slot may have."""
    return ("replicator_" + re.sub(r"[^a-z0-9_]", "_", migration.lower()))[:63]


def parse_conninfo(dsn: SecretStr) -> dict[str, Any]:
    """The parts of a connection string. Raises ValueError that repeats nothing of it."""
    try:
        return conninfo_to_dict(dsn.get_secret_value())
    except ProgrammingError:
        raise ValueError(
            "not a PostgreSQL connection string; write postgresql://user:password@host/database "
            "or host=… dbname=… user=…"
        ) from None
