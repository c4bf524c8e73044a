"""Signals end a process of the sandbox through its `with` blocks, so that nothing stays behind."""

from __future__ import annotations

import signal

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_on_signals() -> None:
    """Turn the first ending signal into SystemExit with the usual code (128 + its number)."""

    def end(number: int, frame: object) -> None:
        # A second one must not interrupt the cleaning up that the first one began.
        for one in _ENDING:
            signal.signal(one, signal.SIG_IGN)
        raise SystemExit(128 + number)

    for one in _ENDING:
        signal.signal(one, end)
