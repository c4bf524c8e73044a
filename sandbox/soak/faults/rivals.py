"""Two processes that play one role: side by side, or one of them a zombie that wakes."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from typing import Final

import psutil

from model.errors import ReplicatorError
from sandbox.children import Child
from sandbox.soak.faults.fault import Fault, Scene
from sandbox.soak.roles import strike
from sandbox.soak.settings import document

_TOGETHER: Final = 60
"""Acknowledged writes during which the zombie is awake beside the one that took over."""

_LEASES: Final = {"capture": "capture", "load": "load", "coordinate": "coordinator"}


class SecondApplier(Fault):
    """Another applier joins: under the same name (each one's start throws the other out) or under
    its own (partitions move to it, and back once its session has timed out)."""

    place = "apply"

    def __init__(self, member: str = "") -> None:
        self._member = member
        self._rival: Child | None = None

    def begin(self, scene: Scene) -> bool:
        kafka = scene.settings["kafka"]
        content = document(kafka["bootstrap_servers"], kafka["topic_prefix"], self._member)
        self._rival = scene.roles.rival("apply", content)
        return True

    def end(self, scene: Scene) -> None:
        if self._rival is not None:
            self._rival.process.kill()


class Zombie(Fault):
    """SIGSTOP, then another process of the role; when that one has taken over the stopped one
    wakes, and goes on where it was. In the end the other one is killed."""

    def __init__(self, role: str, *, family: bool = False) -> None:
        self.place = role
        self._role = role
        self._family = family
        self._stopped: list[psutil.Process] = []
        self._rival: Child | None = None
        self._counts: Sequence[int] = ()
        self._woken_at: int | None = None

    def begin(self, scene: Scene) -> bool:
        process = scene.roles.process(self._role)
        if process is None or not strike(process, signal.SIGSTOP):
            return False
        self._stopped = [process]
        if self._family:
            self._stopped += process.children()
            for child in self._stopped[1:]:
                strike(child, signal.SIGSTOP)
        self._counts = scene.clients.counts()
        self._rival = scene.roles.rival(self._role)
        return True

    def ready(self, scene: Scene) -> bool:
        written = scene.clients.acknowledged
        if self._woken_at is None and self._overtaken(scene):
            self._wake()
            self._woken_at = written
        return self._woken_at is not None and written >= self._woken_at + _TOGETHER

    def end(self, scene: Scene) -> None:
        if self._woken_at is None:
            self._wake()
        if self._rival is not None:
            self._rival.process.kill()

    def _overtaken(self, scene: Scene) -> bool:
        """The other one holds the lease; an applier has none, and has brought what was written."""
        rival = self._rival
        assert rival is not None
        if not rival.running():
            if self._role == "load":  # all is loaded: there was nothing left to do
                return True
            raise ReplicatorError(
                "the second one ended by itself", object=self._role, hint=str(rival.log)
            )
        if self._role in _LEASES:
            holder = scene.eye.holder(_LEASES[self._role])
            return str(rival.pid) in re.split("[.:]", holder)
        counts = scene.eye.counts()
        return bool(counts) and all(counts.get(n, 0) >= k for n, k in enumerate(self._counts))

    def _wake(self) -> None:
        for process in self._stopped:
            strike(process, signal.SIGCONT)
