"""A short fuzz of the stand-in; `make soak` does it for ten minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.fuzzing import guided
from sandbox.fuzzing.assault import assault

pytestmark = pytest.mark.slow


def test_attackers_on_the_sockets_disturb_nobody() -> None:
    stood = assault(1, attacks=30)
    assert stood.good, str(stood)
    assert stood.attacks == 30


@pytest.mark.skipif(not guided.available(), reason="atheris is not installed")
@pytest.mark.parametrize(("target", "runs"), [("readers", 5_000), ("conversations", 200)])
def test_nothing_fails_that_coverage_leads_to(tmp_path: Path, target: str, runs: int) -> None:
    outcome = guided.fuzz(target, tmp_path, 1, f"-runs={runs}")
    assert outcome.good, str(outcome)
