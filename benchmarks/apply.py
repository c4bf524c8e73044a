"""How fast records of Kafka become rows of the target, beside the staged batches alone."""

from __future__ import annotations

import time
from typing import Final

from benchmarks import apply_scale
from benchmarks.apply_fill import CHANGES, HOT_CHANGES, fill, hot_row, mixed
from benchmarks.harness import Report, Servers
from benchmarks.stage import MIGRATION, Role, Stage, applied, deployed
from model.change import Op
from model.ports import Advance, KeyedChange, TableBatch
from model.position import Position
from replicator.config.sections import ApplyOptions

_PATIENCE_S: Final = 300.0


def run(report: Report, servers: Servers) -> None:
    """Half creates; then updates, with every tenth a delete: single rows in small transactions."""
    with deployed(servers) as stage:
        offsets = fill(stage, mixed(stage))
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
    report.add(
        "apply.hot_row_changes_per_s",
        _hot(servers),
        "changes/s",
        at_least=60_000,
        note=f"one row, {HOT_CHANGES:,} times",
    )
    report.add("apply.batches_alone_per_s", raw, "changes/s", note="one connection")
    report.add("apply.cpu_us_per_change", cpu / CHANGES * 1e6, "us")
    report.add("apply.peak_rss_mib", peak, "MiB", below=400)
    apply_scale.run(report, servers)


def _hot(servers: Servers) -> float:
    """From the first commit to the last: each batch is reduced to one row."""
    with deployed(servers) as stage:
        offsets = fill(stage, hot_row(stage))
        role = Role("apply", stage)
        rate = applied(stage, sum(offsets.values()), _PATIENCE_S)
        role.stop()
        return rate


def _batches_alone(stage: Stage) -> float:
    """The same rows as batches of the same size, straight to one session of the target."""
    target = stage.target()
    session = target.apply_session(MIGRATION)
    rows = ApplyOptions().batch_rows
    names = [column.name for column in stage.table.carried]
    batches = []
    for first in range(0, CHANGES, rows):
        keyed = []
        for number in range(first, min(first + rows, CHANGES)):
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
    return CHANGES / elapsed
