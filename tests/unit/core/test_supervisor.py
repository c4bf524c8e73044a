"""Roles are started again with growing waits, stopped in order, and none is left behind."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicator.config.sections import RunOptions
from replicator.supervisor import Backoff, Supervisor
from tests.patience import until

QUICK = RunOptions(first_restart_after=0.01, longest_restart_after=0.05, drain=120, max_restarts=3)
WAITS = "import time; time.sleep(600)"


@given(st.lists(st.floats(min_value=0, max_value=59), min_size=1, max_size=30))
def test_waits_double_up_to_the_longest_and_then_end(lives: list[float]) -> None:
    options = RunOptions(max_restarts=10)
    backoff = Backoff(options)
    waits = [backoff.died(life) for life in lives]
    expected = [min(0.5 * 2**number, 30.0) for number in range(10)]
    assert [wait for wait in waits if wait is not None] == expected[: len(lives)]
    assert all(wait is None for wait in waits[10:])


def test_a_healthy_life_starts_over() -> None:
    backoff = Backoff(RunOptions())
    assert [backoff.died(1.0) for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]
    assert backoff.died(61.0) == 0.5
    assert backoff.restarts == 1


def _supervisor(
    programs: dict[str, str], options: RunOptions = QUICK, said: str = ""
) -> Supervisor:
    def command(role: str) -> Sequence[str]:
        return [sys.executable, "-c", programs[role]]

    return Supervisor(list(programs), command, options, time.monotonic, said)


async def test_the_coordinators_success_ends_the_run() -> None:
    programs = {"coordinate": "pass", "capture": WAITS, "apply": WAITS}
    assert await _supervisor(programs).run(asyncio.Event()) == 0


@pytest.mark.parametrize("code", [2, 3])
async def test_a_role_that_needs_a_person_ends_the_run_with_its_code(code: int) -> None:
    programs = {"coordinate": WAITS, "load": f"raise SystemExit({code})"}
    assert await _supervisor(programs).run(asyncio.Event()) == code


async def test_a_role_that_keeps_dying_ends_the_run(tmp_path: Path) -> None:
    births = tmp_path / "births"
    dies = f"open({str(births)!r}, 'a').write('x'); raise SystemExit(1)"
    assert await _supervisor({"coordinate": WAITS, "capture": dies}).run(asyncio.Event()) == 1
    assert births.read_text() == "x" * 4  # once, and max_restarts more


async def test_every_start_of_a_role_reads_what_the_first_one_did(tmp_path: Path) -> None:
    """✗ A role that was started again while somebody saved the configuration ended the run."""
    heard = tmp_path / "heard"
    dies_once = (
        "import sys\n"
        f"with open({str(heard)!r}, 'a') as heard: heard.write(sys.stdin.read())\n"
        f"sys.exit(0 if open({str(heard)!r}).read().count('migration') > 1 else 1)\n"
    )
    programs = {"coordinate": dies_once}
    supervisor = _supervisor(programs, said="migration: ${env:NAME}\n")
    assert await supervisor.run(asyncio.Event()) == 0
    assert heard.read_text() == "migration: ${env:NAME}\n" * 2


async def test_roles_are_stopped_in_order(tmp_path: Path) -> None:
    story = tmp_path / "story"

    def drains(name: str) -> str:
        say = f"open({str(story)!r}, 'a').write"
        return (
            "import signal, sys, time\n"
            f"def end(*_):\n    time.sleep(0.05); {say}({name!r} + ' '); sys.exit(0)\n"
            f"signal.signal(signal.SIGTERM, end)\n{say}('up ')\ntime.sleep(600)\n"
        )

    stop = asyncio.Event()
    roles = ("coordinate", "load", "capture", "apply")
    supervisor = _supervisor({role: drains(role) for role in roles})
    running = asyncio.create_task(supervisor.run(stop))
    await asyncio.to_thread(until, lambda: story.exists() and story.read_text().count("up") == 4)
    stop.set()
    assert await running == 0
    assert story.read_text() == "up " * 4 + "coordinate load capture apply "


async def test_a_role_that_does_not_drain_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    deaf = (
        "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"
    )
    stop = asyncio.Event()
    options = RunOptions(drain=0.1)
    running = asyncio.create_task(_supervisor({"capture": deaf}, options).run(stop))
    await asyncio.to_thread(until, lambda: mark.exists() and mark.read_text() != "")
    stop.set()
    await running
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
