"""The migration, driven through its command line, and what its status said on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Final

import psutil

from model.errors import ReplicatorError
from sandbox.children import Child
from sandbox.demo.observed import Observed
from sandbox.demo.settings import MIGRATION

_COMMAND: Final = (sys.executable, "-m", "replicator")
_TICK_S: Final = 0.2


class Migration:
    """`replicator run` as a child, `replicator status --watch` beside it."""

    def __init__(self, settings: Path, environment: Mapping[str, str], logs: Path) -> None:
        self._settings = settings
        self._environment = dict(environment)
        self._logs = logs
        self.observed = Observed()
        self._run = self._child("run", logs / "run.log")
        try:
            self._watch = self._child(
                *("status", logs / "status.log", "--watch", "--format", "json"),
                stdout=subprocess.PIPE,
            )
        except BaseException:
            self._run.stop()
            raise
        threading.Thread(
            target=self._follow, args=[self._watch.process.stdout], daemon=True
        ).start()

    def _child(self, command: str, log: Path, *options: str, stdout: int | None = None) -> Child:
        return Child(
            f"replicator {command}",
            [*_COMMAND, command, "-c", str(self._settings), *options],
            log=log,
            environment=self._environment,
            stdout=stdout,
        )

    def _follow(self, stream: IO[bytes]) -> None:
        """Every status is kept in `status.jsonl` too, for whoever asks later how it went."""
        with (self._logs / "status.jsonl").open("wb") as record:
            for line in stream:
                record.write(line)
                self.observed.take(json.loads(line))

    def wait_for(
        self, reached: Callable[[Observed], bool], timeout_s: float, tick: Callable[[], None]
    ) -> None:
        """Return once the status says so; `tick` is called meanwhile.

        Raises ReplicatorError when `run` ends before, a table is quarantined, or time is over.
        """
        deadline = time.monotonic() + timeout_s
        while not reached(self.observed):
            self.check()
            tick()
            if time.monotonic() > deadline:
                state = self.observed.state or "unknown"
                raise self._run.failure(f"is still in state {state} after {timeout_s:g} s")
            time.sleep(_TICK_S)

    def check(self) -> None:
        """Raise ReplicatorError when `run` or `status` ended or a table is quarantined."""
        for child in (self._run, self._watch):
            if not child.running():
                raise child.failure(f"ended with code {child.process.returncode}")
        if self.observed.quarantined:
            names = ", ".join(self.observed.quarantined)
            raise self._run.failure(f"quarantined {names}")

    def kill(self, role: str) -> int | None:
        """SIGKILL a role's process, if it is one of ours. Returns its process, or None."""
        pid = self.observed.process(role)
        if pid is None or pid not in self._family():
            return None
        os.kill(pid, signal.SIGKILL)
        return pid

    def _family(self) -> set[int]:
        return {one.pid for one in psutil.Process(self._run.pid).children(recursive=True)}

    def cut_over(self, timeout_s: float) -> tuple[int, dict[str, Any]]:
        """`replicator cutover --confirm`: its exit code and what it printed as JSON."""
        log = self._logs / "cutover.log"
        with log.open("ab") as errors:
            done = subprocess.run(
                [
                    *(*_COMMAND, "cutover", "-c", str(self._settings)),
                    *("--confirm", MIGRATION, "--format", "json"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **self._environment},
                timeout=timeout_s,
                check=False,
            )
        text = done.stdout.decode()
        with log.open("a") as errors:
            errors.write(text)
        try:
            said = json.loads(text) if text.strip() else {}
        except json.JSONDecodeError as error:
            raise ReplicatorError(
                f"printed no JSON: {text!r}", object="replicator cutover"
            ) from error
        return done.returncode, said

    def wait_for_end(self, timeout_s: float) -> int:
        """The exit code of `run`, which ends by itself after the switch."""
        try:
            return self._run.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise self._run.failure(f"did not end within {timeout_s:g} s") from None

    def stop(self) -> None:
        """End whatever still runs."""
        self._watch.stop()
        self._run.stop()
