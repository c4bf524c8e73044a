"""A broker that is killed, restarted, or has no room left."""

from __future__ import annotations

from sandbox.soak.faults.fault import Fault, Scene


class BrokerKilled(Fault):
    """`kill -9`; it comes back with the log that it had."""

    place = "kafka"

    def begin(self, scene: Scene) -> bool:
        scene.stage.kafka.crash()
        return True

    def end(self, scene: Scene) -> None:
        scene.stage.kafka.revive()


class BrokerRestarted(BrokerKilled):
    """An orderly shutdown; it comes back."""

    def begin(self, scene: Scene) -> bool:
        scene.stage.kafka.leave()
        return True


class DiskFull(BrokerKilled):
    """No file of the broker may grow. It gives up its only log folder and ends; there is room again
    when it comes back."""

    def begin(self, scene: Scene) -> bool:
        scene.stage.kafka.fill_disk()
        return True

    def ready(self, scene: Scene) -> bool:
        return not scene.stage.kafka.running()
