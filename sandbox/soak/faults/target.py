"""What Azure SQL does to its clients now and then, done by the stand-in when a seed asks for it."""

from __future__ import annotations

from typing import Any

from sandbox.soak.faults.fault import Fault, Scene

_OURS = "replicator:"
"""How the names of the migration's sessions begin: the seed's own are left alone."""


class Disturbed(Fault):
    """These settings of the stand-in (`FaultSettings`), until the fault ends.

    With `dropping` every connection drops first, as in a failover.
    """

    place = "target"

    def __init__(self, *, dropping: bool = False, **settings: Any) -> None:
        self._dropping = dropping
        self._settings = settings

    def begin(self, scene: Scene) -> bool:
        faults = scene.stage.target.faults
        faults.set(application=_OURS, **self._settings)
        if self._dropping:
            faults.drop_connections()
        return True

    def end(self, scene: Scene) -> None:
        scene.stage.target.faults.clear()


class Burst(Disturbed):
    """Settings that count down: over when all has struck."""

    def ready(self, scene: Scene) -> bool:
        left = scene.stage.target.faults.read()
        return not (left.logins_40613 or left.requests_40501 or left.deadlocks or left.drops)


class DropAll(Fault):
    """Every connection to the target drops at once."""

    place = "target"

    def begin(self, scene: Scene) -> bool:
        scene.stage.target.faults.drop_connections()
        return True


class BulkBurst(Burst):
    """A burst in the middle of bulk loads: over, too, when there are none any more."""

    def ready(self, scene: Scene) -> bool:
        return super().ready(scene) or scene.eye.open()
