"""A server that is a child of ours, with a folder for its files: from `start` to `stop`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from sandbox.children import LOOPBACK, Child
from sandbox.folders import RunDirectory


class ChildServer(ABC):
    """`start` and `stop` are idempotent; a stopped one may not start again.

    The child ends with the thread that called `start`, and its run directory with it.
    """

    host = LOOPBACK
    title: ClassVar[str]
    """What messages call it."""
    prefix: ClassVar[str]
    """How the names of its run directories begin."""

    def __init__(self) -> None:
        self._run: RunDirectory | None = None
        self._child: Child | None = None

    @abstractmethod
    def _launch(self, run: RunDirectory) -> Child:
        """Prepare and start the child, and wait until it is ready. Raises StartFailed."""

    def start(self) -> None:
        """Start it and wait until it is ready. Raises StartFailed with the end of its log."""
        if self._child is not None:
            return
        self._run = RunDirectory(self.prefix)
        try:
            self._child = self._launch(self._run)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and delete what its run directory holds. Idempotent."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._run is not None:
            self._run.remove()
            self._run = None

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    @property
    def folder(self) -> Path:
        """Its run directory. Raises RuntimeError when it is not started."""
        if self._run is None:
            raise RuntimeError(f"{self.title} is not started")
        return self._run.path

    @property
    def pid(self) -> int:
        """Its first process. Raises RuntimeError when it is not started."""
        if self._child is None:
            raise RuntimeError(f"{self.title} is not started")
        return self._child.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
