"""The demo's report and what must hold in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

REACHED: Final = 0.95
"""The share of the asked writes that the open loop must reach outside the downtime."""

AFTER_SWITCH_S: Final = 10.0
"""How long the application must go on at the target."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What the migration itself did: rows, records of the data topics, and their rates."""

    rows_loaded: int
    load_rows_per_s: float | None
    changes_captured: int
    changes_applied: int
    apply_changes_per_s: float | None
    tables: int


def make_report(
    moved: Moved,
    *,
    differences: int,
    lag_ms: Mapping[str, float],
    application: Mapping[str, Any],
    peak_rss_mib: Mapping[str, float],
    rows_compared: int,
    killed: Sequence[str],
) -> dict[str, Any]:
    """The object of `.sandbox/demo/report.json`.

    `application` is what the workload answered when it finished (`sandbox.social.record.Summary`
    and the ledger's verdict). `failed_requests` counts those outside the downtime.
    """
    summary, ledger = application["summary"], application["ledger"]
    return {
        "rows_loaded": moved.rows_loaded,
        "load_rows_per_s": moved.load_rows_per_s,
        "changes_captured": moved.changes_captured,
        "changes_applied": moved.changes_applied,
        "apply_changes_per_s": moved.apply_changes_per_s,
        "lag_ms": {rank: lag_ms.get(rank) for rank in ("p50", "p95", "p99")},
        "tables": moved.tables,
        "differences": differences,
        "writes_by_workload": summary["writes_by_workload"],
        "failed_requests": summary["failed_requests"],
        "downtime_ms": summary["downtime_ms"],
        "forecast_downtime_ms": None,
        "peak_rss_mib": {role: round(peak, 1) for role, peak in sorted(peak_rss_mib.items())},
        "rows_compared": rows_compared,
        "writes_asked": summary["writes_asked"],
        "writes_in_time": summary["writes_in_time"],
        "reads_by_workload": summary["reads_by_workload"],
        "failed_requests_during_downtime": summary["failed_during_downtime"],
        "failures": summary["failures"],
        "failure_words": summary["failure_words"],
        "write_latency_ms": summary["latency_ms"],
        "seconds_after_switch": summary["seconds_after_switch"],
        "ledger": ledger,
        "killed": list(killed),
    }


def shortfalls(report: Mapping[str, Any]) -> list[str]:
    """What does not hold, in words; empty when the demo succeeded."""
    found = []
    if report["differences"] != 0:
        found.append(f"{report['differences']} differences between source and target")
    if report["rows_compared"] == 0:
        found.append("no row was compared")
    if report["changes_captured"] == 0:
        found.append("no change was captured")
    if report["ledger"]["checked"] == 0:
        found.append("the ledger is empty")
    if report["ledger"]["missing"] != 0:
        found.append(f"{report['ledger']['missing']} acknowledged writes were not found")
    if report["failed_requests"] != 0:
        found.append(f"{report['failed_requests']} requests failed outside the downtime")
    if report["downtime_ms"] is None:
        found.append("the application wrote to one of the two databases only")
    if report["writes_in_time"] < REACHED * report["writes_asked"]:
        found.append(
            f"the open loop reached {report['writes_in_time']} of {report['writes_asked']} writes"
        )
    if report["seconds_after_switch"] < AFTER_SWITCH_S:
        found.append(f"the application went on for {report['seconds_after_switch']} s only")
    return found
