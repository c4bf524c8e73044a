"""A fault, and what it acts on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.soak.clients import Clients
from sandbox.soak.eye import Eye
from sandbox.soak.roles import Roles
from sandbox.soak.stage import Stage


@dataclass(frozen=True, slots=True)
class Scene:
    """One seed's run. `source` and `target` are its databases, past all proxies; `settings` is what
    its configuration says, `folder` where its files are."""

    stage: Stage
    source: str
    target: str
    settings: Mapping[str, Any]
    folder: Path
    roles: Roles
    clients: Clients
    eye: Eye


class Fault(ABC):
    """From `begin` to `end`; both are called from the thread that runs the seed."""

    place: str
    """Two faults of one place do not overlap."""

    def skipped(self) -> str:
        """Why it cannot be caused on this machine; empty when it can."""
        return ""

    def environment(self, folder: Path) -> Mapping[str, str]:
        """What the roles must be started with, so that it can be caused later."""
        return {}

    @abstractmethod
    def begin(self, scene: Scene) -> bool:
        """Cause it; False when there is nothing to strike at this moment: ask again soon."""

    def ready(self, scene: Scene) -> bool:
        """Whether it has done its harm and may end."""
        return True

    def end(self, scene: Scene) -> None:
        """Put right what would not get right by itself."""
        return None
