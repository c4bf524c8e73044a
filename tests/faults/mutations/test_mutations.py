"""The tests of the promises, tested: each is seen to fail on a build that breaks its promise."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.faults.mutations.broken import MUTATIONS, Mutation
from tests.faults.mutations.stories import SEEN
from tests.servers import AzureSqlAddress, PostgresAddress

_ROOT: Final = Path(__file__).parents[3]
_ROOMS: Final = ("connectors", "model", "monitoring", "replicator", "sandbox", "tests", "topics")
_TESTS_FAILED: Final = 1
"""pytest's exit code; 2 and above would say that the tests did not run."""


@pytest.fixture(scope="session")
def servers(
    postgres: PostgresAddress, kafka_bootstrap: str, azuresql: AzureSqlAddress
) -> dict[str, str]:
    """The variables that make the tests of a broken build use the servers of this run."""
    return {
        "SOURCE_TEST_DSN": postgres.dsn(),
        "KAFKA_BOOTSTRAP": kafka_bootstrap,
        "AZURESQL_TEST_DSN": azuresql.dsn(),
    }


@pytest.mark.parametrize("mutation", MUTATIONS + SEEN, ids=lambda each: each.promise)
def test_a_mutation_fits_the_code(mutation: Mutation) -> None:
    """Code that moves on takes its mutation along."""
    assert (_ROOT / mutation.path).read_text().count(mutation.old) == 1
    path, _, name = mutation.test.partition("::")
    assert f"def {name.partition('[')[0]}" in (_ROOT / path).read_text()


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.promise)
def test_a_broken_build_is_caught(
    mutation: Mutation, servers: dict[str, str], tmp_path: Path
) -> None:
    _caught(mutation, tmp_path, servers)


@pytest.mark.slow
@pytest.mark.parametrize("mutation", SEEN, ids=lambda each: each.promise)
def test_the_model_sees_a_broken_build(mutation: Mutation, tmp_path: Path) -> None:
    _caught(mutation, tmp_path, {"MODEL_UNSHRUNK": "1"})


def _caught(mutation: Mutation, build: Path, environment: dict[str, str]) -> None:
    for room in _ROOMS:
        shutil.copytree(_ROOT / room, build / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(_ROOT / "pyproject.toml", build)
    broken = build / mutation.path
    broken.write_text(broken.read_text().replace(mutation.old, mutation.new))

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-m", "slow or not slow", mutation.test],
        cwd=build,
        env={**os.environ, **environment, "PYTHONPATH": str(build)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert run.returncode == _TESTS_FAILED, run.stdout[-3000:] + run.stderr[-3000:]
    assert "1 failed" in run.stdout, run.stdout[-3000:]
