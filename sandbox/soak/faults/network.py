"""Connections that are slow, narrow, deaf or gone: between the roles and one of the servers."""

from __future__ import annotations

from sandbox.soak.faults.fault import Fault, Scene


class Slow(Fault):
    """Latency, or a narrow line."""

    def __init__(self, door: str, *, latency_s: float = 0.0, bytes_per_s: float = 0.0) -> None:
        self.place = f"network of {door}"
        self._door = door
        self._latency_s = latency_s
        self._bytes_per_s = bytes_per_s

    def begin(self, scene: Scene) -> bool:
        scene.stage.doors[self._door].slow(self._latency_s, self._bytes_per_s)
        return True

    def end(self, scene: Scene) -> None:
        scene.stage.doors[self._door].slow()


class Reset(Fault):
    """Every connection ends with RST."""

    def __init__(self, door: str) -> None:
        self.place = f"network of {door}"
        self._door = door

    def begin(self, scene: Scene) -> bool:
        return scene.stage.doors[self._door].reset() > 0


class HalfOpen(Reset):
    """Every connection stays open and carries nothing any more."""

    def begin(self, scene: Scene) -> bool:
        return scene.stage.doors[self._door].deafen() > 0
