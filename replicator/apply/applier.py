"""One connection to the target: batch after batch, each in one transaction."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from time import time_ns
from typing import Final, TypeVar

from model.catalog import TableName
from model.errors import (
    DataRefused,
    InDoubt,
    Overtaken,
    ReplicatorError,
    Retryable,
    TooLarge,
    TooSlow,
    Unreachable,
)
from model.ports import Advance, ApplySession
from model.position import Position
from model.state import Checkpoint, TableState, TrackedTable
from replicator.apply.batch import Group, landed, shown, split, table_batches, truncate_moves
from replicator.apply.intake import Intake
from replicator.apply.lane import Lane
from replicator.apply.parts import Parts

T = TypeVar("T")

_IDLE_S: Final = 0.05
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 30.0
_FEWEST_ROWS: Final = 50
_MOST_TRIES: Final = 6
_log = logging.getLogger("replicator.apply")


class Halted(Exception):
    """The role was told to stop while this connection waited."""


class Applier:
    """Applies what `intake` reads, until its parts' `halt`; blocks its thread."""

    def __init__(self, intake: Intake, parts: Parts) -> None:
        self._target = parts.target
        self._migration = parts.migration
        self._intake = intake
        self._gates = parts.gates
        self._lag = parts.lag
        self._metrics = parts.metrics
        self._options = options = parts.options
        self._halt = parts.halt
        self._rows = options.batch_rows
        self._session: ApplySession | None = None
        self._tried = ("", 0, 0)
        self._tries = 0
        self.changes = 0
        self.bytes = 0

    def run(self) -> None:
        """Raises what a person must see, and Retryable when Kafka is away."""
        try:
            while not self._halt.is_set():
                self.turn(_IDLE_S)
        except Halted:
            return
        finally:
            self._drop_session()

    def turn(self, wait_s: float) -> None:
        """Apply one batch, if one comes within `wait_s`, pass the truncates that are due, and stop
        tables that cannot be read on."""
        options = self._options
        group = self._intake.take(self._rows, options.batch_bytes, wait_s, options.linger)
        if group:
            self._work(group)
        self._pass_truncates()
        self._stop_tables()

    def _work(self, group: Group) -> None:
        """Apply a group; what the target refuses is tried in smaller ones, in order."""
        pending = [group]
        while pending:
            tables = self._gates.tables
            current = [each for each in pending.pop() if self._wanted(each.lane, tables)]
            if not current:
                continue
            try:
                self._commit(current, tables)
            except TooLarge as error:
                self._rows = max(_FEWEST_ROWS, self._rows // 2)
                self._give_way(pending, current, "", error)
            except TooSlow:
                # However slow the target is, a record alone is tried for ever.
                self._rows = max(_FEWEST_ROWS, self._rows // 2)
                pending.extend(reversed(split(current, "") or [current]))
            except DataRefused as error:
                self._give_way(pending, current, error.object, error)
            except Overtaken:
                checkpoints = self._persist(lambda: self._gates.read_checkpoints())
                self._intake.stand_at([each.lane for each in current], checkpoints)

    def _wanted(self, lane: Lane, tables: Mapping[TableName, TrackedTable]) -> bool:
        table = tables.get(lane.table.source)
        return lane.open and table is not None and table.state is not TableState.QUARANTINED

    def _give_way(
        self, pending: list[Group], group: Group, refused: str, error: DataRefused | TooLarge
    ) -> None:
        smaller = split(group, refused)
        if smaller:
            pending.extend(reversed(smaller))
            return
        if isinstance(error, TooLarge) and self._patient(group):
            pending.append(group)
            return
        lane = group[0].lane
        reason = str(error)
        self._metrics.add_error("Quarantined")
        record, position = shown(group), Position(group[0].position)
        self._persist(lambda: self._gates.quarantine(lane.table.source, reason, record, position))
        self._leave(lane.table.source)

    def _stop_tables(self) -> None:
        """Quarantine tables whose topic cannot be read on, once all before that is applied."""
        with self._intake.lock:
            lanes = list(self._intake.lanes.values())
            found = [(lane, lane.trouble, lane.refused()) for lane in lanes]
        for lane, trouble, record in found:
            if trouble is not None and record is not None:
                self._metrics.add_error("Quarantined")
                reason = str(trouble.error)
                self._persist(partial(self._gates.stop, lane.table, reason, record))
                self._leave(lane.table.source)

    def _leave(self, name: TableName) -> None:
        """Read no more of a table that was quarantined."""
        with self._intake.lock:
            for each in self._intake.lanes.values():
                if each.table.source == name:
                    each.open = False
        self._persist(self._gates.poll)

    def _patient(self, group: Group) -> bool:
        """Whether to try once more what cannot be made smaller: the server may be short of room
        because of others. Waits before it says yes."""
        advance = group[0].advance
        start = (advance.topic, advance.partition, advance.expected)
        self._tries = self._tries + 1 if start == self._tried else 1
        self._tried = start
        if self._tries >= _MOST_TRIES:
            return False
        if self._halt.wait(_FIRST_WAIT_S * 2**self._tries):
            raise Halted
        return True

    def _commit(self, group: Group, tables: Mapping[TableName, TrackedTable]) -> None:
        batches = table_batches(group, tables)
        advances = [each.advance for each in group]
        self._transact(advances, lambda session: session.apply(advances, batches))
        now = time_ns() // 1_000_000
        with self._intake.lock:
            for each in group:
                each.lane.next, each.lane.position = each.next, each.position
        self._rows = min(self._options.batch_rows, self._rows + self._rows // 8)
        self._count(group, now)

    def _count(self, group: Group, now_ms: int) -> None:
        lags = [now_ms - record.source_ts for each in group for record in each.records]
        self.changes += len(lags)
        size = sum(each.size for each in group)
        self.bytes += size
        self._metrics.add_changes(len(lags))
        self._metrics.add_bytes(size)
        self._metrics.add_dropped(sum(each.dropped for each in group))
        for lag in lags:
            self._metrics.observe_lag(lag / 1000)
        self._lag.changes(lags)
        self._lag.applied({each.lane.place: each.next for each in group}, now_ms)

    def _pass_truncates(self) -> None:
        with self._intake.lock:
            lanes = [lane for lane in self._intake.lanes.values() if lane.at_truncate()]
        tables = self._gates.tables
        for topic in sorted({lane.place[0] for lane in lanes if self._wanted(lane, tables)}):
            try:
                self._pass_truncate([lane for lane in lanes if lane.place[0] == topic])
            except Overtaken:
                _log.debug("%s: the truncate was settled elsewhere", topic)
            checkpoints = self._checkpoints(topic)
            with self._intake.lock:
                for each in checkpoints:
                    lane = self._intake.lanes.get((each.topic, each.partition))
                    if lane is not None and lane.at_truncate():
                        lane.settled(each)

    def _pass_truncate(self, lanes: list[Lane]) -> None:
        """Wait at the truncate; whoever finds all partitions waiting moves them past it."""
        for lane in lanes:
            if not lane.waiting:
                self._wait_at(lane)
        first = lanes[0]
        topic, position = first.place[0], first.queue[0].position
        checkpoints = self._checkpoints(topic)
        moves = truncate_moves(first.table, first.place, position, checkpoints)
        if moves:
            self._transact(moves, lambda session: session.settle_truncate(first.table, moves))

    def _wait_at(self, lane: Lane) -> None:
        head = lane.queue[0]
        at, before = Position(head.position), Position(lane.position)
        here = Advance(*lane.place, lane.next, head.offset + 1, at, before)
        self._transact([], lambda session: session.wait_at_truncate(here))
        lane.waiting = True

    def _checkpoints(self, topic: str) -> list[Checkpoint]:
        return self._transact([], lambda session: session.checkpoints(topic)) or []

    def _transact(self, advances: Sequence[Advance], call: Callable[[ApplySession], T]) -> T | None:
        """Run a transaction, on fresh connections for as long as the target is away.

        None when it had been committed after all: the connection was lost during the commit, and
        the checkpoints say so. Raises Overtaken, DataRefused, TooLarge, and TooSlow when advances
        that were not committed had no answer in time: the same again would have none either.
        """
        doubt = False
        slow: TooSlow | None = None
        wait = _FIRST_WAIT_S
        while True:
            try:
                session = self._session
                if session is None:
                    session = self._session = self._target.apply_session(self._migration)
                if doubt and advances and landed(advances, session.checkpoints()):
                    return None
                if slow is not None:
                    break
                doubt = False
                return call(session)
            except (Retryable, Unreachable) as error:
                doubt = doubt or isinstance(error, InDoubt)
                if isinstance(error, TooSlow) and advances:
                    slow = error
                self._drop_session()
                wait = self._pause(wait, error)
        raise slow

    def _persist(self, call: Callable[[], T]) -> T:
        """Ask the target's memory for as long as it is away."""
        wait = _FIRST_WAIT_S
        while True:
            try:
                return call()
            except (Retryable, Unreachable) as error:
                wait = self._pause(wait, error)

    def _pause(self, wait: float, error: Retryable | Unreachable) -> float:
        asked = error.wait if isinstance(error, Retryable) else 0.0
        wait = max(wait, asked)
        self._metrics.add_retry()
        _log.warning("tried again in %.1f s: %s", wait, error)
        # Not all at once, when a server that was away comes back.
        if self._halt.wait(wait * random.uniform(0.8, 1.2)):
            raise Halted
        return min(wait * 2, _LONGEST_WAIT_S)

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            # A connection that was lost already cannot be closed in good order.
            with suppress(ReplicatorError):
                session.close()
