"""One run of capture, from opening the log to losing it: read, record, send, confirm."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic, time_ns
from typing import Any, Final

from model.errors import Overtaken, ReplicatorError, Retryable, Unreachable, Unsupported
from model.ports import LogReader, Source, State
from model.state import TrackedTable
from monitoring.metrics import Metrics
from replicator.capture.confirmation import Confirmation, Due
from replicator.capture.leaving import record_dropped, stop_uncarried
from replicator.capture.recording import Dropped, Recording
from replicator.capture.serial import Serial
from replicator.capture.shape import SHAPES, Followed
from replicator.config.sections import CaptureOptions
from replicator.dropped import stories
from topics.admin import TopicAdmin
from topics.control import HEARTBEAT_PREFIX
from topics.writer import TopicWriter

LEASE: Final = "capture"

Follow = Callable[[Followed], None]
"""Makes room in the target for a table's new columns."""


def nothing_followed(new: Followed) -> None:
    """A capture that has no target to alter: a new column quarantines its table."""
    raise Unsupported("this capture follows no new columns", object=str(new.table))


_TICK_S: Final = 0.05
_VERIFY_S: Final = 10.0
_CARRIED_S: Final = 1.0
_FOLLOW_S: Final = 0.5
_REPORT_S: Final = 1.0
_log = logging.getLogger("replicator.capture")


def wall_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time_ns() // 1_000_000


class Session:
    """The parts of one run, wired by `replicator.capture.opening`. `run` ends by `stop`, by error,
    or when the tracked tables are no longer those that it was opened with.

    `anew` is told in the status: tables whose story begins anew, and where their topics ended when
    this session began to write them so.
    `in_state` and `in_source` run blocking calls on the state's and the source's connection.
    """

    def __init__(
        self,
        *,
        holder: str,
        options: CaptureOptions,
        metrics: Metrics,
        reader: LogReader,
        writer: TopicWriter,
        recording: Recording,
        confirmation: Confirmation,
        woken: asyncio.Event,
        admin: TopicAdmin,
        tracked: Sequence[TrackedTable],
        state: State,
        in_state: Serial,
        source: Source,
        in_source: Serial,
        follow: Follow,
        anew: Mapping[str, Any],
    ) -> None:
        self._holder = holder
        self._options = options
        self._metrics = metrics
        self._reader = reader
        self._writer = writer
        self._recording = recording
        self._confirmation = confirmation
        self._woken = woken
        self._admin = admin
        self._tracked = tracked
        self._state = state
        self._in_state = in_state
        self._source = source
        self._in_source = in_source
        self._follow = follow
        self._anew = anew
        self._again = asyncio.Event()
        self._room = asyncio.Event()
        self._between = asyncio.Lock()
        self._changes = 0
        self._bytes = 0
        self._source_ts = 0
        self._stalled = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` or other tables; what was read is confirmed, recorded, acknowledged."""
        async with asyncio.TaskGroup() as tasks:
            loops: list[Callable[[], Awaitable[None]]] = [
                self._read,
                self._confirm,
                self._beat,
                self._hold_lease,
                self._verify,
                self._follow_tables,
                self._watch_log,
                self._report,
            ]
            running = [tasks.create_task(_forever(loop), name=loop.__name__) for loop in loops]
            ends = [asyncio.create_task(each.wait()) for each in (stop, self._again)]
            try:
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*running, *ends):
                    task.cancel()
        await self._drain()

    async def _read(self) -> None:
        options, recording, writer = self._options, self._recording, self._writer
        while writer.outstanding_bytes > options.outstanding_bytes or writer.holding:
            self._room.clear()
            await self._room.wait()
        events = await self._reader.read(options.read_bytes)
        async with self._between:
            count = recording.take(events, wall_ms())
            if recording.dropped:
                await self._quarantine()
            if recording.followed:
                await self._make_room()
            self._send(count)
            if recording.cuts:
                self._hand_over_cuts()
                self._woken.set()
        await asyncio.sleep(0)  # a reader that is behind never waits: let the others run

    def _send(self, changes: int) -> None:
        size = 0
        for lane in self._recording.lanes():
            messages, lane.messages = lane.messages, []
            size += lane.size
            self._writer.send(*lane.place, messages, lane.size)
            lane.size = 0
        self._changes += changes
        self._bytes += size
        self._metrics.add_changes(changes)
        self._metrics.add_bytes(size)
        self._metrics.set_outstanding(self._writer.outstanding_bytes)

    async def _confirm(self) -> None:
        due = Due(self._options.progress_interval, monotonic)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK_S):
                    await self._woken.wait()
            self._woken.clear()
            self._writer.resend()
            if due.now():
                self._recording.cut_wanted = True
            if self._recording.cut_wanted:
                self._cut()
            self._confirmation.settle()
            self._room.set()
            self._watch_delivery()

    def _cut(self) -> None:
        # Only what was handed to the writer may be cut: between two reads that is everything.
        if not self._between.locked() and self._recording.cut():
            self._hand_over_cuts()

    def _hand_over_cuts(self) -> None:
        cuts, self._recording.cuts = self._recording.cuts, []
        self._source_ts = cuts[-1].source_ts
        self._confirmation.add(cuts)

    def _watch_delivery(self) -> None:
        stalled = self._writer.oldest_age() > self._options.stalled_after
        if stalled != self._stalled:
            self._stalled = stalled
            self._metrics.set_stalled(stalled)
            if stalled:
                _log.warning(
                    "Kafka has not confirmed a batch for %.0f s: nothing is lost, and nothing "
                    "moves until it does",
                    self._options.stalled_after,
                )
            else:
                _log.info("Kafka confirms batches again")

    async def _beat(self) -> None:
        """A marker of our own, so that an idle source shows its lag and its slot moves."""
        number = 0
        while True:
            number += 1
            written = wall_ms()
            await self._in_source(
                self._source.write_marker, f"{HEARTBEAT_PREFIX}{written}-{number}", written
            )
            await asyncio.sleep(self._options.heartbeat_interval)  # its rhythm

    async def _hold_lease(self) -> None:
        await asyncio.sleep(self._options.lease / 3)  # twice it may fail before the lease ends
        held = await self._in_state(
            self._state.acquire_lease, LEASE, self._holder, self._options.lease
        )
        if not held:
            raise Overtaken(
                "another process holds the lease of capture now",
                object=self._holder,
                hint="run capture once for each migration",
            )

    async def _verify(self) -> None:
        """Topics that someone deleted or widened stop capture; brokers that are away do not."""
        await asyncio.sleep(_VERIFY_S)  # its rhythm: each look asks the brokers for all topics
        with suppress(Unreachable, Retryable):
            await asyncio.to_thread(self._admin.verify, self._tracked)

    async def _follow_tables(self) -> None:
        """Tables that are added, removed or begin anew need another session."""
        await asyncio.sleep(_FOLLOW_S)  # its rhythm
        tracked = await self._in_state(self._state.tables)
        if stories(tracked) != stories(self._tracked):
            _log.info("the tables are others now: capture goes on with them")
            self._again.set()
            await asyncio.Event().wait()  # cancelled with the other tasks

    async def _watch_log(self) -> None:
        """Tables that the log carries no more stop."""
        await asyncio.sleep(_CARRIED_S)  # its rhythm
        boundary = self._recording.boundary
        tracked = await self._in_state(self._state.tables)
        carried = await self._in_source(self._source.carried)
        await self._in_state(stop_uncarried, self._state, tracked, carried, boundary)

    async def _report(self) -> None:
        before = self._changes
        await asyncio.sleep(_REPORT_S)  # the figures are those of one such interval
        detail: dict[str, Any] = {
            "position": self._recording.boundary,
            "source_ts": self._source_ts or None,
            "changes": self._changes,
            "changes_per_s": round((self._changes - before) / _REPORT_S, 1),
            "bytes": self._bytes,
            "outstanding_bytes": self._writer.outstanding_bytes,
            "stalled": self._stalled,
            "anew": self._anew,
        }
        await self._in_state(self._state.report_status, "capture", self._holder, detail)

    async def _quarantine(self) -> None:
        """Said in the target before anything that follows is confirmed to the source."""
        dropped, self._recording.dropped = self._recording.dropped, []
        await self._in_state(record_dropped, self._state, dropped)
        for each in dropped:
            self._confirmation.broken(str(each.table), each.position.text)
            self._metrics.add_error("Quarantined")
            _log.error("%s is quarantined at %s: %s", each.table, each.position, each.reason)

    async def _make_room(self) -> None:
        """The target has a place for every new column before the first record with it is sent.

        A table that cannot be followed after all is left out, and this session starts again.
        """
        followed, self._recording.followed = self._recording.followed, []
        for each in followed:
            try:
                await asyncio.to_thread(self._follow, each)
            except (Retryable, Unreachable):
                raise
            except ReplicatorError as error:
                await self._in_state(record_dropped, self._state, [self._refused(each, error)])
                raise Retryable(error.what, object=str(each.table)) from error
        document = self._recording.shapes.document(self._tracked)
        await self._in_state(self._state.remember, SHAPES, document)

    def _refused(self, followed: Followed, error: ReplicatorError) -> Dropped:
        names = ", ".join(column.name for column in followed.added)
        reason = (
            f"its new columns ({names}) cannot be followed: {error} → once the cause is gone: "
            f"`replicator table reload {followed.table}`"
        )
        return Dropped(followed.table, followed.position, reason, {"columns": names})

    async def _drain(self) -> None:
        """Last progress for what was sent; an unfinished transaction is read again next time."""
        self._cut()
        deadline = monotonic() + self._options.stalled_after
        while self._confirmation.waiting and monotonic() < deadline:
            self._writer.resend()
            self._confirmation.settle()
            await asyncio.sleep(_TICK_S / 5)  # deliveries are counted, not announced
        await self._in_state(self._state.release_lease, LEASE, self._holder)


async def _forever(loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        await loop()
