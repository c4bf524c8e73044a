"""What the demo reads itself, beside the migration: rows of both ends, offsets, checkpoints."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from connectors.registry import open_source, open_target
from model.catalog import Table
from model.errors import ReplicatorError
from model.ports import Source, State, Target, TargetTable
from model.state import MigrationState
from replicator.config.file import load_config
from replicator.validation import (
    ComparableTarget,
    CompareOptions,
    Report,
    TableReport,
    compare,
)
from sandbox.demo.observed import Observed
from sandbox.demo.report import Moved
from topics.admin import TopicAdmin

_MEMORY: Final = 256 * 1024**2


class Evidence:
    """Connections of the demo's own to both ends and to Kafka."""

    def __init__(self, settings: Path, environment: Mapping[str, str]) -> None:
        self.config = load_config(settings, environment)
        self._stack = contextlib.ExitStack()
        self.source: Source = open_source(self.config.source, self.config.migration)
        self._stack.callback(self.source.close)
        self.target: Target = open_target(self.config.target)
        self._stack.callback(self.target.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def compare(
        self,
        frozen: ComparableTarget,
        folder: Path,
        progress: Callable[[TableReport], None],
    ) -> Report:
        """Every row of every captured table; what differs is listed in `comparison.json`."""
        spill = folder / "spill"
        spill.mkdir(exist_ok=True)
        options = CompareOptions(memory=_MEMORY, spill=spill, threads=1)
        report = compare(self.source, frozen, self._pairs(), options, progress)
        text = json.dumps(report.to_json(), indent=2, ensure_ascii=False)
        (folder / "comparison.json").write_text(text + "\n")
        return report

    def _pairs(self) -> list[tuple[Table, TargetTable]]:
        """Every captured table as both ends have it. Raises ReplicatorError for a missing one."""
        with contextlib.closing(self.target.state(self.config.migration)) as state:
            names = {one.source: one.target for one in state.tables()}
        selection = self.config.source.tables
        catalog = self.source.catalog(selection.include, selection.exclude)
        pairs = []
        for table in catalog.tables:
            described = self.target.describe(names[table.name])
            if described is None:
                raise ReplicatorError("is not in the target", object=str(names[table.name]))
            pairs.append((table, described))
        return pairs

    def moved(self, observed: Observed) -> Moved:
        """Exact counts from Kafka and from the checkpoints, rates from the journal and status."""
        admin = TopicAdmin(self.config.kafka)
        with contextlib.closing(self.target.state(self.config.migration)) as state:
            tables = state.tables()
            data = {one.topic for one in tables}
            checkpoints = [one for one in state.checkpoints() if one.topic in data]
            ends = admin.ends([(one.topic, one.partition) for one in checkpoints])
            rows = sum(one.rows_loaded for one in tables)
            seconds = _loading_seconds(state)
        return Moved(
            rows_loaded=rows,
            load_rows_per_s=round(rows / seconds, 1) if seconds else None,
            changes_captured=sum(ends.values()),
            changes_applied=sum(one.next_offset for one in checkpoints),
            apply_changes_per_s=observed.greatest_rate("apply.changes_per_s"),
            tables=len(tables),
        )


def _loading_seconds(state: State) -> float | None:
    """From entering the state "loading" to entering the next one; None when unknown."""
    entered = [entry for entry in state.entries() if entry.event == "enter"]
    for entry, following in itertools.pairwise(entered):
        if entry.phase == MigrationState.LOADING:
            span = datetime.fromisoformat(following.at) - datetime.fromisoformat(entry.at)
            return span.total_seconds()
    return None
