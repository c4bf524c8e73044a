"""The workload's process, seen from the demo."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from model.errors import ReplicatorError
from sandbox.children import LOOPBACK, Announcement, Child

_START_S: Final = 60.0
_ANSWER_S: Final = 10.0
_FINISH_S: Final = 120.0


class Application:
    """The social network, running as `python -m sandbox.social`."""

    def __init__(
        self, *, source: str, target: str, writes_per_s: float, seed: int, log: Path
    ) -> None:
        self._child = Child(
            "social network",
            [
                *(sys.executable, "-m", "sandbox.social"),
                *("--writes-per-s", str(writes_per_s)),
                *("--reads-per-s", str(max(5.0, writes_per_s / 5))),
                *("--seed", str(seed)),
            ],
            log=log,
            environment={"SOCIAL_SOURCE_DSN": source, "SOCIAL_TARGET_DSN": target},
            stdout=subprocess.PIPE,
        )
        try:
            announcement = Announcement(self._child.process.stdout)
            self._child.wait_until(announcement.complete, _START_S)
            self._port = int(announcement.content()["port"])
        except BaseException:
            self._child.stop()
            raise

    def counters(self) -> dict[str, Any]:
        """Requests acknowledged and refused so far. Raises ReplicatorError when a client broke."""
        counters = self._ask("/status", None, _ANSWER_S)
        if counters["crashed"]:
            raise self._child.failure(f"a client broke: {counters['crashed'][0]}")
        return counters

    def flip(self, id: str) -> None:
        """Make it use the target. Idempotent."""
        self._ask("/flip", {"id": id}, _ANSWER_S)

    def finish(self) -> dict[str, Any]:
        """End it; its summary and what its ledger found."""
        return self._ask("/finish", {}, _FINISH_S)

    def stop(self) -> None:
        self._child.stop()

    def _ask(self, path: str, body: dict[str, Any] | None, timeout_s: float) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://{LOOPBACK}:{self._port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                content: dict[str, Any] = json.load(answer)
                return content
        except urllib.error.HTTPError as error:
            raise ReplicatorError(error.read().decode(), object="social network") from error
        except OSError as error:
            raise self._child.failure(f"does not answer {path}: {error}") from error
