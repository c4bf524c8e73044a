"""One applier and two on four partitions, with a target that answers at once: what ours costs."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final

import psutil
from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from benchmarks.apply_fill import fill, mixed
from benchmarks.harness import Report, Servers
from benchmarks.stage import MIGRATION, Stage, deployed
from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget
from model.ports import Advance, TableBatch
from model.state import Checkpoint, TableState, TrackedTable
from monitoring.metrics import Metrics
from replicator.apply import apply
from replicator.config.sections import ApplyOptions

_PATIENCE_S: Final = 120.0


class _Session:
    """Takes every batch, and counts its records."""

    def __init__(self, counter: Synchronized[int]) -> None:
        self._counter = counter

    def apply(self, advances: Sequence[Advance], batches: Sequence[TableBatch]) -> None:
        with self._counter.get_lock():
            self._counter.value += sum(each.next - each.expected for each in advances)

    def wait_at_truncate(self, advance: Advance) -> None:
        raise NotImplementedError

    def settle_truncate(self, table: TrackedTable, moves: Sequence[Advance]) -> None:
        raise NotImplementedError

    def checkpoints(self, topic: str | None = None) -> list[Checkpoint]:
        return []

    def close(self) -> None: ...


class _Prompt(AzureSqlTarget):
    """A target whose memory is real and whose tables are not there."""

    counter: Synchronized[int]

    def apply_session(self, migration: str) -> Any:
        return _Session(self.counter)


def run(report: Report, servers: Servers) -> None:
    """`apply.scale_2`: the rate of two processes over that of one; and the same for CPU."""
    with deployed(servers) as stage:
        rate, thrift = _applied(stage, 1)
    with deployed(servers) as stage:
        rate_of_two, thrift_of_two = _applied(stage, 2)
    note = "two processes over one; the target answers at once"
    report.add("apply.scale_2", rate_of_two / rate, "ratio", at_least=1.6, note=note)
    report.add(
        "apply.scale_2_cpu",
        thrift_of_two / thrift,
        "ratio",
        at_least=0.9,
        note="changes per CPU-second, two over one: what counts where two cores are full",
    )
    report.add("apply.prompt_target_per_s", rate, "changes/s", note="one process")


def _applied(stage: Stage, processes: int) -> tuple[float, float]:
    """Changes/s from the first to the last, and changes per second of the appliers' CPU."""
    state = stage.target().state(MIGRATION)
    state.set_table(stage.tracked.source, TableState.LOADED, expected=[TableState.OPEN])
    total = sum(fill(stage, mixed(stage)).values())
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    appliers = [_Applier(stage, f"scale-{number}", counter) for number in range(processes)]
    _wait_until_shared(stage, processes * ApplyOptions().max_connections)
    before = [each.cpu_s() for each in appliers]
    state.set_table(stage.tracked.source, TableState.OPEN, expected=[TableState.LOADED])
    state.close()
    begun, first, deadline = 0.0, 0, time.monotonic() + _PATIENCE_S
    while (done := counter.value) < total:
        now = time.monotonic()
        if done and not begun:
            begun, first = now, done
        if now > deadline:
            raise TimeoutError(f"applied {done} of {total} within {_PATIENCE_S:.0f} s")
        time.sleep(0.005)
    elapsed = time.monotonic() - begun
    spent = sum(each.cpu_s() - at for each, at in zip(appliers, before, strict=True))
    for each in appliers:
        each.stop()
    return (total - first) / elapsed, total / spent


def _wait_until_shared(stage: Stage, members: int) -> None:
    """Until every connection is in the group and has its partitions."""
    group = f"{stage.kafka.topic_prefix}.apply"
    admin = AdminClient({"bootstrap.servers": stage.kafka.bootstrap_servers})
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        said = admin.describe_consumer_groups([group])[group].result()
        settled = said.state == ConsumerGroupState.STABLE
        if settled and sum(bool(m.assignment.topic_partitions) for m in said.members) == members:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(said.members)} of {members} are in the group {group}")
        time.sleep(0.1)


class _Applier:
    """The apply role in a process of its own, with a target that answers at once."""

    def __init__(self, stage: Stage, member: str, counter: Synchronized[int]) -> None:
        context = multiprocessing.get_context("spawn")
        self._process: BaseProcess = context.Process(target=_serve, args=(stage, member, counter))
        self._process.start()
        assert self._process.pid is not None
        self._watched = psutil.Process(self._process.pid)

    def cpu_s(self) -> float:
        used = self._watched.cpu_times()
        return float(used.user + used.system)

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()


def _serve(stage: Stage, member: str, counter: Synchronized[int]) -> None:
    asyncio.run(_apply(stage, member, counter))


async def _apply(stage: Stage, member: str, counter: Synchronized[int]) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    target = _Prompt(AzureSqlSettings(kind="azuresql", connection=SecretStr(stage.odbc)))
    target.counter = counter
    await apply(
        target,
        stage.kafka,
        migration=MIGRATION,
        instance=member,
        options=ApplyOptions(member=member),
        metrics=Metrics("apply", MIGRATION),
        stop=stop,
    )
