"""Everything that a coordinator works with, opened together and closed in order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from connectors.registry import open_source, open_target
from model.errors import Blocked
from model.ports import Source, State
from monitoring.metrics import Metrics
from replicator.config.file import Config
from replicator.coordinator import Coordinator
from replicator.holder import ours, take
from replicator.journal import Journal, actor
from replicator.lease import Lease
from replicator.phases.beginning import all_anew
from replicator.phases.context import Context
from replicator.phases.decisions import serve
from topics.admin import TopicAdmin
from topics.control import Marker
from topics.control_reader import ControlReader

LEASE = "coordinator"


class MarkerSearch:
    """Looks for markers in the control topic; reads it from its start once, when first asked."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._reader: ControlReader | None = None

    def __call__(self, id: str, timeout_s: float) -> Marker | None:
        if self._reader is None:
            self._reader = ControlReader(self._config.kafka)
        return self._reader.find_marker(id, timeout_s)

    def close(self) -> None:
        """End the reader, if it was ever made."""
        if self._reader is not None:
            self._reader.close()


@contextmanager
def opened(
    config: Config, stop: threading.Event, metrics: Metrics | None = None
) -> Iterator[Context]:
    """Both ends, the target's memory (installed when it is not), the topics."""
    with ExitStack() as ends:
        source = open_source(config.source, config.migration)
        ends.callback(source.close)
        target = open_target(config.target)
        ends.callback(target.close)
        state = target.state(config.migration)
        ends.callback(state.close)
        state.install()
        search = MarkerSearch(config)
        ends.callback(search.close)
        pool = ends.enter_context(ThreadPoolExecutor(2, "cut-over"))

        def another() -> Source:
            return open_source(config.source, config.migration)

        yield Context(
            config=config,
            source=source,
            target=target,
            state=state,
            journal=Journal(state, actor()),
            topics=TopicAdmin(config.kafka),
            find_marker=search,
            open_source=another,
            stop=stop,
            lease_lost=threading.Event(),
            pool=pool,
            metrics=metrics or Metrics("coordinate", config.migration),
        )


def coordinate(config: Config, holder: str, stop: threading.Event, metrics: Metrics) -> None:
    """The coordinate role: wait for the lease, walk the migration, give the lease back.

    Blocking. Raises Stopped when `stop` is set, Overtaken when somebody else took over.
    """
    with opened(config, stop, metrics) as context, leading(config, holder, stop, context) as led:
        if led:
            Coordinator(context).run()


@contextmanager
def leading(config: Config, holder: str, stop: threading.Event, context: Context) -> Iterator[bool]:
    """Hold the coordinator's lease; False when stopped before it was ours."""

    def another() -> State:
        return context.target.state(config.migration)

    lease = Lease(another, LEASE, holder, config.run.lease)
    context.lease_lost = lease.lost
    try:
        yield lease.acquire(stop)
    finally:
        lease.release()


def decide_alone(config: Config, state: State) -> None:
    """Carry out what is asked about tables when no coordinator runs to do so."""
    holder = ours()
    if not take(state, LEASE, holder, config.run.lease):
        return
    stop = threading.Event()
    try:
        with opened(config, stop) as context, leading(config, holder, stop, context) as led:
            if led:
                serve(context)
    finally:
        state.release_lease(LEASE, holder)


def begin_anew(config: Config) -> int:
    """Let every table begin anew, with nobody else about; returns how many do (`all_anew`).

    Raises Blocked when a coordinator or capture runs.
    """
    from replicator.capture.session import LEASE as CAPTURE

    holder = ours()
    stop = threading.Event()
    with opened(config, stop) as context, ExitStack() as held:
        for name, ttl_s in ((LEASE, config.run.lease), (CAPTURE, config.capture.lease)):
            if not take(context.state, name, holder, ttl_s):
                raise Blocked(
                    f"{name} runs, or was killed on another machine less than {ttl_s:.0f} s ago",
                    object=config.migration,
                    hint="stop `replicator run` and every role; a single table is loaded again by "
                    "its name while they run",
                )
            lease = Lease(lambda: context.target.state(config.migration), name, holder, ttl_s)
            held.callback(lease.release)
            lease.acquire(stop)
        return all_anew(context)
