"""Which commands a process holds."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

_BUILD = """
import json, sys
from replicator.cli.app import build
groups = [group.name for group in build(json.loads(sys.argv[1])).registered_groups]
print(json.dumps([groups, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def _built(*arguments: str) -> tuple[list[str], set[str]]:
    """The groups of commands and the packages of a new process with these arguments."""
    command = [sys.executable, "-c", _BUILD, json.dumps(arguments)]
    groups, packages = json.loads(subprocess.check_output(command))
    return groups, set(packages)


def test_a_role_does_not_carry_the_sandbox() -> None:
    groups, packages = _built("capture", "--config", "replicator.yaml")
    assert "sandbox" not in groups
    assert not packages & {"sandbox", "sqlfluff", "cryptography"}


@pytest.mark.parametrize("arguments", [(), ("--help",), ("sandbox", "status")])
def test_the_sandbox_is_there_for_who_asks(arguments: tuple[str, ...]) -> None:
    groups, packages = _built(*arguments)
    assert "sandbox" in groups
    assert "sqlfluff" not in packages
