"""The budget only shrinks, a dead fence is noticed, and growth between markers is named."""

from __future__ import annotations

from concurrent.futures import Future
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicator.config.sections import FenceOptions
from replicator.cutover import Attempt, Budget, CutoverFailed, finished, grown, wait_for
from replicator.phases.arm import longest_fencing
from replicator.phases.backoff import waits


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_a_second(self) -> None:
        self.now += 1


class DyingFence:
    """A fence whose session ends after some looks at it."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.released = 0

    def attempt(self, pause_s: float) -> bool:
        return True

    def alive(self) -> bool:
        self.looks -= 1
        return self.looks >= 0

    def close_source(self, roles: object) -> list[str]:
        return []

    def release(self) -> None:
        self.released += 1


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 50)), max_size=10))
def test_a_budget_never_grows(steps: list[tuple[float, float]]) -> None:
    clock = Clock()
    budget = Budget(30, clock)
    for passed, narrowed in steps:
        before = budget.remaining
        clock.now += passed
        budget.narrow(narrowed)
        assert budget.remaining <= max(0.0, before - passed) + 1e-9
        assert budget.remaining <= narrowed + 1e-9


def test_a_budget_that_ran_out_names_the_step() -> None:
    clock = Clock()
    budget = Budget(10, clock)
    budget.check("drain")
    clock.now += 10
    with pytest.raises(CutoverFailed, match="ran out during drain"):
        budget.check("drain")


def test_waiting_ends_with_the_budget() -> None:
    clock = Clock()
    attempt = Attempt(Budget(1, clock))

    def pause() -> None:
        clock.now += 0.3

    with pytest.raises(CutoverFailed, match="during mark"):
        wait_for(attempt, "mark", lambda: None, pause)


def test_a_fence_that_dies_while_we_wait_is_noticed() -> None:
    clock = Clock()
    attempt = Attempt(Budget(10, clock), fence=DyingFence(3))
    with pytest.raises(CutoverFailed, match="holds the fence has ended"):
        wait_for(attempt, "drain", lambda: None, clock.pass_a_second)


def test_work_on_another_thread_is_watched_too() -> None:
    done: Future[int] = Future()
    clock = Clock()
    attempt = Attempt(Budget(10, clock), fence=DyingFence(2))
    assert finished(attempt, "verify", done, lambda: done.set_result(5)) == 5
    with pytest.raises(CutoverFailed, match="holds the fence has ended"):
        finished(attempt, "verify", Future(), clock.pass_a_second)


def test_releasing_is_idempotent() -> None:
    fence = DyingFence(0)
    attempt = Attempt(Budget(10, Clock()), fence=fence)
    attempt.release()
    attempt.release()
    assert fence.released == 1


def test_growth_between_markers_is_named() -> None:
    first = {("t.a", 0): 5, ("t.a", 1): 7}
    assert grown(first, dict(first)) == []
    assert grown(first, {("t.a", 0): 5, ("t.a", 1): 9, ("t.b", 0): 1}) == [
        "t.a[1] by 2",
        "t.b[0] by 1",
    ]


@given(st.floats(0.01, 5), st.floats(0.01, 60))
def test_waits_double_and_are_bounded(first: float, longest: float) -> None:
    found = list(islice(waits(first, longest), 12))
    assert all(wait <= longest for wait in found)
    assert found == sorted(found)
    assert found[0] == min(first, longest)


def test_all_attempts_to_fence_fit_into_the_armed_budget() -> None:
    options = FenceOptions(pause=0.5, attempts=4, first_wait=0.2, longest_wait=0.5)
    assert longest_fencing(options) == pytest.approx(4 * 0.5 + 0.2 + 0.4 + 0.5)
