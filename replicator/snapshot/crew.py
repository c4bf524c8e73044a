"""The worker processes of the load: started early, given one job, ended with their parent."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Self

from model.errors import Retryable
from replicator.config.file import Config
from replicator.snapshot import worker
from replicator.snapshot.worker import Job, Progress

_POLL_S: Final = 0.25
_END_S: Final = 5.0


class Crew:
    """Starts its workers at once, so that their imports are done when the job comes.

    Belongs to the thread that made it: the kernel ends the workers together with that thread.
    """

    def __init__(self, config: Config, owner: str) -> None:
        # A bulk copy holds the GIL while it runs, so a worker is a process, never a thread.
        context = multiprocessing.get_context("spawn")
        self._members: list[tuple[Any, Connection]] = []
        self._asked = False
        for number in range(config.load.workers):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=worker.run,
                args=(config, f"{owner}.{number}", os.getpid(), theirs),
                name=f"replicator-load-{number}",
                daemon=True,
            )
            process.start()
            theirs.close()
            self._members.append((process, ours))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process, connection in self._members:
            connection.close()
            process.join(_END_S if process.exitcode is None and self._asked else 0)
            if process.exitcode is None:
                process.kill()
                process.join()

    def work(
        self,
        job: Job,
        stop: threading.Event,
        told: Callable[[Progress], None],
        idle: Callable[[], None],
    ) -> None:
        """Let every worker do the job; `told` gets each chunk, `idle` is called between.

        When `stop` is set, workers finish the chunk that they are at. Raises what a worker raised,
        and Retryable when one died.
        """
        busy: dict[Connection, Any] = {}
        for process, connection in self._members:
            connection.send(job)
            busy[connection] = process
        failure: Exception | None = None
        while busy:
            for ready in wait(list(busy), timeout=_POLL_S):
                assert isinstance(ready, Connection)
                progress = self._received(ready, busy[ready])
                told(progress)
                if progress.chunk is None:
                    del busy[ready]
                    failure = failure or progress.error
            if (stop.is_set() or failure is not None) and not self._asked:
                self._ask_to_stop(list(busy))
            idle()
        self._asked = True
        if failure is not None:
            raise failure

    def _received(self, connection: Connection, process: Any) -> Progress:
        try:
            progress = connection.recv()
        except (EOFError, ConnectionResetError) as error:
            process.join(_END_S)
            raise Retryable(
                f"a worker of the load died (exit code {process.exitcode})",
                object=process.name,
                hint="the next start settles the chunk that it was sending",
            ) from error
        assert isinstance(progress, Progress)
        return progress

    def _ask_to_stop(self, connections: list[Connection]) -> None:
        self._asked = True
        for connection in connections:
            connection.send(None)
