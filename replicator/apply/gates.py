"""What the target remembers, read for all connections of one applier: gates and checkpoints."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from model.catalog import TableName
from model.errors import Retryable
from model.ports import State, Target
from model.position import START, Position
from model.state import Checkpoint, TableState, TrackedTable
from topics.control import Marker, passed
from topics.writer import Place

OPENED: Final = frozenset({TableState.OPEN, TableState.CONSISTENT})
"""States in which a table's topic is read."""

T = TypeVar("T")
_log = logging.getLogger("replicator.apply")


class Gates:
    """One connection to the target's memory, shared under a lock; reopened when it was lost.

    `tables`, `checkpoints` and `version` are replaced by `poll` as a whole: read them once.
    `start` is L0 once that is known: every position of this log has its form.
    """

    def __init__(self, target: Target, migration: str) -> None:
        self._target = target
        self._migration = migration
        self._lock = threading.Lock()
        self._state: State | None = None
        self._heartbeat = START
        self._ends: dict[Place, int] = {}
        self._goals: dict[tuple[TableName, Position], dict[Place, int]] = {}
        self._complete = False
        self.start = START
        self.tables: Mapping[TableName, TrackedTable] = {}
        self.checkpoints: Mapping[Place, Checkpoint] = {}
        self.version = 0

    def poll(self) -> None:
        """Read gates and checkpoints again; promote tables whose marker has passed."""
        tables = {table.source: table for table in self._ask(lambda state: state.tables())}
        # After the tables: an open table's checkpoints are never older than its gate.
        checkpoints = self.read_checkpoints()
        if not self.start.text and (row := self._ask(lambda state: state.migration())) is not None:
            self.start = row.start
        for table in tables.values():
            if self._consistent(table, checkpoints):
                self._promote(table)
        self.tables = tables
        self.checkpoints = checkpoints
        self.version += 1

    def read_checkpoints(self) -> dict[Place, Checkpoint]:
        """Every partition's checkpoint, as the target has it now."""
        found = self._ask(lambda state: state.checkpoints())
        return {(each.topic, each.partition): each for each in found}

    def heard(self, heartbeat: Marker) -> None:
        """A heartbeat has come: what it says of the partitions' ends counts until the next.

        Ends may go back: a topic that was deleted is made anew when its table is loaded again.
        """
        with self._lock:
            if heartbeat.position >= self._heartbeat:  # else a capture was overtaken
                self._heartbeat = heartbeat.position
                self._ends.update(heartbeat.offsets)
                self._complete = self._complete or heartbeat.full

    def quarantine(
        self, table: TableName, reason: str, record: dict[str, Any], position: Position
    ) -> None:
        """Close a table's gate, with the record that could not be applied."""
        if self._ask(lambda state: state.quarantine(table, reason, record, position)):
            _log.error("%s is quarantined: %s", table, reason)
        else:
            _log.info("%s begins anew beyond what was refused: %s", table, reason)

    def stop(self, table: TrackedTable, reason: str, record: dict[str, Any]) -> None:
        """Close the gate of a table whose topic cannot be read on, unless that is over already."""
        now = {each.source: each for each in self._ask(lambda state: state.tables())}
        found = now.get(table.source)
        if found is not None and found.since == table.since and found.state in OPENED:
            self._ask(lambda state: state.quarantine(table.source, reason, record))
            _log.error("%s is quarantined: %s", table.source, reason)

    def report(self, instance: str, detail: dict[str, Any]) -> None:
        """What this applier says of itself."""
        self._ask(lambda state: state.report_status("apply", instance, detail))

    def unread(self) -> set[Place]:
        """Partitions that nobody applies: of tables that are not open, or not tracked any more."""
        applied = {
            (table.topic, number)
            for table in self.tables.values()
            if table.state in OPENED
            for number in range(table.partitions)
        }
        tracked = {(t.topic, n) for t in self.tables.values() for n in range(t.partitions)}
        with self._lock:
            return (tracked | self._ends.keys()) - applied

    def close(self) -> None:
        with self._lock:
            if self._state is not None:
                self._state.close()
                self._state = None

    def _ask(self, question: Callable[[State], T]) -> T:
        with self._lock:
            if self._state is None:
                self._state = self._target.state(self._migration)
            try:
                return question(self._state)
            except Retryable:
                lost, self._state = self._state, None
                lost.close()
                raise

    def _consistent(self, table: TrackedTable, checkpoints: Mapping[Place, Checkpoint]) -> bool:
        """Whether a marker at or above the table's `high` has passed in all its partitions."""
        if table.state is not TableState.OPEN:
            return False
        with self._lock:
            if not self._complete or not self._reaches(table.high):
                return False
            places = [(table.topic, number) for number in range(table.partitions)]
            ends = {place: self._ends.get(place, 0) for place in places}
            # The first marker above it counts: a newer one runs ahead of a table that is written.
            goal = self._goals.setdefault((table.source, table.high), ends)
        return passed(goal, checkpoints.values())

    def _reaches(self, high: Position) -> bool:
        return self._heartbeat != START and self._heartbeat >= high

    def _promote(self, table: TrackedTable) -> None:
        if self._ask(
            lambda state: state.set_table(
                table.source, TableState.CONSISTENT, expected=[TableState.OPEN]
            )
        ):
            _log.info("%s is consistent", table.source)
