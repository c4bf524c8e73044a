"""How many workers the load uses: the policy alone, with a clock of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.ports import LogRate
from replicator.snapshot.staffing import Held, Staffing

TICK_S = 0.25


class Simulation:
    """A target that takes `throughput(workers)` bytes/s, looked at as the parent does."""

    def __init__(
        self, first: int, most: int, throughput: Callable[[int], float], cap: int | None = None
    ) -> None:
        self.now = 1000.0
        self.throughput = throughput
        self.staffing = Staffing(first, most, lambda: self.now)
        self.staffing.log_rate = None if cap is None else LogRate(cap)
        self.total = 0.0
        self.seen = [first]

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.now += TICK_S
            self.total += self.throughput(self.staffing.allowed) * TICK_S
            self.staffing.passed(int(self.total))
            self.seen.append(self.staffing.allowed)


def linear(each: float, most: float) -> Callable[[int], float]:
    return lambda workers: min(workers * each, most)


def test_workers_are_added_while_each_brings_its_share() -> None:
    target = Simulation(1, 8, linear(1e6, 4e6))
    target.run(60)
    assert max(target.seen) == 5  # the fifth was tried, and brought nothing
    assert target.staffing.allowed == 4
    assert target.staffing.why is Held.NO_GAIN


def test_one_that_brings_nothing_goes_and_the_next_trial_waits_longer_each_time() -> None:
    target = Simulation(1, 8, lambda _: 5e6)
    target.run(2500)
    trials = [at for at, (a, b) in enumerate(pairwise(target.seen)) if b > a]
    waits = [b - a for a, b in pairwise(trials)]
    assert max(target.seen) == 2
    assert len(trials) >= 4
    assert all(longer > shorter for shorter, longer in pairwise(waits))
    assert sum(workers == 2 for workers in target.seen) * TICK_S < 80


def test_near_the_targets_log_rate_nobody_is_added() -> None:
    target = Simulation(1, 8, linear(3e6, 9e6), cap=6_500_000)
    target.run(600)
    assert max(target.seen) == 2
    assert target.staffing.why is Held.LOG_RATE


def test_a_log_that_others_fill_holds_too() -> None:
    target = Simulation(1, 8, linear(3e6, 9e6))
    target.staffing.log_rate = LogRate(10**9, used=95.0)
    target.run(60)
    assert target.staffing.allowed == 1
    assert target.staffing.why is Held.LOG_RATE


def test_a_cap_that_is_not_known_holds_nobody() -> None:
    target = Simulation(1, 3, linear(3e6, 99e6), cap=None)
    target.run(60)
    assert target.staffing.allowed == 3
    assert target.staffing.why is Held.MOST


def test_throttling_halves_once_for_all_its_messages_and_rests() -> None:
    target = Simulation(8, 8, linear(1e6, 99e6))
    target.run(5)
    for _ in range(8):
        target.staffing.throttled()
    assert (target.staffing.allowed, target.staffing.why) == (4, Held.THROTTLED)
    target.run(59)
    assert target.staffing.allowed == 4
    target.run(60)
    assert target.staffing.allowed > 4


def test_a_load_that_moves_nothing_proves_nothing() -> None:
    target = Simulation(1, 8, lambda _: 0.0)
    target.run(600)
    assert set(target.seen) == {1}


@given(
    first=st.integers(1, 6),
    most=st.integers(1, 12),
    cap=st.none() | st.integers(10**5, 10**8),
    steps=st.lists(
        st.tuples(st.floats(0.01, 300), st.integers(0, 10**9), st.booleans()), max_size=80
    ),
)
def test_whatever_happens_the_number_stays_within_its_bounds(
    first: int, most: int, cap: int | None, steps: list[tuple[float, int, bool]]
) -> None:
    now, total = 0.0, 0
    staffing = Staffing(first, most, lambda: now)
    staffing.log_rate = None if cap is None else LogRate(cap)
    for wait, size, throttled in steps:
        now, total, before = now + wait, total + size, staffing.allowed
        staffing.passed(total)
        assert staffing.allowed <= before + 1
        if staffing.allowed > before:
            assert staffing.rate is not None
            assert cap is None or staffing.rate < 0.9 * cap
        if throttled:
            shown = staffing.allowed
            staffing.throttled()
            assert staffing.allowed in (shown, max(1, shown // 2))
            assert staffing.why is Held.THROTTLED
        assert 1 <= staffing.allowed <= max(first, most)


@given(each=st.floats(1e5, 1e7), worth=st.integers(1, 7), most=st.integers(1, 8))
def test_it_settles_where_the_last_worker_still_paid(each: float, worth: int, most: int) -> None:
    """Up to ten workers, each brings more than a tenth until the target's own limit."""
    target = Simulation(1, most, linear(each, worth * each))
    target.run(120)
    tail = target.seen[-1]
    assert tail in (min(worth, most), min(worth + 1, most))  # at its number, or at one more trial


@pytest.mark.parametrize("rest", [59.0, 70.0])
def test_nobody_is_added_while_it_rests_after_throttling(rest: float) -> None:
    target = Simulation(1, 4, linear(1e6, 99e6))
    target.staffing.throttled()
    target.run(rest)
    assert (target.staffing.allowed > 1) == (rest > 60.0)
