"""Faults on demand: what the cloud does to a client now and then, done when a test asks for it.

`Faults` is the state, `ConnectionFaults` the places where the server asks it; `control` sets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from sandbox.azuresql.fault_settings import FaultSettings, Point
from sandbox.azuresql.session import Done, Login, Notice, Refused, Result, Results, Session
from sandbox.azuresql.unopened import away

_BUSY: Final = 40501
_DEADLOCK: Final = 1205


class Faults:
    """Shared by all connections of a server; `apply` replaces the settings."""

    def __init__(
        self,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sleep = sleep
        self._clock = clock
        self._thawed = asyncio.Event()
        self._log_free_at = 0.0
        self.settings = FaultSettings()
        self.apply(self.settings)

    def apply(self, settings: FaultSettings) -> None:
        self.settings = settings
        self._log_free_at = 0.0
        if settings.frozen:
            self._thawed.clear()
        else:
            self._thawed.set()

    def for_connection(self, login: Login, abort: Callable[[], None]) -> ConnectionFaults:
        """The faults as one connection meets them; `abort` drops it at once."""
        return ConnectionFaults(self, login, abort)

    async def thawed(self) -> None:
        await self._thawed.wait()

    async def log(self, size: int, rate: int) -> None:
        """Wait until the log has taken `size` bytes more, at `rate` bytes/s for all together."""
        now = self._clock()
        self._log_free_at = max(self._log_free_at, now) + size / rate
        await self.sleep(self._log_free_at - now)


class ConnectionFaults:
    """Asked by a connection before it does anything that can be disturbed."""

    def __init__(self, faults: Faults, login: Login, abort: Callable[[], None]) -> None:
        self._faults = faults
        self._login = login
        self._abort = abort
        self._loaded = 0
        self._in_load = False
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
        if settings.frozen and settings.point is Point.REQUEST:
            await self._faults.thawed()
        if settings.logins_40613:
            settings.logins_40613 -= 1
            raise away(self._login.database)

    async def before_request(self, session: Session) -> Results | None:
        """Delay it; results to answer with instead of running it, None to run it.

        Raises Refused(40501) and ConnectionError.
        """
        try:
            await self._strike(Point.REQUEST)
        except Refused as refused:
            if refused.notice.number != _DEADLOCK:
                raise
            return deadlocked(session, refused)
        return None

    async def before_answer(self) -> None:
        settings = self._settings
        if settings.latency_ms and settings.point is Point.REQUEST:
            await self._faults.sleep(settings.latency_ms / 1000)

    def bulk_begins(self) -> None:
        """Another load: nothing of it has come."""
        self._in_load = False

    async def before_bulk(self, size: int) -> None:
        """`size` bytes of a load's rows are about to be stored; the first ones always are.

        Waits as long as the log-rate governor would. Raises Refused(40501), Refused(1205) and
        ConnectionError.
        """
        settings = self._settings
        if self._in_load and self._loaded >= settings.bulk_bytes:
            await self._strike(Point.BULK)
            await self._late(Point.BULK)
        self._loaded += size
        self._in_load = True
        if settings.log_bytes_per_s:
            await self._faults.log(size, settings.log_bytes_per_s)

    async def refusal(self, session: Session, refused: Refused) -> Results:
        """The answer to a load that was refused: a deadlock undoes more than the load."""
        if refused.notice.number != _DEADLOCK:
            raise refused
        async for result in deadlocked(session, refused):
            yield result

    @contextlib.asynccontextmanager
    async def around_commit(self) -> AsyncGenerator[None, None]:
        """Disturb the COMMIT in the block. Raises Refused and ConnectionError, before or after."""
        await self._strike(Point.BEFORE_COMMIT)
        await self._late(Point.BEFORE_COMMIT)
        settings = self._settings
        if settings.point is Point.DURING_COMMIT and settings.drops:
            settings.drops -= 1
            self.committing = True
            self._abort()
            await self._faults.sleep(settings.commit_delay_ms / 1000)
            await self._faults.thawed()
        yield
        await self._strike(Point.AFTER_COMMIT)
        await self._late(Point.AFTER_COMMIT)

    async def _strike(self, point: Point) -> None:
        """What is set for this point. Raises Refused(40501), Refused(1205), ConnectionError."""
        if self._settings.frozen and self._settings.point is point:
            await self._faults.thawed()
        settings = self._settings
        if settings.point is not point:
            return
        if settings.drops:
            settings.drops -= 1
            self._abort()
            raise ConnectionAbortedError(f"dropped on demand: {point}")
        if settings.requests_40501:
            settings.requests_40501 -= 1
            text = "The service is currently busy. Retry the request after 10 seconds."
            raise Refused(_BUSY, text, severity=20)
        if settings.deadlocks:
            settings.deadlocks -= 1
            raise Refused(
                _DEADLOCK,
                f"Transaction (Process ID {self._login.session_id}) was deadlocked on lock "
                "resources with another process and has been chosen as the deadlock victim. Rerun "
                "the transaction.",
                severity=13,
                state=51,
            )

    async def _late(self, point: Point) -> None:
        settings = self._settings
        if settings.latency_ms and settings.point is point:
            await self._faults.sleep(settings.latency_ms / 1000)


_NOTHING: Final = FaultSettings()


async def deadlocked(session: Session, refused: Refused) -> Results:
    """A deadlock's victim: its whole transaction is rolled back, and it is told."""
    with contextlib.suppress(Refused):
        async for result in session.rollback("", False):
            if _ends_quietly(result):
                yield result
    yield refused.notice


def _ends_quietly(result: Result) -> bool:
    """Whatever a rollback says but its own DONE, and the complaint that there was nothing."""
    return not isinstance(result, Done | Notice)
