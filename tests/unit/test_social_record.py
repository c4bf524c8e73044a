"""Downtime and failures, as the application's own record tells them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sandbox.social.record import Kind, Request, Window, downtime, percentile, summarise
from sandbox.social.sessions import Side


def write(
    side: Side, due: float, ended: float, error: str = "", sent: float | None = None
) -> Request:
    return Request(Kind.WRITE, side, due, due if sent is None else sent, ended, error)


def test_downtime_runs_from_the_last_source_write_to_the_first_target_write() -> None:
    requests = [
        write(Side.SOURCE, 1.0, 1.1),
        write(Side.SOURCE, 2.0, 2.5),
        write(Side.SOURCE, 3.0, 3.4, "42501"),
        write(Side.TARGET, 3.0, 3.6, "229"),
        write(Side.TARGET, 3.0, 4.0),
        write(Side.TARGET, 3.5, 4.1),
        Request(Kind.READ, Side.TARGET, 2.6, 2.6, 2.7),
    ]
    assert downtime(requests) == Window(2.5, 4.0)


def test_there_is_no_downtime_before_both_sides_took_a_write() -> None:
    assert downtime([write(Side.SOURCE, 1.0, 1.1), write(Side.TARGET, 2.0, 2.1, "229")]) is None


def test_failures_count_by_whether_they_were_under_way_in_the_downtime() -> None:
    requests = [
        write(Side.SOURCE, 0.5, 0.6, "57P01"),
        write(Side.SOURCE, 1.0, 2.0),
        write(Side.SOURCE, 1.5, 2.2, "42501", sent=1.9),
        write(Side.TARGET, 2.0, 2.4, "229", sent=2.3),
        write(Side.TARGET, 2.0, 3.0, sent=2.9),
        write(Side.TARGET, 4.0, 4.1, "1205"),
    ]
    summary = summarise(requests, [0.5, 1.0, 1.5, 2.5, 4.0], 15.0)
    assert summary.failed_during_downtime == 2
    assert summary.failed_requests == 2
    assert summary.failures == {"source write 57P01": 1, "target write 1205": 1}
    assert summary.downtime_ms == 1000.0
    assert summary.seconds_after_switch == 12.0


def test_the_open_loop_counts_what_was_due_outside_the_downtime() -> None:
    requests = [
        write(Side.SOURCE, 1.0, 1.2),
        write(Side.TARGET, 1.5, 2.0, sent=1.9),
        write(Side.TARGET, 3.0, 3.1),
    ]
    summary = summarise(requests, [1.0, 1.5, 3.0, 3.5], 4.0)
    assert (summary.writes_by_workload, summary.writes_asked, summary.writes_in_time) == (3, 3, 2)
    assert summary.latency_ms == {
        "source": {"p50": 200.0, "p95": 200.0, "p99": 200.0},
        "target": {"p50": 100.0, "p95": 100.0, "p99": 100.0},
    }


@given(st.lists(st.floats(0, 1e6), min_size=1), st.integers(1, 100))
def test_a_percentile_is_one_of_the_values(values: list[float], rank: int) -> None:
    ordered = sorted(values)
    found = percentile(ordered, rank)
    assert found is not None
    assert found in [round(value, 2) for value in ordered]
    assert sum(1 for value in ordered if round(value, 2) <= found) >= len(ordered) * rank / 100


def test_a_percentile_of_nothing_is_unknown() -> None:
    assert percentile([], 99) is None
