"""A child ends with its parent, however that one ends; signals drain first, then force."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from replicator.cli.signals import draining
from tests.patience import PATIENCE_S, until

_CHILD = "import os, sys, time; from replicator.processes import die_with_parent; "
_SPEAKS = "die_with_parent(int(sys.argv[1])); print(os.getpid(), flush=True); time.sleep(600)"


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _until_gone(pid: int) -> None:
    until(lambda: not _alive(pid), f"the end of {pid}")


def test_a_child_dies_with_a_parent_that_was_killed() -> None:
    child = _CHILD + _SPEAKS
    parent = (
        "import os, subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}, str(os.getpid())])\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert _alive(pid)
        process.kill()
    _until_gone(pid)


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    code = _CHILD + "die_with_parent(1); print('still here')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert ended.stdout == b""


class Force:
    """Takes note of the exit code instead of ending the test's process."""

    def __init__(self) -> None:
        self.codes: list[int] = []
        self.came = asyncio.Event()

    def __call__(self, code: int) -> None:
        self.codes.append(code)
        self.came.set()


async def test_the_first_signal_drains_and_the_second_forces() -> None:
    force, stop = Force(), asyncio.Event()
    with draining(stop, 60.0, force) as received:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), PATIENCE_S)
        assert (received, force.codes) == ([signal.SIGTERM], [])
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(force.came.wait(), PATIENCE_S)
    assert force.codes == [130]


async def test_who_does_not_drain_in_time_is_forced() -> None:
    force, stop = Force(), asyncio.Event()
    with draining(stop, 0.0, force):
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(force.came.wait(), PATIENCE_S)
    assert force.codes == [143]
