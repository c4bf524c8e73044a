"""Memory does not grow with the rows that are compared."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest


def _compare(rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.integration.validation.million", str(rows)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("rows", [700_000, pytest.param(3_000_000, marks=pytest.mark.slow)])
def test_many_rows_are_compared_in_400_mib(rows: int) -> None:
    found = _compare(rows)
    assert found["rows"] == rows
    assert found["differences"] == 1
    assert found["named"][0].startswith("public.t (id='654321'): f is ")
    assert found["peak_rss_mib"] < 400
