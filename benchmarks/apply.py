"""How fast records of Kafka become rows of the target, beside the staged batches alone."""

from __future__ import annotations

import os
import time
from typing import Final

from benchmarks.harness import Report, Servers
from benchmarks.stage import MIGRATION, Role, Stage, applied, deployed
from model.change import Begin, Change, Commit, JsonObject, LogEvent, Op
from model.ports import Advance, KeyedChange, TableBatch
from model.position import START, Position
from replicator.capture.recording import Recording
from replicator.config.sections import ApplyOptions
from topics.admin import TopicAdmin
from topics.envelope import Origin
from topics.writer import TopicWriter

_CHANGES: Final = int(os.environ.get("BENCH_CHANGES", "120000"))
_TRANSACTION: Final = 10
_PATIENCE_S: Final = 300.0
_NAMES: Final = (
    b"id", b"device", b"label", b"at", b"amount", b"token", b"good", b"note", b"day", b"value",
)  # fmt: skip


def run(report: Report, servers: Servers) -> None:
    """Half creates; then updates, with every tenth a delete: single rows in small transactions."""
    with deployed(servers) as stage:
        offsets = _fill(stage)
        role = Role("apply", stage)
        rate = applied(stage, sum(offsets.values()), _PATIENCE_S)
        peak, cpu = role.stop()
    with deployed(servers) as stage:
        raw = _batches_alone(stage)
    report.add(
        "apply.changes_per_s",
        rate,
        "changes/s",
        at_least=8_000,
        note="from the first commit to the last",
    )
    report.add("apply.ratio_to_raw", rate / raw, "ratio", note="of staged batches without Kafka")
    report.add("apply.batches_alone_per_s", raw, "changes/s", note="one connection")
    report.add("apply.cpu_us_per_change", cpu / _CHANGES * 1e6, "us")
    report.add("apply.peak_rss_mib", peak, "MiB", below=400)


def _row(number: int, device: int) -> JsonObject:
    values = (
        b"%d" % number,
        b"%d" % device,
        b'"label of row %d"' % number,
        b'"2024-01-01T12:00:00.%06d+00:00"' % (number % 1_000_000),
        b'"%d.25"' % (number % 99_999),
        b'"00000000-0000-4000-8000-%012x"' % number,
        b"true",
        f'"a note, ünïcode too: {number}"'.encode(),
        b'"2024-02-03"',
        b"%d.5" % number,
    )
    return b"{%b}" % b",".join(map(b'"%b":%b'.__mod__, zip(_NAMES, values, strict=True)))


def _key(number: int) -> JsonObject:
    return b'{"id":%d}' % number


def _events(stage: Stage) -> list[LogEvent]:
    half = _CHANGES // 2
    changes = [Change(stage.table, Op.CREATE, _key(n), after=_row(n, 1)) for n in range(half)] + [
        Change(stage.table, Op.DELETE, _key(n))
        if n % 10 == 0
        else Change(stage.table, Op.UPDATE, _key(n), after=_row(n, 2))
        for n in range(half)
    ]
    events: list[LogEvent] = []
    now = int(time.time() * 1000)
    for first in range(0, len(changes), _TRANSACTION):
        boundary = f"{first + 1:016x}"
        part = changes[first : first + _TRANSACTION]
        events += [Begin(boundary, now, str(first)), *part, Commit(boundary, now)]
    return events


def _fill(stage: Stage) -> dict[tuple[str, int], int]:
    """Put the records into the topic as capture would; the offsets behind them."""
    topic, partitions = stage.tracked.topic, stage.tracked.partitions
    ends = TopicAdmin(stage.kafka).ends([(topic, number) for number in range(partitions)])
    recording = Recording(
        Origin("postgresql", MIGRATION, "bench"),
        {stage.table.name: (topic, partitions)},
        ends,
        START,
        stage.kafka.largest_record,
    )
    writer = TopicWriter(stage.kafka, ends, notify=lambda: None, clock=time.monotonic)
    recording.take(_events(stage), int(time.time() * 1000))
    for lane in recording.lanes():
        writer.send(*lane.place, lane.messages, lane.size)
    while not writer.all_confirmed(writer.sent()):
        writer.resend()
        time.sleep(0.01)
    writer.close()
    return writer.sent()


def _batches_alone(stage: Stage) -> float:
    """The same rows as batches of the same size, straight to one session of the target."""
    target = stage.target()
    session = target.apply_session(MIGRATION)
    rows = ApplyOptions().batch_rows
    names = [column.name for column in stage.table.carried]
    batches = []
    for first in range(0, _CHANGES, rows):
        keyed = []
        for number in range(first, min(first + rows, _CHANGES)):
            values = {
                name: number
                if name == "id"
                else f"text {number}"
                if name in ("label", "note")
                else None
                for name in names
            } | {"device": 1, "at": "2024-01-01T12:00:00.000000+00:00"}
            keyed.append(KeyedChange({"id": number}, values, Op.CREATE))
        batches.append(keyed)
    begun = time.monotonic()
    for number, keyed in enumerate(batches):
        advance = Advance(
            stage.tracked.topic, 0, number, number + 1, Position(f"{number + 1:016x}/0")
        )
        session.apply([advance], [TableBatch(stage.tracked, strict=False, keyed=keyed)])
    elapsed = time.monotonic() - begun
    session.close()
    target.close()
    return _CHANGES / elapsed
