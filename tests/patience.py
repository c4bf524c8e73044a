"""How long a test waits for what must come: on the slowest machine, under the worst neighbours.

It costs nothing when all goes well. A test never sleeps in the hope that something has happened
meanwhile; it waits for the state itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_S = 120.0


def until(holds: Callable[[], bool], what: str | Callable[[], object] = "it") -> None:
    """Return once `holds` is true. Fails after `PATIENCE_S`, naming `what` did not come.

    `what` may be asked for at the end, to show the last state that was seen.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            missed = what() if callable(what) else what
            raise AssertionError(f"did not come within {PATIENCE_S:g} s: {missed}")
        time.sleep(0.01)
