"""Waiting for the coordinator's answer to a request that was left in the target."""

from __future__ import annotations

import json
import time
from typing import Any

from model.errors import Blocked
from model.ports import State
from replicator.config.file import Config

_POLL_S = 0.1
_NOBODY_S = 15.0


def awaited(state: State, request: int, config: Config) -> dict[str, Any]:
    """The answer to a request. Raises Blocked when no coordinator is there to give one."""
    start = time.monotonic()
    while (answer := state.outcome(request)) is None:
        if time.monotonic() - start > _NOBODY_S and not _coordinated(state):
            state.answer(request, "withdrawn: no coordinator was running")
            raise Blocked(
                "no coordinator is running; the request was withdrawn",
                object=config.migration,
                hint="start `replicator run`, then ask again",
            )
        time.sleep(_POLL_S)  # the answer is a row: it is asked for until it is there
    try:
        outcome = json.loads(answer)
    except json.JSONDecodeError:
        return {"state": answer}
    return outcome if isinstance(outcome, dict) else {"state": answer}


def _coordinated(state: State) -> bool:
    ages = [each.age_s for each in state.statuses() if each.role.startswith("coordinate")]
    return min(ages, default=_NOBODY_S) < _NOBODY_S
