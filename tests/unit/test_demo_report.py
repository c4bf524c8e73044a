"""The demo's report: its keys, and what makes the demo fail."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.demo.report import Moved, make_report, shortfalls

SUMMARY = {
    "writes_by_workload": 1_000,
    "writes_asked": 980,
    "writes_in_time": 975,
    "reads_by_workload": 200,
    "failed_requests": 0,
    "failed_during_downtime": 12,
    "failures": {},
    "failure_words": {},
    "downtime_ms": 812.3,
    "seconds_after_switch": 14.0,
    "latency_ms": {
        "source": {"p50": 1.0, "p95": 2.0, "p99": 3.0},
        "target": {"p50": 4.0, "p95": 5.0, "p99": 6.0},
    },
}
LEDGER = {"checked": 900, "missing": 0, "examples": []}


def report(*, differences: int = 0, rows: int = 5_000, **changed: Any) -> dict[str, Any]:
    ledger = {name: changed.pop(name) for name in ("checked", "missing") if name in changed}
    return make_report(
        Moved(4_000, 31_000.0, 1_100, 1_100, 8_500.0, 11),
        differences=differences,
        lag_ms={"p50": 40.0, "p95": 80.0, "p99": 120.0, "now": 30.0},
        application={"summary": {**SUMMARY, **changed}, "ledger": {**LEDGER, **ledger}},
        peak_rss_mib={"load": 210.456, "apply": 150.0},
        rows_compared=rows,
        killed=["apply"],
    )


def test_the_report_has_what_an_operator_reads() -> None:
    said = report()
    assert {
        "rows_loaded": 4_000,
        "load_rows_per_s": 31_000.0,
        "changes_captured": 1_100,
        "changes_applied": 1_100,
        "apply_changes_per_s": 8_500.0,
        "lag_ms": {"p50": 40.0, "p95": 80.0, "p99": 120.0},
        "tables": 11,
        "differences": 0,
        "writes_by_workload": 1_000,
        "failed_requests": 0,
        "downtime_ms": 812.3,
        "forecast_downtime_ms": None,
        "peak_rss_mib": {"apply": 150.0, "load": 210.5},
    }.items() <= said.items()
    assert shortfalls(said) == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"differences": 3}, "3 differences between source and target"),
        ({"rows": 0}, "no row was compared"),
        ({"checked": 0}, "the ledger is empty"),
        ({"missing": 2}, "2 acknowledged writes were not found"),
        ({"failed_requests": 4}, "4 requests failed outside the downtime"),
        ({"downtime_ms": None}, "the application wrote to one of the two databases only"),
        ({"writes_in_time": 930}, "the open loop reached 930 of 980 writes"),
        ({"seconds_after_switch": 9.9}, "the application went on for 9.9 s only"),
    ],
)
def test_each_shortfall_is_told(changed: dict[str, Any], told: str) -> None:
    assert shortfalls(report(**changed)) == [told]
