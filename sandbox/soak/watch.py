"""Follows a seed's faults: begins each at its moment, ends it, sees the migration recover."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from model.errors import ReplicatorError
from sandbox.soak.faults.fault import Scene
from sandbox.soak.plan import Strike

_LOOKS_A_CHECK: Final = 10


class _Stage(Enum):
    WAITING = auto()
    STRIKING = auto()
    RECOVERING = auto()
    DONE = auto()


@dataclass(slots=True)
class _Followed:
    strike: Strike
    stage: _Stage = _Stage.WAITING
    until: int = 0
    ended_at: float = 0.0
    loaded: int = 0
    counts: Sequence[int] = ()
    recovery_s: float = 0.0


class Watch:
    """All strikes of a seed. Call `look` often; `clock` is monotonic seconds.

    A migration has recovered from a fault when rows are loaded again or, after the load, when the
    target has every write that was acknowledged by the fault's end.
    """

    def __init__(
        self,
        scene: Scene,
        strikes: Sequence[Strike],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scene = scene
        self._all = [_Followed(strike) for strike in strikes]
        self._tell = tell
        self._clock = clock
        self._synced_from: int | None = None
        self._looks = 0

    @property
    def loaded(self) -> bool:
        return self._synced_from is not None

    @property
    def sync_writes(self) -> int:
        """Writes acknowledged since the load."""
        return self._scene.clients.acknowledged - (self._synced_from or 0) if self.loaded else 0

    @property
    def striking(self) -> bool:
        """Whether a fault has not come or is not over."""
        return any(each.stage in (_Stage.WAITING, _Stage.STRIKING) for each in self._all)

    @property
    def striking_now(self) -> bool:
        return any(each.stage is _Stage.STRIKING for each in self._all)

    @property
    def recovering(self) -> bool:
        return any(each.stage is _Stage.RECOVERING for each in self._all)

    @property
    def struck(self) -> list[str]:
        """The kinds of the faults that came."""
        return [each.strike.kind for each in self._all if each.stage is not _Stage.WAITING]

    @property
    def recoveries_s(self) -> dict[str, float]:
        """For each kind of fault that is over, how long its recovery took."""
        over = [each for each in self._all if each.stage is _Stage.DONE]
        return {each.strike.kind: each.recovery_s for each in over}

    def look(self) -> None:
        """One look at everything. Raises ReplicatorError when something has ended or stopped that
        nobody but a person could bring back."""
        eye = self._scene.eye
        self._looks += 1
        if self._looks % _LOOKS_A_CHECK == 0:
            self._check()
        rows = eye.loaded() if not self.loaded else 0
        if not self.loaded and eye.open():
            self._synced_from = self._scene.clients.acknowledged
            self._tell("all tables are loaded")
        for each in self._all:
            if each.stage is _Stage.WAITING and self._due(each.strike, rows):
                self._begin(each)
            elif each.stage is _Stage.STRIKING:
                self._end(each)
        if self.recovering:
            self._recover(rows)

    def _check(self) -> None:
        self._scene.roles.check()
        broken = self._scene.clients.failure
        if broken is not None:
            raise ReplicatorError(f"a client broke: {broken!r}") from broken
        if stopped := self._scene.eye.quarantined():
            raise ReplicatorError(f"quarantined {'; '.join(stopped)}")

    def end_all(self) -> None:
        """End what still strikes, so that nothing outlives the seed."""
        for each in self._all:
            if each.stage is _Stage.STRIKING:
                each.strike.fault.end(self._scene)

    def _due(self, strike: Strike, rows: int) -> bool:
        busy = {each.strike.fault.place for each in self._all if each.stage is _Stage.STRIKING}
        if strike.fault.place in busy:
            return False
        if strike.writes is None:
            return self.loaded or 0 < rows >= (strike.rows or 0)
        return self.loaded and self.sync_writes >= strike.writes

    def _begin(self, each: _Followed) -> None:
        if each.strike.fault.begin(self._scene):
            self._tell(f"{each.strike}")
            each.stage = _Stage.STRIKING
            each.until = self._scene.clients.acknowledged + each.strike.lasts

    def _end(self, each: _Followed) -> None:
        clients = self._scene.clients
        if clients.acknowledged < each.until or not each.strike.fault.ready(self._scene):
            return
        each.strike.fault.end(self._scene)
        each.stage = _Stage.RECOVERING
        each.ended_at = self._clock()
        each.loaded = self._scene.eye.loaded()
        each.counts = clients.counts()

    def _recover(self, rows: int) -> None:
        counts = self._scene.eye.counts() if self.loaded else {}
        for each in self._all:
            if each.stage is _Stage.RECOVERING and (
                rows > each.loaded
                or (counts and all(counts.get(n, 0) >= k for n, k in enumerate(each.counts)))
            ):
                each.stage = _Stage.DONE
                each.recovery_s = self._clock() - each.ended_at
                self._tell(f"recovered from {each.strike.kind} in {each.recovery_s:.1f} s")
