"""Clients that nobody here wrote, each with the same scenarios."""

import pytest

pytest.register_assert_rewrite("tests.contract.clients.scenarios")
