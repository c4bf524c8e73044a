"""The worker processes of the load: given a chunk at a time, ended with their parent."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Self

from model.errors import Retryable
from replicator.config.file import Config
from replicator.snapshot import worker
from replicator.snapshot.messages import GO, Event, Job, Told
from replicator.snapshot.meter import Meter
from replicator.snapshot.staffing import Staffing

_POLL_S: Final = 0.25
_END_S: Final = 5.0


@dataclass(slots=True)
class _Member:
    """One worker: whether it has heard the job, and whether it is at a chunk."""

    process: Any
    connection: Connection
    told: bool = False
    busy: bool = False


class Crew:
    """Starts the first workers at once, so that their imports are done when the job comes; others
    when there is work for them.

    Belongs to the thread that made it: the kernel ends the workers together with that thread.
    """

    def __init__(self, config: Config, owner: str) -> None:
        # A bulk copy holds the GIL while it runs, so a worker is a process, never a thread.
        self._context = multiprocessing.get_context("spawn")
        self._config = config
        self._owner = owner
        self._members: list[_Member] = []
        self._asked = False
        self._failure: Exception | None = None
        self.meter = Meter.shared(self._context, config.load.max_rate)
        for _ in range(config.load.workers):
            self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for member in self._members:
            member.connection.close()
        for member in self._members:
            member.process.join(0 if member.busy else _END_S)
            if member.process.exitcode is None:
                member.process.kill()
                member.process.join()

    def work(
        self,
        job: Job,
        hold: threading.Event,
        staffing: Staffing,
        told: Callable[[Told], None],
        settle: Callable[[list[Told]], None],
        idle: Callable[[], None],
    ) -> None:
        """Give out chunks until none is planned.

        `told` hears every message, `idle` is called between, `settle` gets the chunks in doubt
        while nobody sends. When `hold` is set, workers finish the chunk that they are at. Raises
        what a worker raised, and Retryable when one died.
        """
        more, doubts = True, list[Told]()
        while True:
            staffing.passed(self.meter.total())
            going = self._failure is None and not hold.is_set()
            if not going:
                self._ask_to_stop()
            elif more and not doubts:
                self._give_out(job, staffing.allowed)
            busy = [member for member in self._members if member.busy]
            if not busy:
                if not (going and doubts):
                    break
                settle(doubts)
                more, doubts = True, []
                continue
            for each in self._heard(busy):
                told(each)
                if each.event is Event.DOUBT:
                    doubts.append(each)
                if each.event is not Event.WAITS:
                    more = (more and each.event is not Event.NONE) or each.event is Event.PASSED
            idle()
        if self._failure is not None:
            raise self._failure

    def _start(self) -> _Member:
        ours, theirs = self._context.Pipe()
        number = len(self._members)
        process = self._context.Process(
            target=worker.run,
            args=(self._config, f"{self._owner}.{number}", os.getpid(), theirs, self.meter),
            name=f"replicator-load-{number}",
            daemon=True,
        )
        process.start()
        theirs.close()
        self._members.append(_Member(process, ours))
        return self._members[-1]

    def _give_out(self, job: Job, allowed: int) -> None:
        idle = [member for member in self._members if not member.busy]
        for _ in range(allowed - (len(self._members) - len(idle))):
            member = idle.pop(0) if idle else self._start()
            if not member.told:
                member.connection.send(job)
            member.connection.send(GO)
            member.told = member.busy = True

    def _heard(self, busy: list[_Member]) -> list[Told]:
        """What has come within a moment; a worker that ends says why."""
        ready = set(wait([member.connection for member in busy], timeout=_POLL_S))
        heard = []
        for member in busy:
            if member.connection in ready:
                told = self._received(member)
                member.busy = told.event is Event.WAITS
                if told.event is Event.ENDED:
                    self._failure = self._failure or told.error
                    self._members.remove(member)
                    member.connection.close()
                    member.process.join(_END_S)
                heard.append(told)
        return heard

    def _received(self, member: _Member) -> Told:
        try:
            told = member.connection.recv()
        except (EOFError, ConnectionResetError) as error:
            member.process.join(_END_S)
            raise Retryable(
                f"a worker of the load died (exit code {member.process.exitcode})",
                object=member.process.name,
                hint="the next start settles the chunk that it was sending",
            ) from error
        assert isinstance(told, Told)
        return told

    def _ask_to_stop(self) -> None:
        """Nobody waits any longer for a next attempt; once is enough."""
        if not self._asked:
            self._asked = True
            for member in self._members:
                if member.busy:
                    member.connection.send(None)
