"""Processes that die, and sessions of the source that are ended."""

from __future__ import annotations

import signal
from typing import Final

import psycopg

from sandbox.soak.faults.fault import Fault, Scene
from sandbox.soak.roles import strike

_CUT: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Kill(Fault):
    """`kill -9` of a role."""

    def __init__(self, role: str) -> None:
        self.place = role
        self._role = role

    def begin(self, scene: Scene) -> bool:
        return strike(scene.roles.process(self._role), signal.SIGKILL)


class KillWorker(Fault):
    """`kill -9` of the process that sends chunks, while its parent lives; where the load is over
    there is none, and the parent is killed."""

    place = "load"

    def begin(self, scene: Scene) -> bool:
        victim = scene.roles.worker() or scene.roles.process("load")
        return strike(victim, signal.SIGKILL)


class CutSource(Fault):
    """Every session of the source's database ends at once, the application's too."""

    place = "source"

    def begin(self, scene: Scene) -> bool:
        with psycopg.connect(scene.source, autocommit=True) as connection:
            connection.execute(_CUT)
        return True
