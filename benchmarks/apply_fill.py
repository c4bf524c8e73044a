"""A topic full of changes, as capture writes them, with capture and writers stopped."""

from __future__ import annotations

import os
import time
from typing import Final

from benchmarks.stage import MIGRATION, Stage
from model.change import Begin, Change, Commit, JsonObject, LogEvent, Op
from model.position import START
from replicator.capture.recording import Recording
from topics.admin import TopicAdmin
from topics.envelope import Origin
from topics.writer import TopicWriter

CHANGES: Final = int(os.environ.get("BENCH_CHANGES", "120000"))
HOT_CHANGES: Final = CHANGES * 5 // 6
_TRANSACTION: Final = 10
_NAMES: Final = (
    b"id", b"device", b"label", b"at", b"amount", b"token", b"good", b"note", b"day", b"value",
)  # fmt: skip


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


def mixed(stage: Stage) -> list[Change]:
    """Half creates; then updates, with every tenth a delete."""
    half = CHANGES // 2
    return [Change(stage.table, Op.CREATE, _key(n), after=_row(n, 1)) for n in range(half)] + [
        Change(stage.table, Op.DELETE, _key(n))
        if n % 10 == 0
        else Change(stage.table, Op.UPDATE, _key(n), after=_row(n, 2))
        for n in range(half)
    ]


def hot_row(stage: Stage) -> list[Change]:
    """One row, created and updated ever after."""
    key = _key(7)
    return [
        Change(stage.table, Op.UPDATE if n else Op.CREATE, key, after=_row(7, n))
        for n in range(HOT_CHANGES)
    ]


def _events(changes: list[Change]) -> list[LogEvent]:
    """Single rows in small transactions."""
    events: list[LogEvent] = []
    now = int(time.time() * 1000)
    for first in range(0, len(changes), _TRANSACTION):
        boundary = f"{first + 1:016x}"
        part = changes[first : first + _TRANSACTION]
        events += [Begin(boundary, now, str(first)), *part, Commit(boundary, now)]
    return events


def fill(stage: Stage, changes: list[Change]) -> dict[tuple[str, int], int]:
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
    recording.take(_events(changes), int(time.time() * 1000))
    for lane in recording.lanes():
        writer.send(*lane.place, lane.messages, lane.size)
    while not writer.all_confirmed(writer.sent()):
        writer.resend()
        time.sleep(0.01)
    writer.close()
    return writer.sent()
