"""`docs/traps.md` names tests that exist, so that the page cannot go stale."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _lines() -> list[list[str]]:
    """The cells of each line of the page's one table, without its head."""
    page = (_ROOT / "docs" / "traps.md").read_text()
    table = [line for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((_ROOT / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


@pytest.mark.parametrize("cells", _lines(), ids=lambda cells: cells[0])
def test_every_trap_has_a_test_that_exists(cells: list[str]) -> None:
    trap, harm, tests = cells
    assert trap
    assert harm.endswith(".")
    named = _NAMED.findall(tests)
    assert named
    assert len(named) == tests.count("::"), "each as `path::name`"
    for path, name in named:
        assert name.startswith("test_")
        assert name in _tests_of(path), f"{path} has no {name}"


def test_every_trap_is_told_once() -> None:
    traps = [trap for trap, _, _ in _lines()]
    assert len(traps) == len(set(traps)) > 50
