"""Everything that must hold before capture may read the log, and the parts it then works with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from model import ways_out
from model.errors import Blocked, Gap
from model.ports import Source, State, Target
from model.position import START, Position, SourceIdentity
from model.state import Migration, TrackedTable
from monitoring.metrics import Metrics
from replicator.capture.broken import broken, stop_restored
from replicator.capture.confirmation import Confirmation
from replicator.capture.leaving import counted, stop_missing
from replicator.capture.recording import Recording
from replicator.capture.serial import Serial
from replicator.capture.session import LEASE, Follow, Session, wall_ms
from replicator.capture.shape import SHAPES, remembered
from replicator.config.sections import CaptureOptions
from replicator.dropped import DROPPED, REMOVED, left_out, removed
from replicator.holder import take
from replicator.pairing import captured
from topics.admin import TopicAdmin
from topics.control import Progress
from topics.control_reader import ControlReader
from topics.envelope import Origin
from topics.naming import control_topic, heartbeat_topic
from topics.settings import KafkaSettings
from topics.writer import Place, TopicWriter

_WAIT_S = 1.0
_log = logging.getLogger("replicator.capture")


@dataclass(slots=True)
class Work:
    """What one capture is about. `holder` names this process in the lease; `begun` is True once
    the log was read."""

    source: Source
    target: Target
    kafka: KafkaSettings
    migration: str
    follow: Follow
    holder: str
    options: CaptureOptions
    metrics: Metrics
    stop: asyncio.Event
    begun: bool = False


class Stopped(Exception):
    """The role was told to stop while it waited for its turn."""


@asynccontextmanager
async def opened(work: Work) -> AsyncIterator[Session]:
    """A session that resumes at the last progress. Waits for deployment and for the lease.

    Raises Stopped out of that wait,
    Gap when Kafka holds less than was confirmed or a topic is gone, Blocked when a topic
    or the source is another one, Retryable when something is away.
    """
    async with AsyncExitStack() as stack:
        in_state = Serial("capture state")
        stack.push_async_callback(in_state.close)
        state = await in_state(work.target.state, work.migration)
        stack.push_async_callback(in_state, state.close)
        migration, tracked = await _deployed(work, state, in_state)
        await _lease(work, state, in_state)
        stack.push_async_callback(in_state, state.release_lease, LEASE, work.holder)
        admin = TopicAdmin(work.kafka)
        await asyncio.to_thread(admin.verify, tracked)
        progress = await asyncio.to_thread(_progress, work.kafka, tracked)
        ends = await asyncio.to_thread(admin.ends, _places(work.kafka, tracked))
        resume = _resume(progress, migration)
        _nothing_lost(resume, ends, tracked)
        in_source = Serial("capture source")
        stack.push_async_callback(in_source.close)
        left = removed(await in_state(state.recall, REMOVED), tracked)
        names = [table.source for table in (*tracked, *left)]
        await in_state(stop_restored, state, tracked, resume.broken)
        catalog = await in_source(captured, work.source, names)
        await in_state(stop_missing, state, tracked, catalog, resume.position)
        dropped = await in_state(state.recall, DROPPED)
        told = await in_state(state.recall, SHAPES)
        shapes = remembered(told, tracked, {table.name: table for table in catalog.tables})
        if (document := shapes.document(tracked)) != told:
            await in_state(state.remember, SHAPES, document)
        woken = asyncio.Event()
        loop = asyncio.get_running_loop()
        writer = TopicWriter(
            work.kafka,
            ends,
            notify=partial(_wake, loop, woken),
            clock=monotonic,
            renewed=[heartbeat_topic(work.kafka.topic_prefix)],
        )
        stack.push_async_callback(asyncio.to_thread, writer.close)
        reader = await asyncio.to_thread(
            stack.enter_context,
            work.source.log_reader(
                resume.position, resume.identity, counted(catalog, [*tracked, *left])
            ),
        )
        yield Session(
            holder=work.holder,
            options=work.options,
            metrics=work.metrics,
            reader=reader,
            writer=writer,
            recording=Recording(
                Origin(work.source.kind, work.migration, catalog.database),
                {table.source: (table.topic, table.partitions) for table in tracked},
                ends,
                resume.position,
                work.kafka.largest_record,
                [table.source for table in tracked if left_out(dropped, table)],
                {table.source: table.since for table in tracked if table.since != START},
                shapes,
                {table.source: table.partitions for table in left},
            ),
            confirmation=Confirmation(
                writer,
                work.kafka.topic_prefix,
                reader.identity,
                ends[control_topic(work.kafka.topic_prefix), 0],
                reader.acknowledge,
                wall_ms,
                broken(tracked, dropped),
            ),
            woken=woken,
            admin=admin,
            tracked=tracked,
            state=state,
            in_state=in_state,
            source=work.source,
            in_source=in_source,
            follow=work.follow,
            anew=_anew(tracked, ends),
        )


async def _deployed(
    work: Work, state: State, in_state: Serial
) -> tuple[Migration, list[TrackedTable]]:
    work.metrics.set_phase("waiting for the deployment")
    while True:
        migration = await in_state(state.migration)
        if migration is not None and migration.start != START:
            return migration, await in_state(state.tables)
        await _pause(work, _WAIT_S)


async def _lease(work: Work, state: State, in_state: Serial) -> None:
    said = False
    while not await in_state(take, state, LEASE, work.holder, work.options.lease):
        work.metrics.set_phase("waiting for the lease")
        if not said:
            _log.info("another process captures: waiting for its lease to end")
            said = True
        await _pause(work, work.options.lease / 3)


async def _pause(work: Work, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await work.stop.wait()
    except TimeoutError:
        return
    raise Stopped


def _progress(kafka: KafkaSettings, tracked: Sequence[TrackedTable]) -> Progress | None:
    control = ControlReader(kafka)
    try:
        return control.last_progress({table.topic: table.since for table in tracked})
    finally:
        control.close()


def _places(kafka: KafkaSettings, tracked: Sequence[TrackedTable]) -> list[Place]:
    prefix = kafka.topic_prefix
    data = [(table.topic, n) for table in tracked for n in range(table.partitions)]
    return [*data, (control_topic(prefix), 0), (heartbeat_topic(prefix), 0)]


def _anew(tracked: Sequence[TrackedTable], ends: dict[Place, int]) -> dict[str, Any]:
    """Every record at these offsets or beyond belongs to the story that begins at `since`."""
    return {
        str(table.source): {
            "since": table.since.text,
            "ends": [ends[table.topic, n] for n in range(table.partitions)],
        }
        for table in tracked
        if table.since != START
    }


def _resume(progress: Progress | None, migration: Migration) -> Progress:
    """Where to go on: the last progress, else L0. Raises Blocked when there is neither, Gap when
    the progress is none of this log."""
    if progress is not None:
        if migration.start.form.fullmatch(progress.position.text) is None:
            raise Gap(
                f"the last progress, {progress.position}, is no position of this source: it would "
                f"look like {migration.start}",
                object=migration.name,
                hint=ways_out.ANEW,
            )
        _log.info("resuming after %s", progress.position)
        return progress
    try:
        identity = SourceIdentity.parse(migration.identity)
    except ValueError as error:
        raise Blocked(
            "the migration does not say which source it belongs to",
            object=migration.name,
            hint="deploy again",
        ) from error
    return Progress(Position(migration.start.text), 0, identity)


def _nothing_lost(
    progress: Progress, ends: dict[Place, int], tracked: Sequence[TrackedTable]
) -> None:
    tables = {table.topic: table.source for table in tracked}
    for (topic, partition), confirmed in progress.offsets.items():
        end = ends.get((topic, partition))
        if end is not None and end < confirmed:  # a table that was removed has none
            raise Gap(
                f"partition {partition} ends at {end}, and Kafka had confirmed {confirmed}: "
                "records were lost",
                object=topic,
                hint=ways_out.reload(tables[topic]) if topic in tables else ways_out.ANEW,
            )


def _wake(loop: asyncio.AbstractEventLoop, woken: asyncio.Event) -> None:
    loop.call_soon_threadsafe(woken.set)
