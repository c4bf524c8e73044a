"""The whole journey: a live database moves while its application keeps writing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

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
    assert gone(str(folder)), "the demo left processes behind"
    report: dict[str, Any] = json.loads((folder / ".sandbox/demo/report.json").read_text())
    return report


def gone(word: str, within_s: float = 10.0) -> bool:
    """No process has the word in its command line any more."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not any(word in " ".join(one.info["cmdline"] or []) for one in others()):
            return True
        time.sleep(0.2)
    return False


def others() -> list[psutil.Process]:
    return [one for one in psutil.process_iter(["cmdline"]) if one.pid != os.getpid()]


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
    running = subprocess.Popen([*DEMO, "--folder", str(tmp_path)], stderr=subprocess.PIPE)
    assert running.stderr is not None
    for line in running.stderr:
        if b"replicator run" in line:
            break
    time.sleep(3)
    processes = psutil.Process(running.pid).children(recursive=True)
    assert len(processes) > 6
    running.send_signal(signal.SIGINT)
    running.stderr.read()
    running.stderr.close()
    assert running.wait(60) == 130
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert not [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
