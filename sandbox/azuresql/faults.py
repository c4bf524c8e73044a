"""Faults on demand: what the cloud does to a client now and then, done when a test asks for it.

`Faults` is the state, its methods are the places where the server asks it; `control` sets it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from sandbox.azuresql.session import Done, Login, Notice, Refused, Result, Results, Session

_DATABASE_AWAY: Final = 40613
_BUSY: Final = 40501
_DEADLOCK: Final = 1205

Count = Annotated[int, Field(ge=0)]


class CommitFault(StrEnum):
    """When the connection drops around the next COMMIT."""

    BEFORE = "before"
    """Nothing is committed."""
    DURING = "during"
    """The client sees the loss first; the commit lands `commit_delay_ms` later."""
    AFTER = "after"
    """Committed, and only the answer is lost."""


class FaultSettings(BaseModel):
    """What is to go wrong. Counts go down as they strike; the rest holds until it is changed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    logins_40613: Count = 0
    """The next so many logins fail with 40613."""
    requests_40501: Count = 0
    """The next so many requests fail with 40501, and their connections end."""
    deadlocks: Count = 0
    """The next so many requests lose their transaction with 1205."""
    commit: Annotated[CommitFault | None, Field(strict=False)] = None
    """The connection drops around the next `commits` COMMITs of explicit transactions."""
    commits: Count = 1
    commit_delay_ms: Count = 200
    latency_ms: Count = 0
    """Added to every answer."""
    frozen: bool = False
    """Requests and logins wait until this is false again."""
    log_bytes_per_s: Count = 0
    """The log-rate governor: bulk rows pass at this rate, without an error. 0 is no limit."""
    application: str = ""
    """Only connections whose application name contains this are disturbed; empty is all."""


class Faults:
    """Shared by all connections of a server; `apply` replaces the settings."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._thawed = asyncio.Event()
        self.settings = FaultSettings()
        self.apply(self.settings)

    def apply(self, settings: FaultSettings) -> None:
        self.settings = settings
        if settings.frozen:
            self._thawed.clear()
        else:
            self._thawed.set()

    def for_connection(self, login: Login, abort: Callable[[], None]) -> ConnectionFaults:
        """The faults as one connection meets them; `abort` drops it at once."""
        return ConnectionFaults(self, login, abort)

    async def thawed(self) -> None:
        await self._thawed.wait()

    async def sleep(self, seconds: float) -> None:
        await self._sleep(seconds)


class ConnectionFaults:
    """Asked by a connection before it does anything that can be disturbed."""

    def __init__(self, faults: Faults, login: Login, abort: Callable[[], None]) -> None:
        self._faults = faults
        self._login = login
        self._abort = abort
        self._drop_after_commit = False
        self.committing = False
        """A COMMIT is under way that the loss of the connection must not stop."""

    @property
    def _settings(self) -> FaultSettings:
        """The settings if they concern this connection, else none."""
        settings = self._faults.settings
        return settings if settings.application in self._login.application else _NOTHING

    async def before_login(self) -> None:
        """Raises Refused(40613) when the database is to be away."""
        settings = self._settings
        if settings.frozen:
            await self._faults.thawed()
        if settings.logins_40613:
            settings.logins_40613 -= 1
            text = (
                f"Database '{self._login.database}' on server 'standin' is not currently "
                "available. Please retry the connection later."
            )
            raise Refused(_DATABASE_AWAY, text, severity=17)

    async def before_request(self, session: Session) -> Results | None:
        """Delay it; results to answer with instead of running it, None to run it."""
        settings = self._settings
        if settings.frozen:
            await self._faults.thawed()
        if settings.requests_40501:
            settings.requests_40501 -= 1
            text = "The service is currently busy. Retry the request after 10 seconds."
            raise Refused(_BUSY, text, severity=20)
        if settings.deadlocks:
            settings.deadlocks -= 1
            return _deadlock_victim(session, self._login.session_id)
        return None

    async def before_answer(self) -> None:
        if self._drop_after_commit:
            self._abort()
            raise ConnectionAbortedError("dropped after COMMIT")
        if self._settings.latency_ms:
            await self._faults.sleep(self._settings.latency_ms / 1000)

    async def before_bulk(self, size: int) -> None:
        """Wait as long as the log-rate governor would."""
        rate = self._settings.log_bytes_per_s
        if rate:
            await self._faults.sleep(size / rate)

    async def before_commit(self) -> None:
        """Drop the connection around this COMMIT. Raises ConnectionError to prevent it."""
        settings = self._settings
        if settings.commit is None or not settings.commits:
            return
        settings.commits -= 1
        if settings.commit is CommitFault.BEFORE:
            self._abort()
            raise ConnectionAbortedError("dropped before COMMIT")
        self._drop_after_commit = True
        if settings.commit is CommitFault.DURING:
            self.committing = True
            self._abort()
            await self._faults.sleep(settings.commit_delay_ms / 1000)


_NOTHING: Final = FaultSettings()


async def _deadlock_victim(session: Session, session_id: int) -> Results:
    with contextlib.suppress(Refused):
        async for result in session.rollback("", False):
            if _ends_quietly(result):
                yield result
    text = (
        f"Transaction (Process ID {session_id}) was deadlocked on lock resources with "
        "another process and has been chosen as the deadlock victim. Rerun the transaction."
    )
    yield Notice(_DEADLOCK, 13, 51, 1, text)


def _ends_quietly(result: Result) -> bool:
    """Whatever a rollback says but its own DONE, and the complaint that there was nothing."""
    return not isinstance(result, Done | Notice)
