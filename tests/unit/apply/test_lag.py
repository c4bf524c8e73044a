"""Lag is what was measured, and unknown when nothing was."""

from __future__ import annotations

from model.position import Position
from replicator.apply.lag import LagTracker, quantiles
from topics.control import Marker
from topics.writer import Place

A, B = ("a", 0), ("b", 0)


def _beat(at_ms: int, offsets: dict[Place, int]) -> Marker:
    return Marker(
        f"heartbeat:{at_ms}", Position(f"{at_ms:08}/0"), at_ms, at_ms - 1, at_ms + 10, at_ms + 30,
        offsets,
    )  # fmt: skip


def test_unknown_until_a_heartbeat_has_passed() -> None:
    lag = LagTracker(1.0)
    lag.heard(_beat(1000, {A: 5}), 1040)
    assert lag.now(1050) is None
    assert lag.report(1050) == dict.fromkeys(
        ("total", "source_to_capture", "capture_to_kafka", "kafka_to_applied")
    )
    lag.applied({A: 5}, 1100)
    assert lag.now(1200) == 200
    report = lag.report(1200)
    assert report["total"] == {"now": 200.0, "p50": 100.0, "p95": 100.0, "p99": 100.0}
    assert report["source_to_capture"] == {"now": 10.0, "p50": 10.0, "p95": 10.0, "p99": 10.0}
    assert report["capture_to_kafka"] == {"now": 20.0, "p50": 20.0, "p95": 20.0, "p99": 20.0}
    assert report["kafka_to_applied"] == {"now": 70.0, "p50": 70.0, "p95": 70.0, "p99": 70.0}


def test_unknown_when_no_heartbeat_has_come_for_three_intervals() -> None:
    lag = LagTracker(1.0)
    lag.heard(_beat(1000, {}), 1040)
    assert lag.now(4040) == 3040
    assert lag.now(4041) is None, "it is not 0, and not what it was"


def test_lag_grows_while_heartbeats_come_and_do_not_pass() -> None:
    lag = LagTracker(1.0)
    lag.heard(_beat(1000, {A: 5}), 1040)
    lag.applied({A: 5}, 1050)
    for at in range(2000, 9000, 1000):
        lag.heard(_beat(at, {A: at}), at + 40)
    assert lag.now(9000) == 8000


def test_heartbeats_pass_in_order() -> None:
    lag = LagTracker(1.0)
    lag.heard(_beat(1000, {A: 5}), 1040)
    lag.heard(_beat(2000, {B: 1}), 2040)
    lag.applied({B: 1}, 2050)
    assert lag.now(2100) is None, "what the first one stands for is not applied"
    lag.applied({A: 6}, 2200)
    assert lag.now(2300) == 300


def test_partitions_that_nobody_applies_do_not_hold_the_lag_of_the_others() -> None:
    lag = LagTracker(1.0)
    lag.ignore([B])
    lag.heard(_beat(1000, {A: 5, B: 9}), 1040)
    lag.applied({A: 5}, 1050)
    assert lag.now(1100) == 100


def test_quantiles_are_values_that_were_measured() -> None:
    assert quantiles(range(101)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert quantiles([7]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0}


def test_lag_of_changes() -> None:
    lag = LagTracker(1.0)
    assert lag.change_lag() is None
    lag.changes([10, 20, 30])
    assert lag.change_lag() == {"p50": 20.0, "p95": 30.0, "p99": 30.0}
