"""The pages that name tests name such that exist, so that they cannot go stale."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from tests.faults.mutations.broken import MUTATIONS

_ROOT: Final = Path(__file__).parents[2]
_NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _lines(page: str) -> list[list[str]]:
    """The cells of each line of the page's tables, without their heads."""
    lines = (_ROOT / "docs" / page).read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [line for line in cells if _NAMED.search(line[-1])]


_TRAPS: Final = _lines("traps.md")
_GUARANTEES: Final = _lines("guarantees.md")


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((_ROOT / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


@pytest.mark.parametrize("cells", _TRAPS + _GUARANTEES, ids=lambda cells: cells[0])
def test_every_line_names_tests_that_exist(cells: list[str]) -> None:
    what, why, tests = cells
    assert what
    assert why.endswith(".")
    named = _NAMED.findall(tests)
    assert len(named) == tests.count("::"), "each as `path::name`"
    for path, name in named:
        assert name.startswith("test_")
        assert name in _tests_of(path), f"{path} has no {name}"


@pytest.mark.parametrize(("page", "lines"), [("traps.md", 60), ("guarantees.md", 20)])
def test_every_line_is_told_once(page: str, lines: int) -> None:
    """No line of a page's tables is without a test, and none stands there twice."""
    told = [line[0] for line in _lines(page)]
    assert len(told) == len(set(told)) >= lines
    table = [line for line in (_ROOT / "docs" / page).read_text().splitlines() if line[:1] == "|"]
    heads = [line for line in table if line.startswith("| ---")]
    assert len(table) - 2 * len(heads) == len(told)


def test_what_is_marked_as_broken_on_purpose_is() -> None:
    """A ✓ stands where one of the line's tests is seen to fail on a broken build."""
    seen = {mutation.test.partition("[")[0] for mutation in MUTATIONS}
    for promise, _, tests in _GUARANTEES:
        named = {f"{path}::{name}" for path, name in _NAMED.findall(tests)}
        assert promise.endswith("✓") == bool(named & seen), promise
