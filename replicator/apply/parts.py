"""What all connections of one applier share."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from model.ports import Target
from monitoring.metrics import Metrics
from replicator.apply.gates import Gates
from replicator.apply.lag import LagTracker
from replicator.config.sections import ApplyOptions
from topics.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Parts:
    """`halt` ends every loop that blocks."""

    target: Target
    kafka: KafkaSettings
    migration: str
    gates: Gates
    lag: LagTracker
    metrics: Metrics
    options: ApplyOptions
    halt: threading.Event
