"""The rate that all workers keep to together, and the waits between attempts."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import Retryable, Throttled
from model.units import Rate, RateUnit
from replicator.snapshot.meter import Meter
from replicator.snapshot.patience import Patience

Batches = Sequence[tuple[int, int, float]]
"""Rows, bytes, and seconds that the sender takes for them."""

BATCHES = st.lists(
    st.tuples(st.integers(1, 5000), st.integers(1, 10**7), st.floats(0.0, 5.0)), max_size=12
)


def meter(rate: Rate | None, now: list[float]) -> Meter:
    value = multiprocessing.Value
    return Meter(rate, value("q", 0), value("d", 0.0), lambda: now[0])


@given(
    workers=st.lists(BATCHES, min_size=1, max_size=4),
    per_s=st.integers(100, 10**7),
    unit=st.sampled_from(RateUnit),
)
def test_all_workers_together_keep_to_the_rate(
    workers: list[Batches], per_s: int, unit: RateUnit
) -> None:
    """At any moment no more has passed than the rate allows and a batch of each worker."""
    now = [1000.0]
    shared = meter(Rate(per_s, unit), now)
    queues = [list(batches) for batches in workers]
    at = [1000.0] * len(queues)
    passed: list[tuple[float, int]] = []
    largest = [0] * len(queues)
    while any(queues):
        turn = min((each for each, queue in enumerate(queues) if queue), key=at.__getitem__)
        rows, size, takes = queues[turn].pop(0)
        now[0] = at[turn]
        begins = at[turn] + shared.take(rows, size)
        amount = rows if unit is RateUnit.ROWS else size
        passed.append((begins, amount))
        largest[turn] = max(largest[turn], amount)
        at[turn] = begins + takes
    for moment, _ in passed:
        so_far = sum(amount for begins, amount in passed if begins <= moment)
        assert so_far <= per_s * (moment - 1000.0) * (1 + 1e-9) + sum(largest) + 1
    assert shared.total() == sum(size for batches in workers for _, size, _ in batches)


def test_without_a_rate_nobody_waits() -> None:
    shared = meter(None, [0.0])
    assert [shared.take(10**9, 10**12) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_time_that_was_not_used_is_not_saved_up() -> None:
    now = [0.0]
    shared = meter(Rate(100, RateUnit.ROWS), now)
    assert shared.take(100, 1) == 0.0
    now[0] = 50.0
    assert shared.take(200, 1) == 0.0
    assert shared.take(1, 1) == pytest.approx(2.0)


def test_faults_wait_twice_as_long_each_time_and_are_counted() -> None:
    patience = Patience(4, jitter=lambda: 0.0)
    waits = [patience.failed(Retryable("away")) for _ in range(4)]
    assert waits == [0.5, 1.0, 2.0, None]


def test_throttling_begins_where_the_error_says_grows_and_is_never_too_much() -> None:
    patience = Patience(1, jitter=lambda: 0.0)
    waits = [patience.failed(Throttled("busy", wait=10.0)) for _ in range(6)]
    assert waits == [10.0, 20.0, 40.0, 60.0, 60.0, 60.0]


@given(
    kinds=st.lists(st.booleans(), max_size=40),
    wait=st.floats(0.0, 120.0),
    jitter=st.floats(0.0, 1.0, exclude_max=True),
)
def test_no_wait_is_shorter_than_the_error_asks_or_longer_than_it_needs(
    kinds: list[bool], wait: float, jitter: float
) -> None:
    patience = Patience(100, jitter=lambda: jitter)
    for throttled in kinds:
        kind = Throttled if throttled else Retryable
        found = patience.failed(kind("no", wait=wait))
        assert found is not None
        assert wait <= found <= 1.5 * max(wait, 60.0)
