"""`replicator run` as an operator starts it: everything comes up, comes back, and goes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.core.journey import Journey
from tests.patience import PATIENCE_S

LASTING = {"capture", "apply", "coordinate"}
ROLES = {"load", *LASTING}


@contextmanager
def running(journey: Journey) -> Iterator[subprocess.Popen[bytes]]:
    """`replicator run` in the background, with a configuration of its own and its log beside it."""
    own = journey.folder / "run.yaml"
    own.write_text(journey.file.read_text())
    with (journey.folder / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "replicator", "run", "-c", str(own)],
            stderr=log,
            env={**os.environ, **journey.environ},
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def status(journey: Journey) -> dict[str, Any]:
    ended = journey.replicator("status", "--format", "json")
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def until(
    journey: Journey, run: subprocess.Popen[bytes], holds: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The first status for which `holds`; a run that ended before shows its log at once."""
    deadline = time.monotonic() + 2 * PATIENCE_S
    while not holds(found := status(journey)):
        log = (journey.folder / "run.log").read_text()
        assert run.poll() is None, f"the run ended: {found}\n{log}"
        assert time.monotonic() < deadline, f"{found}\n{log}"
    return found


def in_sync(found: dict[str, Any]) -> bool:
    """It is, its lag is known, and every process that goes on has said what it is."""
    return (
        found["state"] == "in-sync"
        and found["lag_ms"]["total"] is not None
        and all("metrics_port" in found["roles"].get(role, {}) for role in LASTING)
    )


def children(parent: int) -> set[int]:
    """Every process below `parent`."""
    below: dict[int, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
            except FileNotFoundError:
                continue
            below.setdefault(int(fields[1]), set()).add(int(entry.name))
    found, new = set(), {parent}
    while new:
        new = set().union(*(below.get(pid, set()) for pid in new))
        found |= new
    return found


def gone(pids: set[int]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while any(_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_whole_way_by_commands(journey: Journey) -> None:
    journey.people()
    with running(journey) as run:
        found = until(journey, run, in_sync)
        assert found["rows"] == {"loaded": 1500, "estimate": 1500, "percent": 100.0}
        assert set(found["roles"]) == ROLES
        for role in LASTING:
            assert found["roles"][role]["peak_rss_mib"] < 400
            assert found["roles"][role]["metrics_port"] > 0
        journey.sql("UPDATE people SET name = 'renamed' WHERE id = 7")
        ended = journey.replicator("cutover", "--confirm", journey.name, "--format", "json")
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout)["downtime_ms"] > 0
        assert run.wait(PATIENCE_S) == 0
    assert journey.target("SELECT name FROM dbo.people WHERE id = 7") == [("renamed",)]
    assert status(journey)["cutover"]["downtime_ms"] > 0
    again = journey.replicator("cutover", "--confirm", journey.name)
    assert again.returncode == 0
    assert "switched" in again.stdout
    assert journey.replicator("validate").returncode == 0
    story = json.loads(journey.replicator("journal", "--format", "json").stdout)
    assert [entry["phase"] for entry in story if entry["event"] == "enter"][-1] == "switched"
    topics = json.loads(journey.replicator("topics", "lag", "--format", "json").stdout)
    assert {each["lag"] for each in topics} == {0}
    with running(journey) as run:
        assert run.wait(PATIENCE_S) == 0


@pytest.mark.slow
def test_what_dies_comes_back_and_nothing_stays(journey: Journey) -> None:
    journey.more["capture"] = {"lease": "3s"}
    journey.more["run"] = {"lease": "3s"}
    journey.people()
    with running(journey) as run:
        found = until(journey, run, in_sync)
        # ✗ Somebody is just saving it: the roles that come back go on with what the run has read.
        (journey.folder / "run.yaml").write_text("migration: [half sav")
        dead = {found["roles"][role]["pid"] for role in LASTING}
        for pid in dead:
            os.kill(pid, signal.SIGKILL)
        journey.sql("UPDATE people SET name = 'while they were away' WHERE id = 7")
        until(
            journey,
            run,
            lambda s: in_sync(s) and not {s["roles"][r].get("pid") for r in ROLES} & dead,
        )
        below = children(run.pid)
        run.send_signal(signal.SIGTERM)
        assert run.wait(PATIENCE_S) == 143
        assert gone(below)


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_behind(journey: Journey) -> None:
    journey.people(2000)
    with running(journey) as run:
        until(journey, run, lambda s: s["state"] is not None)
        below = children(run.pid)
        assert len(below) >= 4
        run.kill()
        assert gone(below)


@pytest.mark.slow
def test_all_roles_in_one_process(journey: Journey) -> None:
    journey.people(50)
    process = subprocess.Popen(
        [sys.executable, "-m", "replicator", "run", "--in-process", "-c", str(journey.file)],
        stderr=subprocess.DEVNULL,
        env={**os.environ, **journey.environ},
    )
    (journey.folder / "run.log").touch()
    try:
        until(journey, process, in_sync)
        process.terminate()
        assert process.wait(PATIENCE_S) == 143
    finally:
        process.kill()
        process.wait()


def test_status_is_watched_as_lines_of_json(journey: Journey) -> None:
    journey.people(1)
    command = [sys.executable, "-m", "replicator", "status", "--watch", "--format", "json"]
    with subprocess.Popen(
        [*command, "-c", str(journey.file)],
        stdout=subprocess.PIPE,
        env={**os.environ, **journey.environ},
    ) as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.terminate()
        assert process.wait(PATIENCE_S) == 143
    assert lines == [{"migration": journey.name, "state": None}] * 2
