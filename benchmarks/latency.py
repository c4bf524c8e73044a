"""From a commit in the source to Kafka, and to the same row in the target, under a steady load."""

from __future__ import annotations

import os
import time
from typing import Final

import psycopg

from benchmarks.harness import Report, Servers
from benchmarks.latency_kafka import at_percent, to_kafka
from benchmarks.stage import INSERT, Role, Stage, deployed, status
from topics.admin import TopicAdmin

_WRITES_PER_S: Final = int(os.environ.get("BENCH_WRITES_PER_S", "1000"))
_SECONDS: Final = float(os.environ.get("BENCH_SECONDS", "40"))
_WARM_UP_S: Final = 3.0
_ROWS: Final = 10_000


def run(report: Report, servers: Servers) -> None:
    """Single-row transactions, each due at its time; every change counts."""
    note = f"{_WRITES_PER_S} commits/s for {_SECONDS:.0f} s"
    with deployed(servers) as stage:
        stage.execute(INSERT.format(first=1, last=_ROWS))
        _skip_backlog(stage)
        lags, cores, late = to_kafka(stage, _ROWS, _WRITES_PER_S, _SECONDS)
    report.add("latency.kafka_p50_ms", at_percent(lags, 50), "ms", below=4, note=note)
    report.add("latency.kafka_p99_ms", at_percent(lags, 99), "ms", below=8, note=note)
    report.add("latency.kafka_cores", cores, "cores", below=0.3, note="of the capture role")
    report.add("latency.kafka_writer_late_ms", late, "ms", note="how late the load ever was")
    with deployed(servers) as stage:
        stage.execute(INSERT.format(first=1, last=_ROWS))
        _to_target(report, stage, note)


def _skip_backlog(stage: Stage) -> None:
    """Capture what is there, so that only what follows is measured."""
    role = Role("capture", stage)
    places = [(stage.tracked.topic, number) for number in range(stage.tracked.partitions)]
    while sum(TopicAdmin(stage.kafka).ends(places).values()) < _ROWS:
        time.sleep(0.1)
    role.stop()


def _to_target(report: Report, stage: Stage, note: str) -> None:
    """What the applier says of each change that it applied."""
    roles = [Role("capture", stage), Role("apply", stage)]
    _write(stage, _WARM_UP_S)
    late = _write(stage, _SECONDS)
    time.sleep(2.0)  # the status is written once a second
    said = status(stage, "apply")
    for role in roles:
        role.stop()
    lag, heartbeats = said["changes_lag_ms"], said["lag_ms"]["total"]
    report.add("latency.p99_ms", lag["p99"], "ms", below=150, note=note)
    report.add("latency.p95_ms", lag["p95"], "ms", note=note)
    report.add("latency.p50_ms", lag["p50"], "ms", below=40, note=note)
    report.add("latency.heartbeat_p99_ms", heartbeats["p99"], "ms", note="a marker every second")
    report.add("latency.writer_late_ms", late, "ms", note="how late the load itself ever was")


def _write(stage: Stage, seconds: float) -> float:
    """An open loop: each write is due at its time. Returns the greatest lateness in ms."""
    latest = 0.0
    with psycopg.connect(stage.dsn, autocommit=True) as connection:
        begun = time.monotonic()
        for number in range(int(seconds * _WRITES_PER_S)):
            due = begun + number / _WRITES_PER_S
            ahead = due - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            latest = max(latest, -ahead)
            connection.execute(
                "UPDATE readings SET device = %s, note = 'written' WHERE id = %s",
                (number, number * 7919 % _ROWS + 1),
            )
    return latest * 1000
