"""The same backlog of the same table through Debezium: rate, CPU and memory, cold and warm."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import psutil
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.peers.debezium.connector import most_throughput
from benchmarks.peers.debezium.worker import ConnectWorker
from benchmarks.stage import Stage
from topics.admin import TopicAdmin

_PATIENCE_S: Final = 300.0
_PARTITIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Captured:
    """One backlog: changes/s from the first record in Kafka to the last, CPU of the process in
    those seconds by change, and its greatest resident memory."""

    changes_per_s: float
    cpu_us_per_change: float
    peak_rss_mib: float


class Lane:
    """A connector of its own slot on the stage's table; `captured` follows each backlog."""

    def __init__(self, stage: Stage, worker: ConnectWorker, prefix: str) -> None:
        self._worker = worker
        self._connector = most_throughput(stage.dsn, prefix, prefix, prefix)
        self._admin = TopicAdmin(stage.kafka)
        self._places = [(_topic(prefix), number) for number in range(_PARTITIONS)]
        self._runs = 0

    def captured(self, changes: int) -> Captured:
        """Wait for that many records more. The first call starts the virtual machine and is cold;
        later ones find it warm. Raises TimeoutError."""
        before = self._ends()
        if self._runs == 0:
            self._worker.start()
            self._worker.run(self._connector)
        else:
            self._worker.go_on()
        self._runs += 1
        process = self._worker.process
        deadline = time.monotonic() + _PATIENCE_S
        while (first := self._ends()) == before:
            if time.monotonic() > deadline:
                raise TimeoutError(f"Debezium wrote nothing within {_PATIENCE_S:.0f} s")
            time.sleep(0.01)
        begun, cpu = time.monotonic(), _cpu_s(process)
        peak = 0
        while (now := self._ends()) < before + changes:
            peak = max(peak, process.memory_info().rss)
            if time.monotonic() > deadline:
                raise TimeoutError(f"Debezium wrote {now - before} of {changes} records")
            time.sleep(0.05)
        elapsed, counted = time.monotonic() - begun, now - first
        spent = _cpu_s(process) - cpu
        self._worker.rest()
        return Captured(counted / elapsed, spent / counted * 1e6, peak / 2**20)

    def _ends(self) -> int:
        return sum(self._admin.ends(self._places).values())


@contextmanager
def lane(stage: Stage) -> Iterator[Lane]:
    """Slot, publication and topic from now on; the worker starts with the first backlog."""
    name = f"peer_{secrets.token_hex(4)}"
    stage.execute(
        f"CREATE PUBLICATION {name} FOR TABLE readings",
        f"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')",
    )
    bootstrap = stage.kafka.bootstrap_servers
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for created in admin.create_topics([NewTopic(_topic(name), _PARTITIONS, 1)]).values():
        created.result()
    worker = ConnectWorker(bootstrap)
    try:
        yield Lane(stage, worker, name)
    finally:
        worker.stop()
        stage.execute(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots "
            f"WHERE slot_name = '{name}'",
            f"DROP PUBLICATION {name}",
        )


def _topic(prefix: str) -> str:
    return f"{prefix}.public.readings"


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
