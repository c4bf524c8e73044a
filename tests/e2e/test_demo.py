"""The whole journey: a live database moves while its application keeps writing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.patience import PATIENCE_S, until

DEMO = [sys.executable, "-m", "replicator", "sandbox", "demo"]


def run_demo(folder: Path, rows: int, seconds: int, *arguments: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "DEMO_ROWS": str(rows),
        "DEMO_WRITES_PER_S": "150",
        "DEMO_SECONDS": str(seconds),
    }
    ended = subprocess.run(
        [*DEMO, "--folder", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=600,
        env=environment,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-6000:]
    until(lambda: not named(str(folder)), "the end of what the demo started")
    report: dict[str, Any] = json.loads((folder / ".sandbox/demo/report.json").read_text())
    return report


def named(word: str) -> list[psutil.Process]:
    """The processes that have the word in their command line."""
    others = [one for one in psutil.process_iter(["cmdline"]) if one.pid != os.getpid()]
    return [one for one in others if word in " ".join(one.info["cmdline"] or [])]


def check(report: dict[str, Any], rows: int) -> None:
    assert report["differences"] == 0
    assert report["tables"] == 11
    assert report["rows_loaded"] > rows * 0.8
    assert report["rows_compared"] >= rows * 0.8
    assert report["changes_applied"] == report["changes_captured"] > 500
    assert report["failed_requests"] == 0
    assert report["writes_in_time"] >= 0.95 * report["writes_asked"]
    assert report["ledger"]["missing"] == 0
    assert report["ledger"]["checked"] > 300
    assert report["downtime_ms"] > 0
    assert report["forecast_downtime_ms"] is None
    assert set(report["lag_ms"]) == {"p50", "p95", "p99"}
    assert {"capture", "load", "apply", "coordinate"} <= set(report["peak_rss_mib"])


def test_twenty_thousand_rows_move_under_writes(tmp_path: Path) -> None:
    check(run_demo(tmp_path, 20_000, 10), 20_000)


@pytest.mark.slow
def test_roles_killed_in_the_middle_lose_and_double_nothing(tmp_path: Path) -> None:
    report = run_demo(tmp_path, 200_000, 25, "--kill", "capture,apply,load")
    check(report, 200_000)
    assert sorted(report["killed"]) == ["apply", "capture", "load"]


@pytest.mark.slow
def test_an_interrupted_demo_leaves_nothing(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [*DEMO, "--folder", str(tmp_path)],
        stderr=subprocess.PIPE,
        env={**os.environ, "DEMO_ROWS": "20000", "DEMO_SECONDS": "600"},
    )
    assert running.stderr is not None
    for line in running.stderr:
        if b"replicator run" in line:
            break
    until(lambda: any("apply" in one.cmdline() for one in named(str(tmp_path))), "the roles")
    processes = psutil.Process(running.pid).children(recursive=True)
    assert len(processes) > 6
    running.send_signal(signal.SIGINT)
    running.stderr.read()
    running.stderr.close()
    assert running.wait(PATIENCE_S) == 130
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    assert not [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
