from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.core.journey import Journey


@pytest.fixture
def journey(
    source_database: str, target_database: str, kafka_bootstrap: str, tmp_path: Path
) -> Iterator[Journey]:
    """A migration of this test's own, not begun."""
    name = f"j_{secrets.token_hex(4)}"
    journey = Journey(source_database, target_database, kafka_bootstrap, name, tmp_path)
    yield journey
    journey.close()
