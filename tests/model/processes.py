"""The roles as processes of the model: our code, one step at a time, until it is killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import replicator.capture.opening as opening
import replicator.capture.session as session
import replicator.snapshot.loader as loading
import replicator.snapshot.worker as working
from model.errors import Overtaken, Retryable, Unreachable
from monitoring.metrics import Metrics
from replicator.apply.applier import Applier
from replicator.apply.gates import Gates
from replicator.apply.intake import Intake
from replicator.apply.lag import LagTracker
from replicator.apply.parts import Parts
from replicator.capture import _run, gravest
from replicator.capture.opening import Stopped, Work
from replicator.capture.session import nothing_followed
from replicator.config.file import parse_config
from replicator.config.sections import ApplyOptions, CaptureOptions
from replicator.snapshot.loader import Loader
from replicator.snapshot.messages import GO, Event, Job, Told
from replicator.snapshot.meter import Meter
from replicator.snapshot.staffing import Staffing
from replicator.snapshot.worker import Worker
from tests.life import Killed, Life, Port
from tests.memory_kafka import MemoryKafka
from tests.memory_source import MemorySource
from tests.memory_state import Memory
from tests.memory_target import MemoryTarget
from tests.model.clock import VirtualLoop
from topics.control import Marker
from topics.control_reader import ControlReader
from topics.naming import heartbeat_topic
from topics.settings import KafkaSettings

MIGRATION = "m"
KAFKA = KafkaSettings(bootstrap_servers="memory:9092", topic_prefix="t")
PASSING = (Retryable, Unreachable, Overtaken)
"""What a role survives by beginning again."""

CONFIG = parse_config(
    """
migration: m
source: {kind: postgresql, dsn: "postgresql://memory/app", tables: {include: ["public.*"]}}
kafka: {bootstrap_servers: "memory:9092", topic_prefix: t}
target:
  kind: azuresql
  connection: "Server=tcp:memory;Database=app;Authentication=ActiveDirectoryMsi"
load: {rows_per_chunk: 2}
""",
    origin="model",
)
_METRICS = Metrics("model", MIGRATION)
_METER = Meter.shared(multiprocessing, None)


class Site:
    """The servers that all processes share."""

    def __init__(self, kafka: MemoryKafka, source: MemorySource, memory: Memory) -> None:
        self.kafka = kafka
        self.source = source
        self.memory = memory

    @contextmanager
    def runs(self, life: Life) -> Iterator[None]:
        """Clients that are made meanwhile belong to this process."""
        before, self.kafka.life = self.kafka.life, life
        try:
            yield
        finally:
            self.kafka.life = before

    def target(self, life: Life) -> Any:
        return Port(MemoryTarget(self.memory), life)


class Capture:
    """`replicator.capture`, run for so many seconds of its own time."""

    def __init__(self, site: Site, name: str) -> None:
        self.life = Life()
        self.name = name
        self._site = site
        self._loop = VirtualLoop()
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def producers(self) -> list[Any]:
        return [each for each in self._site.kafka.producers if each.life is self.life]

    def run(self, seconds: float, *, prompt: bool = False) -> bool:
        """Whether it still runs. `prompt`: the broker confirms everything while it does.

        Raises what a person would have to see.
        """
        with self._running():
            if self._task is None:
                self._task = self._loop.create_task(_run(self._work()))
            until = self._loop.time() + seconds
            while not self._task.done() and self._loop.time() < until:
                if prompt:
                    for each in self.producers:
                        each.settle()
                self._loop.run_until_complete(asyncio.sleep(min(0.2, seconds)))
        return not self._task.done() or self._ended()

    def stop(self) -> None:
        """SIGTERM; the broker has the time that the drain gives it."""
        self._stop.set()
        self.run(12.0, prompt=True)

    def kill(self) -> None:
        self.life.kill()
        with self._running():
            if self._task is not None:
                self._task.cancel()
                with suppress(BaseException):
                    self._loop.run_until_complete(self._task)
        self._loop.close()

    def _ended(self) -> bool:
        """False; raises what it ended by unless it would begin again."""
        assert self._task is not None
        try:
            self._task.result()
        except BaseException as raised:
            error = gravest(raised) if isinstance(raised, BaseExceptionGroup) else raised
            ends = (*PASSING, Stopped, asyncio.CancelledError)
            if self.life.alive and not isinstance(error, ends):
                raise error from raised
        return False

    def _work(self) -> Work:
        site, life = self._site, self.life
        return Work(
            Port(site.source, life),
            site.target(life),
            KAFKA,
            MIGRATION,
            nothing_followed,
            self.name,
            CaptureOptions(),
            _METRICS,
            self._stop,
        )

    @contextmanager
    def _running(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self._site.runs(self.life))
            stack.enter_context(patch.object(session, "monotonic", self._loop.time))
            stack.enter_context(patch.object(opening, "monotonic", self._loop.time))
            yield


class _Impatient(threading.Event):
    """Waiting takes no time, and does not end the process."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


class Consumer:
    """One connection of `replicator.apply` with its gates, a turn at a time."""

    def __init__(self, site: Site, rows: int = 5000) -> None:
        self.life = Life()
        self._site = site
        self._beats: ControlReader | None = None
        with site.runs(self.life):
            self.gates = Gates(site.target(self.life), MIGRATION)
            self.gates.poll()
            options = ApplyOptions(batch_rows=rows, linger=0.0)
            lag, halt = LagTracker(1.0), _Impatient()
            parts = Parts(
                site.target(self.life), KAFKA, MIGRATION, self.gates, lag, _METRICS, options, halt
            )
            self.intake = Intake(
                KAFKA, self.gates, migration=MIGRATION, instance="i", limit=1_000_000
            )
            self.applier = Applier(self.intake, parts)

    @property
    def member(self) -> Any:
        return self._site.kafka.members[self.life][0]

    def read(self) -> None:
        with self._site.runs(self.life):
            self.intake.turn()

    def apply(self) -> None:
        with self._site.runs(self.life):
            self.applier.turn(0.0)

    def look(self) -> None:
        """Hear the heartbeats that have come, and follow the gates."""
        with self._site.runs(self.life):
            if self._beats is None:
                self._beats = ControlReader(KAFKA, heartbeat_topic(KAFKA.topic_prefix))
            for record in self._beats.read(0.0):
                if isinstance(record, Marker):
                    self.gates.heard(record)
            self.gates.poll()

    def kill(self) -> None:
        self.life.kill()
        self._site.kafka.members.pop(self.life, None)


class _Crew:
    """The workers of a load: one of them, in its parent's process, and the line between them."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._told: list[Told] = []

    def work(
        self,
        job: Job,
        hold: threading.Event,
        staffing: Staffing,
        told: Callable[[Told], None],
        settle: Callable[[list[Told]], None],
        idle: Callable[[], None],
    ) -> None:
        while True:
            self._told.clear()
            worker = Worker(CONFIG, self._owner, job, cast(Any, self), _METER)
            try:
                self._hear = told
                worker.work()
            finally:
                worker.close()
            idle()
            doubts = [each for each in self._told if each.event is Event.DOUBT]
            if not doubts:
                return
            settle(doubts)

    def recv(self) -> str | None:
        last = self._told[-1].event if self._told else None
        return None if last in (Event.NONE, Event.DOUBT) else GO

    def send(self, news: Told) -> None:
        self._told.append(news)
        self._hear(news)

    def poll(self, seconds: float) -> bool:
        return False


class Load:
    """`replicator.snapshot`, once: as far as it gets."""

    def __init__(self, site: Site, name: str) -> None:
        self.life = Life()
        self._site = site
        self._name = name

    def run(self) -> None:
        """Raises what a person would have to see."""
        source, target = Port(self._site.source, self.life), self._site.target(self.life)
        with suppress(Killed, *PASSING), ExitStack() as stack:
            stack.enter_context(self._site.runs(self.life))
            for module in (loading, working):
                stack.enter_context(patch.object(module, "open_source", lambda *_: source))
                stack.enter_context(patch.object(module, "open_target", lambda *_: target))
            loader = Loader(CONFIG, _METRICS, threading.Event())
            ends = loader._opened(stack)
            lease = cast(Any, SimpleNamespace(lost=threading.Event()))
            loader._load(cast(Any, _Crew(self._name)), ends, lease, stack)
