"""How fast a backlog of the source's log becomes confirmed records, beside its two raw halves."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from typing import Final

import psycopg

from benchmarks.harness import Report, Servers
from benchmarks.peers.debezium.lane import Captured, lane
from benchmarks.stage import INSERT, MIGRATION, Role, Stage, deployed
from connectors.postgresql import position
from connectors.postgresql.settings import derived_name
from model.errors import Unsupported
from model.position import Position
from topics.admin import TopicAdmin
from topics.control_reader import ControlReader
from topics.naming import control_topic
from topics.writer import Message, TopicWriter

_CHANGES: Final = int(os.environ.get("BENCH_CHANGES", "500000"))
_PATIENCE_S: Final = 300.0
_BATCH: Final = 2000
_TRANSACTION: Final = 1000
_COPY: Final = "bench_read"


def run(report: Report, servers: Servers) -> None:
    """70 % inserts, 25 % updates, 5 % deletes of ten columns, all in the log before it is read."""
    with deployed(servers) as stage, lane(stage) as debezium:
        _backlog(stage, 0)
        end = stage.source().write_marker("last", 1)
        raw_log = _read_alone(stage, end)
        rate, peak, cpu = _captured(stage)
        cold = debezium.captured(_CHANGES)
        _backlog(stage, 1)
        warm = debezium.captured(_CHANGES)
        raw_kafka = _produce_alone(stage)
    report.add(
        "capture.changes_per_s",
        rate,
        "changes/s",
        at_least=115_000,
        note="from a backlog, confirmed",
    )
    report.add(
        "capture.ratio_to_read",
        rate / raw_log,
        "ratio",
        at_least=0.75,
        note="of the same slot read by pg_recvlogical to nowhere",
    )
    report.add("capture.read_alone_per_s", raw_log, "changes/s", note="pg_recvlogical")
    report.add("capture.kafka_alone_per_s", raw_kafka, "records/s", note="produced, ready made")
    report.add("capture.cpu_us_per_change", cpu / _CHANGES * 1e6, "us")
    report.add("capture.peak_rss_mib", peak, "MiB", below=400)
    _compare(report, rate, cpu / _CHANGES * 1e6, peak, cold, warm)


def _compare(
    report: Report, rate: float, cpu_us: float, peak: float, cold: Captured, warm: Captured
) -> None:
    """Ours beside Debezium's second backlog, which meets a warm virtual machine."""
    for name, ours, theirs, target in (
        ("capture.cpu_ratio_to_debezium", cpu_us, warm.cpu_us_per_change, 0.35),
        ("capture.memory_ratio_to_debezium", peak, warm.peak_rss_mib, 0.15),
    ):
        report.add(name, ours / theirs, "ratio", below=target, note=f"Debezium: {theirs:,.4g}")
    report.add(
        "capture.ratio_to_debezium",
        rate / warm.changes_per_s,
        "ratio",
        at_least=2,
        note=f"Debezium: {warm.changes_per_s:,.0f} changes/s warm, {cold.changes_per_s:,.0f} cold",
    )


def _backlog(stage: Stage, after: int) -> None:
    """Transactions of a thousand changes, all within the rows that it wrote itself; `after` so many
    backlogs of the same length."""
    inserts, updates = _TRANSACTION * 70 // 100, _TRANSACTION * 25 // 100
    rounds = _CHANGES // _TRANSACTION
    with psycopg.connect(stage.dsn, autocommit=True) as connection:
        for number in range(after * rounds, (after + 1) * rounds):
            first = number * inserts + 1
            with connection.transaction():
                connection.execute(INSERT.format(first=first, last=first + inserts - 1).encode())
                connection.execute(
                    "UPDATE readings SET device = 7, note = note || '!' WHERE id BETWEEN %s AND %s",
                    (first, first + updates - 1),
                )
                connection.execute(
                    "DELETE FROM readings WHERE id BETWEEN %s AND %s",
                    (first + updates, first + _TRANSACTION - inserts - 1),
                )


def _read_alone(stage: Stage, end: Position) -> float:
    """A copy of the slot, read up to this commit by PostgreSQL's own client."""
    client = shutil.which("pg_recvlogical")
    if client is None:
        raise Unsupported(
            "pg_recvlogical is not installed", object="capture.ratio_to_read",
            hint="install PostgreSQL's client programs (Debian: postgresql-client)",
        )  # fmt: skip
    slot = derived_name(MIGRATION)
    stage.execute(f"SELECT pg_copy_logical_replication_slot('{slot}', '{_COPY}')")
    options = {"proto_version": "1", "publication_names": slot, "messages": "true"}
    command = [
        client,
        *("--dbname", stage.dsn, "--slot", _COPY, "--start", "--file", os.devnull),
        *("--endpos", position.format_lsn(position.lsn(end.boundary))),
        *("--fsync-interval", "0", "--no-loop"),
        *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
    ]
    begun = time.monotonic()
    subprocess.run(command, check=True, timeout=_PATIENCE_S)
    elapsed = time.monotonic() - begun
    stage.execute(f"SELECT pg_drop_replication_slot('{_COPY}')")
    return _CHANGES / elapsed


def _captured(stage: Stage) -> tuple[float, float, float]:
    """Rate from the first confirmed record to the marker behind the last, memory, CPU."""
    places = [(stage.tracked.topic, number) for number in range(stage.tracked.partitions)]
    admin = TopicAdmin(stage.kafka)
    role = Role("capture", stage)
    while not sum(admin.ends(places).values()):
        time.sleep(0.01)
    begun = time.monotonic()
    before = sum(admin.ends(places).values())
    reader = ControlReader(stage.kafka, control_topic(stage.kafka.topic_prefix))
    marker = reader.find_marker("last", _PATIENCE_S)
    elapsed = time.monotonic() - begun
    reader.close()
    peak, cpu = role.stop()
    if marker is None:
        raise TimeoutError("the marker behind the backlog did not come")
    return (sum(marker.offsets.values()) - before) / elapsed, peak, cpu


def _produce_alone(stage: Stage) -> float:
    """Records of the same size, ready made, through the same writer."""
    places = [(stage.tracked.topic, number) for number in range(stage.tracked.partitions)]
    woken = threading.Event()
    writer = TopicWriter(
        stage.kafka, TopicAdmin(stage.kafka).ends(places), notify=woken.set, clock=time.monotonic
    )
    value = b'{"op":"u","padding":"%b"}' % (b"x" * 400)
    begun = time.monotonic()
    for first in range(0, _CHANGES, _BATCH):
        messages: list[Message] = [
            {"key": b'{"id":%d}' % n, "value": value} for n in range(first, first + _BATCH)
        ]
        place = places[first // _BATCH % len(places)]
        writer.send(*place, messages, _BATCH * len(value))
        while writer.holding or writer.outstanding_bytes > 64 << 20:
            woken.wait(0.01)
            woken.clear()
            writer.resend()
    while not writer.all_confirmed(writer.sent()):
        woken.wait(0.01)
        woken.clear()
    elapsed = time.monotonic() - begun
    writer.close()
    return _CHANGES / elapsed
