"""How long to wait between attempts."""

from __future__ import annotations

from collections.abc import Iterator


def waits(first: float, longest: float) -> Iterator[float]:
    """Seconds before each further attempt: doubling from `first`, never above `longest`."""
    wait = first
    while True:
        yield min(wait, longest)
        wait = min(wait * 2, longest)
