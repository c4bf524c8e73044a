"""A plain connection beside the disturbed ones, as the target's own tests have it."""

from __future__ import annotations

from tests.integration.azuresql.conftest import sql

__all__ = ["sql"]
