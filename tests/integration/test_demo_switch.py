"""The switch hook's other end over real HTTP: freeze first and once, flip each time."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from model.errors import ReplicatorError, Retryable
from sandbox.demo.switch import SwitchDesk


class Ends:
    """A target and an application that write down what was asked of them."""

    def __init__(self, *, frozen_fails: bool = False) -> None:
        self.story: list[str] = []
        self._frozen_fails = frozen_fails

    @contextlib.contextmanager
    def frozen(self) -> Iterator[Any]:
        if self._frozen_fails:
            raise Retryable("the target did not answer")
        self.story.append("frozen")
        yield "the frozen target"
        self.story.append("released")

    def flip(self, id: str) -> None:
        self.story.append(f"flip {id}")


def call(desk: SwitchDesk, id: str) -> int:
    body = json.dumps({"event": "switch", "id": id, "migration": "social"}).encode()
    request = urllib.request.Request(desk.url, data=body)
    with urllib.request.urlopen(request, timeout=5) as answer:
        status: int = answer.status
        return status


def test_the_target_is_frozen_once_and_before_the_application_flips() -> None:
    ends = Ends()
    desk = SwitchDesk(ends, ends)
    assert call(desk, "a") == 200
    assert call(desk, "a") == 200
    assert ends.story == ["frozen", "flip a", "flip a"]
    assert desk.frozen == "the frozen target"  # type: ignore[comparison-overlap]  # a stand-in for it
    desk.close()
    assert ends.story[-1] == "released"


def test_a_target_that_cannot_be_frozen_keeps_the_application_where_it_is() -> None:
    ends = Ends(frozen_fails=True)
    desk = SwitchDesk(ends, ends)
    with pytest.raises(urllib.error.HTTPError) as raised:
        call(desk, "a")
    assert raised.value.code == 500
    assert b"did not answer" in raised.value.read()
    raised.value.close()
    assert ends.story == []
    with pytest.raises(ReplicatorError, match="never called"):
        _ = desk.frozen
    desk.close()
