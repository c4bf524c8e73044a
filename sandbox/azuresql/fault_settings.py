"""What a test may ask to go wrong: the words of the control API, without the server behind it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=0)]


class Point(StrEnum):
    """Where busy errors, deadlocks, drops, latency and the freeze strike.

    A COMMIT is that of an explicit transaction, or a bulk load's own.
    """

    REQUEST = "request"
    """As a request begins; latency as it is answered."""
    BULK = "bulk"
    """In the middle of a bulk load: after its first rows, and once its connection has stored
    `bulk_bytes` in this load and those before."""
    BEFORE_COMMIT = "before_commit"
    """Nothing is committed yet."""
    DURING_COMMIT = "during_commit"
    """The client sees its connection drop; the commit lands `commit_delay_ms` later, and not
    before `frozen` is false."""
    AFTER_COMMIT = "after_commit"
    """Committed, and only the answer is lost or late."""


class FaultSettings(BaseModel):
    """What is to go wrong. Counts go down as they strike; the rest holds until it is changed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    logins_40613: Count = 0
    """The next so many logins fail with 40613."""
    point: Annotated[Point, Field(strict=False)] = Point.REQUEST
    requests_40501: Count = 0
    """So many times 40501 is said, and the connection ends."""
    deadlocks: Count = 0
    """So many times a transaction is rolled back with 1205."""
    drops: Count = 0
    """So many times the connection drops."""
    latency_ms: Count = 0
    frozen: bool = False
    """Everything waits at the point until this is false again; at `request`, logins wait too."""
    bulk_bytes: Count = 0
    commit_delay_ms: Count = 200
    log_bytes_per_s: Count = 0
    """The log-rate governor: all bulk rows together pass at this rate, without an error."""
    application: str = ""
    """Only connections whose application name contains this are disturbed; empty is all."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.point is Point.DURING_COMMIT and (
            self.requests_40501 or self.deadlocks or self.latency_ms
        ):
            raise ValueError("during a COMMIT only the connection can drop")
        if self.point is Point.AFTER_COMMIT and self.deadlocks:
            raise ValueError("what is committed is no deadlock's victim")
        return self
