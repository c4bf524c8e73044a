"""Ending sessions: one that ends by itself first is no error, decided by its number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import pytest

from connectors.azuresql import sessions
from connectors.azuresql.connection import Link
from connectors.azuresql.errors import numbered
from model.errors import ReplicatorError


class Race:
    """A link whose server finds session 51 once, and answers its KILL with an error."""

    def __init__(self, error: ReplicatorError) -> None:
        self._error = error
        self._found = [[(51,)], []]

    def rows(self, sql: str, parameters: Sequence[Any] = (), *, object: str = "") -> list[Any]:
        if sql == sessions.FIND:
            return self._found.pop(0)
        assert sql == "/* replicator:end-bulk */ KILL 51"
        raise self._error


def test_a_session_that_ended_in_between_is_gone() -> None:
    gone = numbered(6106, "Process ID 51 is not an active process ID.")
    assert sessions.end(cast(Link, Race(gone)), "replicator:m:") == 1


def test_another_refusal_is_told_whatever_its_words_quote() -> None:
    refused = numbered(6104, "Cannot use KILL to kill your own process [6106].")
    with pytest.raises(ReplicatorError) as raised:
        sessions.end(cast(Link, Race(refused)), "replicator:m:")
    assert raised.value.number == 6104
