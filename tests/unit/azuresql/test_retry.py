"""Waits grow, jitter, keep to the error's demand, and end with patience."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.azuresql.retry import Backoff


def test_waits_double_up_to_the_longest_and_start_over_after_success() -> None:
    backoff = Backoff(first_s=5, longest_s=60, jitter=lambda: 0.0)
    assert [backoff.failed(t) for t in range(6)] == [5, 10, 20, 40, 60, 60]
    backoff.succeeded()
    assert backoff.failed(100) == 5


def test_the_errors_own_demand_is_a_floor() -> None:
    backoff = Backoff(first_s=0.2, jitter=lambda: 0.0)
    assert backoff.failed(0, at_least=10.0) == 10.0
    assert backoff.failed(11, at_least=0.0) == 0.4


def test_patience_ends() -> None:
    backoff = Backoff(first_s=5, patience_s=12, jitter=lambda: 0.0)
    assert backoff.failed(100) == 5
    assert backoff.failed(105) is None
    backoff.succeeded()
    assert backoff.failed(200) == 5


@given(st.floats(0, 0.999), st.integers(0, 200))
def test_jitter_takes_off_at_most_half(jitter: float, failures: int) -> None:
    backoff = Backoff(first_s=1, longest_s=60, jitter=lambda: jitter)
    wait = 0.0
    for at in range(failures + 1):
        found = backoff.failed(float(at))
        assert found is not None
        wait = found
    assert min(2**failures, 60) / 2 <= wait <= 60
