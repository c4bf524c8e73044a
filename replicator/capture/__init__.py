"""The capture role: the source's log becomes records in Kafka, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Iterator
from contextlib import suppress
from time import monotonic

from model.errors import Overtaken, ReplicatorError, Retryable, Unreachable
from model.ports import Source, Target
from monitoring.metrics import Metrics
from replicator.capture.opening import Stopped, Work, opened
from replicator.capture.session import Follow, nothing_followed
from replicator.config.sections import CaptureOptions
from replicator.holder import ours
from topics.settings import KafkaSettings

__all__ = ["capture"]

_COLLECT_AFTER = 50_000
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_log = logging.getLogger("replicator.capture")


async def capture(
    source: Source,
    target: Target,
    kafka: KafkaSettings,
    *,
    migration: str,
    options: CaptureOptions,
    metrics: Metrics,
    stop: asyncio.Event,
    follow: Follow = nothing_followed,
) -> None:
    """Capture until `stop`, which drains what was read.

    `follow` makes room in the target for a table's new columns, before the first record with them
    is sent: it blocks, may be asked twice, and raises what keeps the table from being followed.

    Waits for the deployment and for the lease. What may pass (a server that is away, a lease that
    was lost) is tried again from the last progress; everything else is raised: Gap, Blocked,
    LoginRefused, RightMissing, and Unreachable when a server was not there from the beginning.
    """
    # Events live for one batch and form no cycles: looking for some costs a tenth of the time.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    work = Work(source, target, kafka, migration, follow, ours(), options, metrics, stop)
    wait = _FIRST_WAIT_S
    while not stop.is_set():
        started = monotonic()
        try:
            await _run(work)
        except Stopped:
            return
        except (Retryable, Unreachable, Overtaken) as error:
            if isinstance(error, Unreachable) and not work.begun:
                raise
            if monotonic() - started > _LONGEST_WAIT_S:
                wait = _FIRST_WAIT_S
            wait = max(wait, getattr(error, "wait", 0.0))
            metrics.add_retry()
            metrics.set_phase("waiting to try again")
            _log.warning("capture starts again in %.1f s: %s", wait, error)
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()
            wait = min(wait * 2, _LONGEST_WAIT_S)


async def _run(work: Work) -> None:
    try:
        async with opened(work) as session:
            work.begun = True
            work.metrics.set_phase("capturing")
            await session.run(work.stop)
    except BaseExceptionGroup as group:
        raise gravest(group) from group


def gravest(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error among a task group's that decides: one that stops before one that may pass.

    Anything that is not of our vocabulary is a defect, and the group is returned as it is.
    """
    ours, rest = group.split(ReplicatorError)
    if ours is None or rest is not None:
        return group
    errors = [error for error in _leaves(ours) if isinstance(error, ReplicatorError)]
    passing = (Retryable, Unreachable, Overtaken)
    return next((error for error in errors if not isinstance(error, passing)), errors[0])


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
