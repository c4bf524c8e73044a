"""The switch hook: an address or a command, tried until it agrees, never for ever."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from model.errors import Blocked
from replicator.config.sections import SwitchHook
from replicator.phases.switch import call_hook
from tests.patience import PATIENCE_S

EVENT = {"event": "switch", "id": "5f0c", "migration": "social"}


class Desk:
    """A receiver on a free port; refuses as often as it is told."""

    def __init__(self) -> None:
        self.refusals = 0
        self.events: list[Any] = []
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.events.append(json.loads(body))
                desk.refusals -= 1
                self.send_response(503 if desk.refusals >= 0 else 204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing on standard error."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/flip"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()


def _no_wait(waited: list[float]) -> Any:
    return waited.append


def test_an_address_gets_the_event(desk: Desk) -> None:
    call_hook(SwitchHook(url=desk.url), EVENT, _no_wait([]))
    assert desk.events == [EVENT]


def test_a_refusal_is_tried_again_with_the_same_id(desk: Desk) -> None:
    desk.refusals = 2
    waited: list[float] = []
    call_hook(SwitchHook(url=desk.url), EVENT, _no_wait(waited))
    assert [event["id"] for event in desk.events] == ["5f0c"] * 3
    assert waited == [0.2, 0.4]


def test_who_never_agrees_blocks(desk: Desk) -> None:
    desk.refusals = 9
    with pytest.raises(Blocked, match="failed 3 times: it answered 503"):
        call_hook(SwitchHook(url=desk.url, attempts=3), EVENT, _no_wait([]))


def test_an_address_where_nobody_is_blocks() -> None:
    gone = Desk()
    gone.close()
    hook = SwitchHook(url=gone.url, attempts=2, timeout=1.0)
    with pytest.raises(Blocked, match="failed 2 times"):
        call_hook(hook, EVENT, _no_wait([]))


def test_a_command_reads_the_event(tmp_path: Path) -> None:
    kept = tmp_path / "event"
    program = f"import sys; open({str(kept)!r}, 'w').write(sys.stdin.read())"
    call_hook(SwitchHook(command=[sys.executable, "-c", program]), EVENT, _no_wait([]))
    assert json.loads(kept.read_text()) == EVENT


@pytest.mark.parametrize(
    ("command", "timeout", "why"),
    [
        ([sys.executable, "-c", "raise SystemExit(4)"], PATIENCE_S, "it ended with 4"),
        ([sys.executable, "-c", "import time; time.sleep(600)"], 0.3, "did not end within 0.3 s"),
        (["/nowhere/flip"], PATIENCE_S, "No such file"),
    ],
)
def test_a_command_that_fails_blocks(command: list[str], timeout: float, why: str) -> None:
    hook = SwitchHook(command=command, timeout=timeout, attempts=1)
    with pytest.raises(Blocked, match=why):
        call_hook(hook, EVENT, _no_wait([]))
