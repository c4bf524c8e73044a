"""`replicator run`: one child process for each role, restarted when it dies, never left behind."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from typing import Final

from model.errors import ReplicatorError
from model.ports import Clock
from replicator.config.file import Config
from replicator.config.sections import RunOptions

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
BLOCKED: Final = 3

_FINAL: Final = (USAGE, BLOCKED)
"""Exit codes that another start would only repeat: the whole run ends with them."""

ENDS_THE_RUN: Final = "coordinate"
"""The role whose success means that there is nothing left to do."""

ENDS_ALONE: Final = frozenset({"load"})
"""Roles that are done before the migration is."""

_FORCE_AFTER_S: Final = 5.0

_log = logging.getLogger("replicator.run")


class Backoff:
    """When to start a role again. Fed with the time, so that tests own it."""

    def __init__(self, options: RunOptions) -> None:
        self._options = options
        self._wait = options.first_restart_after
        self.restarts = 0
        """In a row, without a healthy life between them."""

    def died(self, lived_s: float) -> float | None:
        """Seconds to wait after a life of `lived_s`; None when it died too often in a row."""
        if lived_s >= self._options.healthy_after:
            self._wait = self._options.first_restart_after
            self.restarts = 0
        if self.restarts >= self._options.max_restarts:
            return None
        self.restarts += 1
        wait = self._wait
        self._wait = min(self._wait * 2, self._options.longest_restart_after)
        return wait


Command = Callable[[str], Sequence[str]]
"""A role's command line."""


class RoleFailed(Exception):
    """A role ended in a way that ends the run; `code` is the run's exit code."""

    def __init__(self, role: str, code: int) -> None:
        super().__init__(f"{role} ended with {code}")
        self.role = role
        self.code = code


class Supervisor:
    """Starts the roles, restarts what dies, stops them in the given order.

    Every start of a role reads `said` on its standard input.
    """

    def __init__(
        self,
        roles: Sequence[str],
        command: Command,
        options: RunOptions,
        clock: Clock,
        said: str = "",
    ) -> None:
        self._roles = roles
        self._command = command
        self._said = said.encode()
        self._options = options
        self._clock = clock
        self._running: dict[str, Process] = {}

    async def run(self, stop: asyncio.Event) -> int:
        """Until `stop` is set (then 0), the migration is switched (0) or nothing more can help."""
        lives = {role: asyncio.create_task(self._live(role), name=role) for role in self._roles}
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            return await self._watched(lives, stopping)
        finally:
            stopping.cancel()
            await self._stop_in_order(lives)

    async def _watched(
        self, lives: dict[str, asyncio.Task[None]], stopping: asyncio.Task[bool]
    ) -> int:
        watched: set[asyncio.Task[None] | asyncio.Task[bool]] = {*lives.values(), stopping}
        while True:
            done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            if stopping in done:
                return DONE
            for task in done:
                try:
                    task.result()
                except RoleFailed as failure:
                    fields = {"role": failure.role, "code": failure.code}
                    _log.error("the run ends with its role", extra={"fields": fields})
                    return failure.code
                if task.get_name() == ENDS_THE_RUN:
                    return DONE

    async def _live(self, role: str) -> None:
        """Start a role again and again; return when it is done for good."""
        backoff = Backoff(self._options)
        while True:
            born = self._clock()
            code = await self._once(role)
            if code == DONE and (role == ENDS_THE_RUN or role in ENDS_ALONE):
                return
            if code in _FINAL:
                raise RoleFailed(role, code)
            wait = backoff.died(self._clock() - born)
            if wait is None:
                raise RoleFailed(role, FAILED)
            fields = {"role": role, "code": code, "wait_s": wait, "restarts": backoff.restarts}
            _log.warning("a role died", extra={"fields": fields})
            await asyncio.sleep(wait)  # the back-off; `_stop_in_order` cancels it

    async def _once(self, role: str) -> int:
        process = await asyncio.create_subprocess_exec(
            *self._command(role),
            stdin=asyncio.subprocess.PIPE,
            # A Ctrl-C at the terminal is for us; the roles hear of it in order, from us.
            start_new_session=True,
        )
        self._running[role] = process
        try:
            await process.communicate(self._said)
            return await process.wait()
        finally:
            if process.returncode is not None:
                self._running.pop(role, None)

    async def _stop_in_order(self, lives: dict[str, asyncio.Task[None]]) -> None:
        """One role after the other drains; none is started again, none stays."""
        deadline = self._clock() + self._options.drain
        for role in self._roles:
            process = self._running.get(role)
            lives[role].cancel()
            await asyncio.gather(lives[role], return_exceptions=True)
            if process is not None and process.returncode is None:
                await self._stopped(role, process, deadline)

    async def _stopped(self, role: str, process: Process, deadline: float) -> None:
        for number, patience in (
            (signal.SIGTERM, max(deadline - self._clock(), 1.0)),
            (signal.SIGTERM, _FORCE_AFTER_S),
            (signal.SIGKILL, _FORCE_AFTER_S),
        ):
            if process.returncode is not None:
                return
            process.send_signal(number)
            try:
                async with asyncio.timeout(patience):
                    await process.wait()
            except TimeoutError:
                fields = {"role": role, "signal": signal.Signals(number).name}
                _log.warning("a role does not end", extra={"fields": fields})


async def supervise(roles: Sequence[str], config: Config, stop: asyncio.Event) -> int:
    """Run the roles of a migration; returns the exit code.

    They get the text of the configuration that was found valid, whatever an editor has made of the
    file by the time at which one of them is started again. It names secrets and holds none.
    """

    def command(role: str) -> list[str]:
        # The child asks the kernel to end it with us (`processes.die_with_parent`).
        start = [sys.executable, "-m", "replicator", role, "-c", config.origin]
        return [*start, "--parent", str(os.getpid())]

    return await Supervisor(roles, command, config.run, time.monotonic, config.text).run(stop)


def gravest(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error of a task group that decides: ours with the greatest exit code, else the group."""
    ours, rest = failures.split(ReplicatorError)
    if rest is not None or ours is None:
        return failures
    found = [error for error in ours.exceptions if isinstance(error, ReplicatorError)]
    return max(found, key=lambda error: error.exit_code) if found else failures
