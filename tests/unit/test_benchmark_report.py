"""The form of a benchmark's report."""

from __future__ import annotations

import json

import pytest

from benchmarks.harness import Report


def test_report_has_the_documented_form() -> None:
    report = Report("load")
    report.add("load.rows_per_s", 31_234.56, "rows/s", at_least=25_000, note="8 columns")
    report.add("load.ratio_to_raw", 0.61234, "ratio")
    said = json.loads(json.dumps(report.as_json()))
    assert set(said) == {"benchmark", "machine", "figures"}
    assert said["benchmark"] == "load"
    assert said["machine"]["cpus"] >= 1
    assert said["figures"]["load.rows_per_s"] == {
        "value": 31_235.0,
        "unit": "rows/s",
        "target": 25_000,
        "met": True,
        "note": "8 columns",
    }
    assert said["figures"]["load.ratio_to_raw"]["value"] == 0.6123
    assert said["figures"]["load.ratio_to_raw"]["met"] is None


@pytest.mark.parametrize(("value", "met"), [(499.9, True), (500.0, False)])
def test_a_bound_is_met_below_it(value: float, met: bool) -> None:
    report = Report("latency")
    report.add("latency.p99_ms", value, "ms", below=500)
    assert report.figures["latency.p99_ms"].met is met


def test_a_figure_is_reported_once() -> None:
    report = Report("load")
    report.add("load.rows", 1, "rows")
    with pytest.raises(ValueError, match="already reported"):
        report.add("load.rows", 2, "rows")
