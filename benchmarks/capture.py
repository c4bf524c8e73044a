"""How fast a backlog of the source's log becomes confirmed records, beside its two raw halves."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from typing import Final

from benchmarks.harness import Report, Servers
from benchmarks.stage import INSERT, MIGRATION, Role, Stage, deployed
from model.change import Change, MarkerSeen
from model.position import Position
from topics.admin import TopicAdmin
from topics.control_reader import ControlReader
from topics.naming import control_topic
from topics.writer import Message, TopicWriter

_CHANGES: Final = int(os.environ.get("BENCH_CHANGES", "600000"))
_PATIENCE_S: Final = 300.0
_BATCH: Final = 2000
_TRANSACTION: Final = 5000


def run(report: Report, servers: Servers) -> None:
    """Inserts and updates of ten columns in turn, all in the log before anything reads it."""
    with deployed(servers) as stage:
        for first in range(1, _CHANGES // 2, _TRANSACTION):
            last = first + _TRANSACTION - 1
            stage.execute(
                INSERT.format(first=first, last=last),
                "UPDATE readings SET device = 7, note = note || '!' "
                f"WHERE id BETWEEN {first} AND {last}",
            )
        stage.source().write_marker("last", 1)
        raw_log = asyncio.run(_log_alone(stage))
        rate, peak, cpu = _captured(stage)
        raw_kafka = _produce_alone(stage)
    report.add(
        "capture.changes_per_s",
        rate,
        "changes/s",
        at_least=60_000,
        note="from a backlog, confirmed",
    )
    report.add("capture.ratio_to_log", rate / raw_log, "ratio", note="of reading the log alone")
    report.add("capture.ratio_to_kafka", rate / raw_kafka, "ratio", note="of producing alone")
    report.add("capture.log_alone_per_s", raw_log, "changes/s")
    report.add("capture.kafka_alone_per_s", raw_kafka, "records/s")
    report.add("capture.cpu_us_per_change", cpu / _CHANGES * 1e6, "us")
    report.add("capture.peak_rss_mib", peak, "MiB", below=400)


async def _log_alone(stage: Stage) -> float:
    """Read and decode everything up to the marker, and do nothing with it."""
    source = stage.source()
    state = stage.target().state(MIGRATION)
    migration = state.migration()
    assert migration is not None
    start = Position(migration.start.text)
    state.close()
    changes = 0
    begun = time.monotonic()
    with source.log_reader(start, source.identity(), [stage.table]) as reader:
        while True:
            events = await reader.read(1 << 20)
            changes += sum(1 for event in events if type(event) is Change)
            if any(type(event) is MarkerSeen and event.id == "last" for event in events):
                break
        elapsed = time.monotonic() - begun
        await reader.close()
    source.close()
    return changes / elapsed


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
