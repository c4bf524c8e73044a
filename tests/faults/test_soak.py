"""Six seeds of the soak; `make soak SEEDS=a-b` runs others (docs/soak.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.soak.course import run_seed
from sandbox.soak.plan import planned
from sandbox.soak.stage import Stage

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Servers of our own: faults strike them as a whole, so that nobody else may use them."""
    with Stage() as stage:
        yield stage


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_migration_under_faults_loses_and_doubles_nothing(
    stage: Stage, tmp_path: Path, seed: int
) -> None:
    result = run_seed(seed, planned(seed), stage, tmp_path, print)
    assert result.wrong == []
    assert result.differences == 0
    assert result.rows > 15_000
    assert result.changes > 1_000
