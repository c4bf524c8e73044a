"""The first signal drains, the second one forces."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable, Iterator
from typing import Final

_log = logging.getLogger("replicator.signals")

EXIT_BASE: Final = 128
"""A process that was stopped by signal N ends with 128 + N: 130 for SIGINT, 143 for SIGTERM."""


@contextlib.contextmanager
def draining(
    stop: asyncio.Event, drain_s: float, force: Callable[[int], None] = os._exit
) -> Iterator[list[int]]:
    """Set `stop` on SIGTERM or SIGINT; yields the signals that came.

    Whoever has not ended `drain_s` seconds later, or gets a second signal, is ended by `force`:
    blocked threads cannot be, and nothing in a process is worth waiting for.
    """
    loop = asyncio.get_running_loop()
    received: list[int] = []
    deadline: list[asyncio.TimerHandle] = []

    def come(number: int) -> None:
        received.append(number)
        if len(received) > 1:
            force(EXIT_BASE + number)
            return
        _log.info("drains", extra={"fields": {"signal": signal.Signals(number).name}})
        stop.set()
        deadline.append(loop.call_later(drain_s, force, EXIT_BASE + number))

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, come, number)
    try:
        yield received
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        for handle in deadline:
            handle.cancel()
