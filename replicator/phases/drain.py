"""Wait until the marker has passed in every partition."""

from __future__ import annotations

import time

from replicator.cutover import CutoverFailed, wait_for
from replicator.phases.context import Context, Outcome, Phase
from topics.control import passed, remaining


def run(context: Context) -> Outcome:
    """Done when every checkpoint in the target is at the marker's offsets or beyond."""
    attempt = context.cutting_over()
    if attempt.marker is None:
        raise CutoverFailed("there is no marker to drain to")
    # Capture may not know yet that a table was removed, and nobody applies what it names of it.
    topics = {table.topic for table in context.tracked()}
    offsets = {place: at for place, at in attempt.marker.offsets.items() if place[0] in topics}
    backlog = remaining(offsets, context.state.checkpoints())
    start = time.monotonic()

    def poll() -> bool | None:
        if stopped := context.quarantined():
            names = ", ".join(str(table.source) for table in stopped)
            raise CutoverFailed("a table was quarantined during the drain", object=names)
        checkpoints = context.state.checkpoints()
        context.reason = f"{remaining(offsets, checkpoints)} records before the marker"
        return True if passed(offsets, checkpoints) else None

    wait_for(attempt, "drain", poll, context.breathe)
    seconds = time.monotonic() - start
    return Outcome({"records": backlog, "ms": round(seconds * 1000, 1)})


PHASE = Phase(run)
