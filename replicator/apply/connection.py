"""One connection of the applier: what it reads and what it applies, started again together."""

from __future__ import annotations

import logging
from typing import Final

from model.errors import Retryable, Unreachable
from replicator.apply.applier import Applier
from replicator.apply.intake import Intake
from replicator.apply.parts import Parts

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 30.0
_AHEAD: Final = 2
"""Batches that may wait decoded while one is in the target."""

_log = logging.getLogger("replicator.apply")


class Connection:
    """Member `instance` of the appliers' group, and its session in the target."""

    def __init__(self, instance: str, parts: Parts) -> None:
        self._instance = instance
        self._parts = parts
        self._applier: Applier | None = None
        self._changes = 0
        self._bytes = 0

    @property
    def changes(self) -> int:
        """Changes applied since the start."""
        return self._changes + (self._applier.changes if self._applier else 0)

    @property
    def bytes(self) -> int:
        """Bytes of the records applied since the start."""
        return self._bytes + (self._applier.bytes if self._applier else 0)

    def run(self) -> None:
        """Until `halt`. Kafka that is away is waited for; the rest is raised."""
        wait = _FIRST_WAIT_S
        while not self._parts.halt.is_set():
            try:
                self._serve()
                wait = _FIRST_WAIT_S
            except (Retryable, Unreachable) as error:
                self._parts.metrics.add_retry()
                _log.warning("%s starts again in %.1f s: %s", self._instance, wait, error)
                self._parts.halt.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT_S)

    def _serve(self) -> None:
        parts = self._parts
        intake = Intake(
            parts.kafka,
            parts.gates,
            migration=parts.migration,
            instance=self._instance,
            limit=_AHEAD * parts.options.batch_bytes,
        )
        intake.start()
        try:
            applier = self._applier = Applier(intake, parts)
            applier.run()
        finally:
            self._changes, self._bytes = self.changes, self.bytes
            self._applier = None
            intake.close()
