"""The roles of a seed's migration: `replicator run` as a child, and rivals of its roles."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import psutil

from sandbox.children import Child
from sandbox.soak.settings import write_settings

ROLES: Final = ("capture", "load", "apply", "coordinate")


class Roles:
    """`replicator run` and whatever is started beside it; `stop` ends all of it.

    `settings` is the configuration's file; logs are written beside it. Belongs to one thread.
    """

    def __init__(self, settings: Path, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._environment = dict(environment)
        self._rivals: list[Child] = []
        self._run = self._child("run", settings, "run.log")

    def check(self) -> None:
        """Raise ReplicatorError when `run` has ended: nobody but a person could go on then."""
        if not self._run.running():
            raise self._run.failure(f"ended with code {self._run.process.returncode}")

    def process(self, role: str) -> psutil.Process | None:
        """The process that plays the role for `run`; None while it is being restarted."""
        words = ["-m", "replicator", role]
        return self._found(self._run.pid, lambda line: line[1:4] == words)

    def worker(self) -> psutil.Process | None:
        """A process that loads chunks for the role load."""
        parent = self.process("load")
        return parent and self._found(parent.pid, lambda line: "spawn_main" in " ".join(line))

    def _found(self, parent: int, wanted: Callable[[list[str]], bool]) -> psutil.Process | None:
        try:
            for child in psutil.Process(parent).children():
                if wanted(child.cmdline()):
                    return child
        except psutil.NoSuchProcess:
            return None
        return None

    def rival(self, role: str, content: Mapping[str, object] | None = None) -> Child:
        """Another process that plays the role, with the same configuration or with `content`."""
        settings = self._settings
        if content is not None:
            settings = self._settings.with_name(f"rival-{len(self._rivals)}.yaml")
            write_settings(settings, content)
        options = ["--stay"] if role == "load" else []
        rival = self._child(role, settings, f"rival-{role}.log", *options)
        self._rivals.append(rival)
        return rival

    def _child(self, command: str, settings: Path, log: str, *options: str) -> Child:
        return Child(
            f"replicator {command}",
            [sys.executable, "-m", "replicator", command, "-c", str(settings), *options],
            log=self._settings.with_name(log),
            environment=self._environment,
        )

    def stop(self) -> None:
        """End rivals, and `run` with its roles. Idempotent."""
        for child in (*self._rivals, self._run):
            child.stop()


def strike(process: psutil.Process | None, number: signal.Signals) -> bool:
    """Send the signal; False when there is no such process any more."""
    if process is None:
        return False
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return False
    return True
