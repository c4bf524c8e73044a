"""Client programs in other languages: each runs named checks and prints one line for each."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

import pytest

_TIMEOUT_S = 300.0


def tool(name: str, package: str) -> str:
    """The path of a compiler. Skips the test, naming it, where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (on Debian: apt-get install {package})")
    return found


def run_check(command: Sequence[str], name: str) -> None:
    """Run one check of a program that prints `name`, a tab, and "ok" or what went wrong."""
    ran = subprocess.run(
        [*command, name], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    assert ran.stdout == f"{name}\tok\n", f"{ran.stdout}{ran.stderr}"
