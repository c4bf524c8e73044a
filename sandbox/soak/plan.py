"""What a seed decides: the faults and the moments of the run at which they strike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from sandbox.soak.faults.fault import Fault
from sandbox.soak.faults.kinds import KINDS
from sandbox.soak.writes import ROWS

SYNC_WRITES: Final = 900
"""Writes that are acknowledged after the load, at least."""

_FEWEST: Final = 3
_MOST: Final = 6
_LATEST: Final = 0.75
"""Share of those writes after which no fault begins, so that each has its time."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault and its moment: `rows` loaded in chunks that are done, or `writes` acknowledged since
    the load. It lasts for `lasts` acknowledged writes at least."""

    kind: str
    fault: Fault
    rows: int | None
    writes: int | None
    lasts: int

    def __str__(self) -> str:
        moment = f"{self.rows} rows" if self.writes is None else f"write {self.writes}"
        return f"{self.kind} at {moment}" + (f" for {self.lasts} writes" if self.lasts else "")


def planned(seed: int, kinds: Sequence[str] = tuple(KINDS)) -> list[Strike]:
    """Three to six faults of different kinds, by their moments.

    One kind is taken in turn, so that so many seeds as there are kinds meet every one.
    """
    random = Random(f"soak/{seed}")
    first = kinds[seed % len(kinds)]
    others = [kind for kind in kinds if kind != first]
    more = min(random.randint(_FEWEST, _MOST) - 1, len(others))
    chosen = [first, *random.sample(others, more)]
    strikes = [_strike(random, kind) for kind in chosen]
    return sorted(strikes, key=lambda each: (each.writes or 0, each.rows or 0))


def planned_long(seed: int) -> list[Strike]:
    """One fault of the kinds that take long in life, as long as it takes there, and two others."""
    random = Random(f"soak/long/{seed}")
    slow = [name for name, kind in KINDS.items() if kind.long]
    first = slow[seed % len(slow)]
    others = random.sample([name for name in KINDS if name not in slow], 2)
    long = replace(_strike(random, first), lasts=KINDS[first].long)
    return [long, *(_strike(random, name) for name in others)]


def _strike(random: Random, name: str) -> Strike:
    kind = KINDS[name]
    loading = random.random() < kind.loading
    share = random.random()
    lasts = random.randint(*kind.lasts)
    fault = kind.make(random)
    if loading:
        return Strike(name, fault, round(share * 0.9 * ROWS), None, lasts)
    return Strike(name, fault, None, round(share * _LATEST * SYNC_WRITES), lasts)
