"""The applier role: records of open tables become rows of the target, each exactly once."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from model.ports import Target
from monitoring.metrics import Metrics
from replicator.apply.connection import Connection
from replicator.apply.gates import Gates
from replicator.apply.parts import Parts
from replicator.apply.watch import Watch
from replicator.config.sections import ApplyOptions
from topics.settings import KafkaSettings

__all__ = ["apply"]


async def apply(
    target: Target,
    kafka: KafkaSettings,
    *,
    migration: str,
    instance: str,
    options: ApplyOptions,
    metrics: Metrics,
    stop: asyncio.Event,
) -> None:
    """Apply until `stop`; batches under way are finished.

    `instance` names this process in its status. `options.member` outlives it: under the same name
    a restart gets the same partitions back at once, so two processes must not share it. Raises
    Gap, Blocked (ForeignRecord too), LoginRefused, RightMissing; what may pass is tried again on
    fresh connections.
    """
    halt = threading.Event()
    gates = Gates(target, migration)
    watch = Watch(kafka, gates, metrics, instance, options, halt)
    parts = Parts(target, kafka, migration, gates, watch.lag, metrics, options, halt)
    try:
        metrics.set_phase("waiting for the deployment")
        await _until_stopped([watch.wait_for_tables], stop, halt)
        if halt.is_set():
            return
        partitions = sum(table.partitions for table in gates.tables.values())
        count = min(options.max_connections, partitions)
        member = options.member or re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())
        watch.connections = [Connection(f"{member}-{n}", parts) for n in range(count)]
        metrics.set_phase("applying")
        loops = [each.run for each in watch.connections]
        await _until_stopped([watch.gates_loop, watch.heartbeats_loop, *loops], stop, halt)
    finally:
        halt.set()
        await asyncio.to_thread(gates.close)


async def _until_stopped(
    loops: Sequence[Callable[[], None]], stop: asyncio.Event, halt: threading.Event
) -> None:
    """Run blocking loops in threads until all end, one fails or `stop` is set; raises the error."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(len(loops), thread_name_prefix="apply") as pool:
        running = [loop.run_in_executor(pool, each) for each in loops]
        stopping = asyncio.create_task(_wait(stop))
        left: set[asyncio.Future[None]] = set(running)
        try:
            while left and not stopping.done():
                done, _ = await asyncio.wait({*left, stopping}, return_when=asyncio.FIRST_COMPLETED)
                left -= done
                if any(each.exception() for each in done):
                    break
        finally:
            if left or stopping.done():
                halt.set()
            stopping.cancel()
            errors = await asyncio.gather(*running, return_exceptions=True)
    failed = [error for error in errors if isinstance(error, BaseException)]
    if failed:
        raise failed[0]


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()
