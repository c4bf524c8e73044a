"""Every kind of fault, by its name in plans and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.soak.faults.broker import BrokerKilled, BrokerRestarted, DiskFull
from sandbox.soak.faults.clock import ClockJump
from sandbox.soak.faults.fault import Fault
from sandbox.soak.faults.kills import CutSource, Kill, KillWorker
from sandbox.soak.faults.network import HalfOpen, Reset, Slow
from sandbox.soak.faults.rivals import SecondApplier, Zombie
from sandbox.soak.faults.target import BulkBurst, Burst, Disturbed, DropAll
from sandbox.soak.writes import WRITES_PER_S

_HOUR_S: Final = 3_600


@dataclass(frozen=True, slots=True)
class Kind:
    """How to make a fault of a kind; the seed's random numbers decide its details.

    `loading` is the share of its strikes that come while rows are loaded. `lasts` are the bounds
    of its length in acknowledged writes, `long` the one that it may have in life, 0 when the kind
    has no length.
    """

    make: Callable[[Random], Fault]
    loading: float = 0.3
    lasts: tuple[int, int] = (0, 0)
    long: int = 0


def _dropped(point: str) -> Kind:
    return Kind(lambda random: Burst(drops=random.randint(1, 4), point=point))


def _busy(random: Random) -> Fault:
    point = random.choice(("request", "before_commit", "after_commit"))
    return Burst(requests_40501=random.randint(1, 4), point=point)


def _deadlock(random: Random) -> Fault:
    point = random.choice(("request", "before_commit"))
    return Burst(deadlocks=random.randint(1, 4), point=point)


def _throttled(random: Random) -> Fault:
    return Disturbed(log_bytes_per_s=random.choice((100_000, 400_000)))


def _frozen(random: Random) -> Fault:
    return Disturbed(frozen=True, point=random.choice(("request", "before_commit")))


def _jump(random: Random) -> Fault:
    return ClockJump(random.choice((-1, 1)) * random.choice((5, 60, _HOUR_S, 24 * _HOUR_S)))


def _network(door: str) -> dict[str, Kind]:
    """What may happen to the connections that go through a door.

    The source's become half-open after the load only: the driver that reads rows in bulk waits for
    ever, and nobody can tell it from a query that takes long.
    """
    return {
        f"latency of {door}": Kind(
            lambda random: Slow(door, latency_s=random.uniform(0.02, 0.2)), lasts=(100, 300)
        ),
        f"narrow line of {door}": Kind(
            lambda random: Slow(door, bytes_per_s=random.choice((30_000, 200_000))),
            lasts=(100, 300),
        ),
        f"half-open {door}": Kind(
            lambda _: HalfOpen(door), loading=0.0 if door == "source" else 0.3
        ),
        f"reset of {door}": Kind(lambda _: Reset(door)),
    }


KINDS: Final[Mapping[str, Kind]] = {
    "kill load": Kind(lambda _: Kill("load"), loading=1.0),
    "kill worker": Kind(lambda _: KillWorker(), loading=1.0),
    "kill capture": Kind(lambda _: Kill("capture")),
    "kill apply": Kind(lambda _: Kill("apply")),
    "kill coordinate": Kind(lambda _: Kill("coordinate")),
    "cut source": Kind(lambda _: CutSource()),
    "login 40613": Kind(
        lambda _: Disturbed(dropping=True, logins_40613=10**9),
        lasts=(20, 60),
        long=60 * WRITES_PER_S,
    ),
    "busy 40501": Kind(_busy),
    "drop in a request": _dropped("request"),
    "drop before commit": _dropped("before_commit"),
    "drop during commit": _dropped("during_commit"),
    "drop after commit": _dropped("after_commit"),
    "drop in a bulk load": Kind(
        lambda random: BulkBurst(drops=random.randint(1, 3), point="bulk"), loading=1.0
    ),
    "drop all": Kind(lambda _: DropAll()),
    "deadlock victim": Kind(_deadlock),
    "throttling": Kind(_throttled, loading=0.8, lasts=(100, 300)),
    "freeze": Kind(_frozen, lasts=(100, 300), long=30 * WRITES_PER_S),
    "broker killed": Kind(lambda _: BrokerKilled(), lasts=(50, 250), long=20 * WRITES_PER_S),
    "broker restarted": Kind(lambda _: BrokerRestarted(), lasts=(0, 100)),
    "disk full": Kind(lambda _: DiskFull(), lasts=(50, 150)),
    "two appliers of one name": Kind(lambda _: SecondApplier(), loading=0.0, lasts=(200, 400)),
    "two appliers": Kind(lambda _: SecondApplier("second"), loading=0.0, lasts=(200, 400)),
    "zombie apply": Kind(lambda _: Zombie("apply"), loading=0.0),
    "zombie capture": Kind(lambda _: Zombie("capture"), loading=0.0),
    "zombie coordinate": Kind(lambda _: Zombie("coordinate")),
    "zombie load": Kind(lambda random: Zombie("load", family=random.random() < 0.5), loading=1.0),
    "clock jump": Kind(_jump),
    **_network("source"),
    **_network("kafka"),
    **_network("target"),
}
