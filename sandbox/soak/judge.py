"""After a seed's faults: is everything there, once, and is nothing else?"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from model.errors import ReplicatorError, Retryable, Unreachable
from replicator.coordination import MarkerSearch
from sandbox.demo.evidence import Evidence
from sandbox.soak import records
from sandbox.soak.explanation import miscounted, unbalanced
from sandbox.soak.faults.fault import Scene
from sandbox.soak.records import Place
from sandbox.social.ledger import Ledger
from sandbox.social.sessions import Side, open_session

_END: Final = "end of the seed"
_TICK_S: Final = 0.1

T = TypeVar("T")


def _asked(ask: Callable[[], T | None]) -> T | None:
    """The answer; None, too, from a server that is just coming back."""
    try:
        return ask()
    except (Retryable, Unreachable):
        return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`differences` counts rows that are missing, too many or of other values, and acknowledged
    writes that are missing. `wrong` tells everything that should not be, in words."""

    rows: int
    changes: int
    repeated: int
    differences: int
    wrong: tuple[str, ...]


class Judge:
    """Looks at both ends and at Kafka past every proxy and fault. Clients have ended before."""

    def __init__(self, scene: Scene, evidence: Evidence, bootstrap: str, patience_s: float) -> None:
        self._scene = scene
        self._evidence = evidence
        self._bootstrap = bootstrap
        self._patience_s = patience_s

    def rest(self, tick: Callable[[], None]) -> dict[Place, int]:
        """Wait until a marker behind the last write has passed and all tables are in sync; where
        each partition ends then. Raises ReplicatorError when that does not come."""
        config = self._evidence.config
        search = MarkerSearch(config)
        try:
            self._evidence.source.write_marker(_END, time.time_ns() // 1_000_000)
            marker = self._awaited(lambda: search(_END, _TICK_S), "no marker passes capture", tick)
        finally:
            search.close()
        self._awaited(lambda: self._passed(marker.offsets), "the target lags behind", tick)
        self._awaited(self._scene.eye.in_sync, "the migration is not in sync", tick)
        return dict(marker.offsets)

    def verdict(self, ends: Mapping[Place, int], ledger: Ledger) -> Verdict:
        """Judge what the migration came to rest with."""
        wrong: list[str] = []
        scene = self._scene
        with self._evidence.target.frozen() as frozen:
            compared = self._evidence.compare(frozen, scene.folder, lambda _: None)
        for table in compared.tables:
            wrong += [str(difference) for difference in table.listed[:5]]
        session = open_session(Side.TARGET, scene.target)
        try:
            found = ledger.verify(session)
        finally:
            session.close()
        wrong += [f"acknowledged and missing: {example}" for example in found.examples[:5]]
        tables = {each.source_name: each for each in scene.eye.tables()}
        contents = {
            name: records.read(self._bootstrap, each.topic, ends) for name, each in tables.items()
        }
        events = tables["events"]
        wrong += miscounted(contents, scene.clients.counts(), scene.clients.records)
        wrong += unbalanced(
            contents["events"], events.high, events.rows_loaded, scene.eye.rows("events")
        )
        wrong += [f"quarantined {each}" for each in scene.eye.quarantined()]
        if asked := scene.eye.requests():
            wrong.append(f"an operator asked for something {asked} times")
        return Verdict(
            rows=compared.rows,
            changes=sum(len(each.all) for each in contents.values()),
            repeated=sum(each.repeated for each in contents.values()),
            differences=compared.differences + found.missing,
            wrong=tuple(wrong),
        )

    def _awaited(self, ask: Callable[[], T | None], failure: str, tick: Callable[[], None]) -> T:
        deadline = time.monotonic() + self._patience_s
        while not (answer := _asked(ask)):
            tick()
            if time.monotonic() > deadline:
                raise ReplicatorError(f"{failure}, {self._patience_s:g} s after the last fault")
            time.sleep(_TICK_S)
        return answer

    def _passed(self, offsets: Mapping[Place, int]) -> bool:
        at = self._scene.eye.checkpoints()
        return all(at.get(place, -1) >= offset for place, offset in offsets.items())
