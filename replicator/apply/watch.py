"""What runs beside the connections: gates, heartbeats, and what the applier says of itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from time import monotonic, time_ns
from typing import Any, Final

from model.errors import ForeignRecord, Gap, Retryable, Unreachable
from monitoring.metrics import Metrics
from replicator.apply.connection import Connection
from replicator.apply.gates import Gates
from replicator.apply.lag import LagTracker
from replicator.config.sections import ApplyOptions
from topics.control import Marker
from topics.control_reader import ControlReader
from topics.naming import heartbeat_topic
from topics.settings import KafkaSettings

_REPORT_S: Final = 1.0
_LISTEN_S: Final = 0.1
_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 30.0
_HEARTBEAT_S: Final = 1.0
_log = logging.getLogger("replicator.apply")


def wall_ms() -> int:
    """Milliseconds since 1970 UTC."""
    return time_ns() // 1_000_000


class Watch:
    """Its loops are blocking and end with `halt`."""

    def __init__(
        self,
        kafka: KafkaSettings,
        gates: Gates,
        metrics: Metrics,
        instance: str,
        options: ApplyOptions,
        halt: threading.Event,
    ) -> None:
        self._kafka = kafka
        self._gates = gates
        self._metrics = metrics
        self._instance = instance
        self._options = options
        self._halt = halt
        self._reported_at = monotonic()
        self._reported = 0
        self.lag = LagTracker(_HEARTBEAT_S)
        self.connections: Sequence[Connection] = ()

    def wait_for_tables(self) -> None:
        """Until the migration's tables and their checkpoints are deployed.

        Raises Unreachable when the target does not answer at all.
        """
        while not self._halt.is_set():
            try:
                self._gates.poll()
                if self._gates.tables and self._gates.checkpoints:
                    return
            except Unreachable:
                raise
            except Retryable as error:
                self._again(error)
            self._halt.wait(_WAIT_S)

    def gates_loop(self) -> None:
        """Follow the gates, and report once a second."""
        while not self._halt.wait(self._options.gate_interval):
            try:
                self._gates.poll()
                self._follow()
                if monotonic() - self._reported_at >= _REPORT_S:
                    self._report()
            except (Retryable, Unreachable) as error:
                self._again(error)

    def heartbeats_loop(self) -> None:
        """Hear every heartbeat of the last hour, then each as it comes.

        A topic that is gone or damaged holds up nothing but what heartbeats tell: the lag is
        unknown, and no table becomes consistent, until capture has made it anew.
        """
        wait = _WAIT_S
        while not self._halt.is_set():
            began = monotonic()
            try:
                self._listen()
            except (Retryable, Unreachable, Gap, ForeignRecord) as error:
                wait = _WAIT_S if monotonic() - began > _LONGEST_WAIT_S else wait
                self._again(error)
                self._halt.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT_S)

    def _listen(self) -> None:
        reader = ControlReader(self._kafka, heartbeat_topic(self._kafka.topic_prefix))
        try:
            for record in reader.existing():
                if isinstance(record, Marker):
                    self._gates.heard(record)
            while not self._halt.is_set():
                for record in reader.read(_LISTEN_S):
                    if isinstance(record, Marker):
                        self._gates.heard(record)
                        self.lag.heard(record, wall_ms())
        finally:
            reader.close()

    def _follow(self) -> None:
        self.lag.ignore(self._gates.unread())
        checkpoints = self._gates.checkpoints
        self.lag.applied(
            {place: each.next_offset for place, each in checkpoints.items()}, wall_ms()
        )

    def _report(self) -> None:
        now = monotonic()
        elapsed, self._reported_at = now - self._reported_at, now
        changes = sum(each.changes for each in self.connections)
        rate = round((changes - self._reported) / elapsed, 1)
        self._reported = changes
        lag = self.lag.report(wall_ms())
        for stage, figures in lag.items():
            self._metrics.set_lag(stage, figures["now"] / 1000 if figures else None)
        detail: dict[str, Any] = {
            "changes": changes,
            "changes_per_s": rate,
            "bytes": sum(each.bytes for each in self.connections),
            "lag_ms": lag,
            "changes_lag_ms": self.lag.change_lag(),
            "connections": len(self.connections),
        }
        self._gates.report(self._instance, detail)

    def _again(self, error: Exception) -> None:
        self._metrics.add_retry()
        _log.warning("tried again: %s", error)
