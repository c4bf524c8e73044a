"""What surrounds every role: logs, metrics, signals, its own figures in the target, exit codes."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from connectors.registry import open_target
from model.errors import ReplicatorError
from monitoring.logs import configure
from monitoring.metrics import Metrics, peak_rss_bytes
from monitoring.server import serving
from replicator.cli.signals import EXIT_BASE, draining
from replicator.config.file import Config
from replicator.processes import die_with_parent

Role = Callable[[Config, Metrics, asyncio.Event], Awaitable[None]]
"""A role runs until it is done or the event is set; it drains before it returns."""

SHELL: Final = "/process"
"""Suffix of the name under which a role's shell reports its figures."""

_REPORT_EVERY_S: Final = 1.0
_MIB: Final = 1024 * 1024

_log = logging.getLogger("replicator.role")


def instance() -> str:
    """This process among others: `host:pid`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def play(name: str, role: Role, config: Config, parent: int | None = None) -> int:
    """Run one role in this process; returns its exit code."""
    if parent is not None:
        die_with_parent(parent)
    log = config.monitoring.log
    configure(log.format, log.level, config.secrets, role=name)
    return asyncio.run(_until_signal(name, role, config))


async def _until_signal(name: str, role: Role, config: Config) -> int:
    stop = asyncio.Event()
    with draining(stop, config.run.drain) as received:
        await perform(name, role, config, stop)
    return EXIT_BASE + received[0] if received else 0


async def perform(name: str, role: Role, config: Config, stop: asyncio.Event) -> None:
    """One role with its `/metrics` and its figures in the target, until it returns."""
    metrics = Metrics(name, config.migration)
    port = getattr(config.monitoring.ports, name)
    async with (
        serving(metrics, config.monitoring.host, port) as listening,
        _reporting(config, metrics, listening),
    ):
        _log.info("starts", extra={"fields": {"pid": os.getpid(), "metrics_port": listening}})
        try:
            # Whichever role comes first: each one reads the memory that all share.
            await own_thread("install", lambda: _install(config))
            await role(config, metrics, stop)
        except ReplicatorError as error:
            metrics.add_error(type(error).__name__)
            metrics.set_health(False, str(error))
            raise
        finally:
            metrics.set_phase("ended")
        _log.info("ends")


@asynccontextmanager
async def _reporting(config: Config, metrics: Metrics, port: int) -> AsyncIterator[None]:
    """Write the process's figures every second, on a thread and a connection of its own."""
    end = threading.Event()
    work = own_thread(f"{metrics.role} figures", lambda: _report(config, metrics, port, end))
    try:
        yield
    finally:
        end.set()
        await work


def _install(config: Config) -> None:
    target = open_target(config.target)
    try:
        state = target.state(config.migration)
        try:
            state.install()
        finally:
            state.close()
    finally:
        target.close()


def _report(config: Config, metrics: Metrics, port: int, end: threading.Event) -> None:
    while not end.is_set():
        # The schema may not be there yet and the target may be away: figures can wait.
        with suppress(ReplicatorError):
            _report_while_connected(config, metrics, port, end)
        end.wait(_REPORT_EVERY_S)


def _report_while_connected(
    config: Config, metrics: Metrics, port: int, end: threading.Event
) -> None:
    target = open_target(config.target)
    try:
        state = target.state(config.migration)
        try:
            last = False
            while not last:
                last = end.wait(_REPORT_EVERY_S)
                detail = figures(metrics, port)
                state.report_status(metrics.role + SHELL, instance(), detail)
        finally:
            state.close()
    finally:
        target.close()


def figures(metrics: Metrics, port: int) -> dict[str, Any]:
    """What the shell knows of its process."""
    return {
        "pid": os.getpid(),
        "peak_rss_mib": round(peak_rss_bytes() / _MIB, 1),
        "metrics_port": port,
        "phase": metrics.phase,
        "reason": metrics.reason,
    }


def own_thread(name: str, work: Callable[[], None]) -> asyncio.Future[None]:
    """Run work that lasts on a thread of its own.

    The loop's shared pool has few threads: with all roles in one process, those that last would
    take every one of them, and nothing else would ever run.
    """
    pool = ThreadPoolExecutor(1, name)
    running = asyncio.get_running_loop().run_in_executor(pool, work)
    pool.shutdown(wait=False)
    return running


async def in_thread(stop: asyncio.Event, work: Callable[[threading.Event], None]) -> None:
    """Run blocking work on a thread; the asyncio event is handed on to the thread's own."""
    ask = threading.Event()
    running = own_thread("role", lambda: work(ask))
    stopping = asyncio.create_task(stop.wait())
    try:
        either: list[asyncio.Future[Any]] = [running, stopping]
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        ask.set()
        await running
    finally:
        stopping.cancel()
