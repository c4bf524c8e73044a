"""A lease's holder that was killed is seen to be gone; nobody else ever is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replicator.holder import gone, ours
from tests.patience import until

_HOLDER = "from replicator.holder import ours; print(ours(), flush=True); input()"


@contextmanager
def _another() -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", _HOLDER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


def test_who_runs_is_not_gone() -> None:
    assert not gone(ours())
    with _another() as (_, holder):
        assert not gone(holder)


def test_who_was_killed_is_gone_even_before_its_parent_knows() -> None:
    with _another() as (process, holder):
        process.kill()
        until(lambda: gone(holder), "its end")  # nobody has reaped it
        process.wait()
        assert gone(holder)


def test_the_same_number_of_another_process_is_not_the_holder() -> None:
    host, number, boot, namespace, start = ours().split(":")
    assert gone(":".join((host, number, boot, namespace, str(int(start) - 1))))


@pytest.mark.parametrize("part", [0, 2, 3])
def test_nothing_is_known_of_another_host_boot_or_container(part: int) -> None:
    words = ours().split(":")
    words[1], words[part] = str(2**22 + 1), "another"
    assert not gone(":".join(words))


@given(st.text() | st.text().map(lambda text: ours().replace(":", f":{text}", 1)))
def test_what_is_no_holder_of_ours_is_never_gone(holder: str) -> None:
    words = holder.split(":")
    assert not gone(holder) or words[1].isdecimal()
