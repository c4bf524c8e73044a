"""What the demo keeps of the statuses that it sees."""

from __future__ import annotations

from sandbox.demo.observed import Observed


def status(state: str, pid: int, peak: float, p99: float | None = None) -> dict[str, object]:
    return {
        "state": state,
        "rows": {"loaded": 500, "estimate": 1_000, "percent": 50.0},
        "quarantined": [],
        "lag_ms": {"total": {"now": 900.0, "p50": 900.0, "p95": 900.0, "p99": 900.0}},
        "roles": {
            "apply": {
                "pid": pid,
                "peak_rss_mib": peak,
                "changes_per_s": peak * 10,
                "changes_lag_ms": None if p99 is None else {"p50": 1.0, "p95": 2.0, "p99": p99},
            }
        },
    }


def test_nothing_is_known_before_the_first_status() -> None:
    seen = Observed()
    assert seen.state is None
    assert seen.percent_loaded is None
    assert seen.lag_ms == {}
    assert seen.process("apply") is None
    assert seen.greatest_rate("apply.changes_per_s") is None


def test_peaks_outlive_the_process_that_reached_them() -> None:
    seen = Observed()
    seen.take(status("loading", 11, 180.0))
    seen.take(status("loading", 12, 90.0))
    assert seen.peak_rss_mib == {"apply": 180.0}
    assert seen.greatest_rate("apply.changes_per_s") == 1800.0
    assert seen.process("apply") == 12
    assert seen.percent_loaded == 50.0


def test_lag_is_that_of_the_live_sync() -> None:
    seen = Observed()
    seen.take(status("catching-up", 11, 1.0, p99=90_000.0))
    assert seen.lag_ms == {}
    seen.take(status("in-sync", 11, 1.0, p99=120.0))
    seen.take(status("drain", 11, 1.0, p99=3_000.0))
    assert seen.lag_ms["p99"] == 120.0


def test_unknown_figures_change_nothing() -> None:
    seen = Observed()
    seen.take({"state": None, "roles": None, "rows": None, "lag_ms": None})
    seen.take({"state": "loading", "roles": {"load": {"peak_rss_mib": None, "pid": 4}}})
    assert seen.peak_rss_mib == {}
    assert seen.process("load") == 4


def test_it_is_calm_after_three_low_lags_in_a_row() -> None:
    seen = Observed()
    told = []
    for now in (500.0, 900.0, 4_000.0, 900.0, 1_200.0, 1_700.0, None):
        seen.take({"state": "in-sync", "lag_ms": {"total": {"now": now}}})
        told.append(seen.calm)
    assert told == [False, False, False, False, False, True, False]
