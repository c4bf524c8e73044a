"""Kills roles with SIGKILL in the middle of their work, and sees them come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from model.errors import ConfigurationError, ReplicatorError
from sandbox.demo.migration import Migration

ROLES: Final = ("load", "capture", "apply")
_BACK_WITHIN_S: Final = 60.0
_LOADING: Final = (5.0, 90.0)
"""Per cent of the rows between which the load is in its middle."""


@dataclass(frozen=True, slots=True)
class Killed:
    """A role's process that we killed, and when."""

    role: str
    pid: int
    at: float


@dataclass(slots=True)
class Killer:
    """Each wanted role is killed once. Raises ConfigurationError for one that does not exist."""

    wanted: Sequence[str]
    tell: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    killed: list[Killed] = field(default_factory=list)

    def __post_init__(self) -> None:
        for role in self.wanted:
            if role not in ROLES:
                raise ConfigurationError(
                    f"there is no role {role!r} to kill", hint=f"choose from {', '.join(ROLES)}"
                )

    def during_load(self, migration: Migration) -> None:
        """Call often while rows are loaded."""
        percent = migration.observed.percent_loaded
        if percent is not None and _LOADING[0] <= percent <= _LOADING[1]:
            self._kill("load", migration)

    def during_sync(self, migration: Migration, elapsed_s: float, whole_s: float) -> None:
        """Call often during live sync: capture goes after a fifth of it, apply after a half."""
        if elapsed_s > whole_s / 5:
            self._kill("capture", migration)
        if elapsed_s > whole_s / 2:
            self._kill("apply", migration)

    def _kill(self, role: str, migration: Migration) -> None:
        if role not in self.wanted or any(one.role == role for one in self.killed):
            return
        pid = migration.kill(role)
        if pid is not None:
            self.killed.append(Killed(role, pid, self.clock()))
            self.tell(f"killed {role} (process {pid}) with SIGKILL")

    def all_back(self, migration: Migration) -> bool:
        """Every killed role works again in another process (but load, when all is loaded).

        Raises ReplicatorError when one stays away for too long.
        """
        for one in self.killed:
            if one.role == "load" or migration.observed.process(one.role) not in (None, one.pid):
                continue
            if self.clock() - one.at > _BACK_WITHIN_S:
                raise ReplicatorError(
                    f"did not come back within {_BACK_WITHIN_S:g} s", object=one.role
                )
            return False
        return True

    def missed(self) -> list[str]:
        """The roles that were to be killed and were not."""
        return [role for role in self.wanted if all(one.role != role for one in self.killed)]
