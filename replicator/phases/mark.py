"""Write the marker that will prove what the target has."""

from __future__ import annotations

from replicator.cutover import write_marker
from replicator.phases.context import Context, Outcome, Phase


def run(context: Context) -> Outcome:
    """Done when capture has met the marker: every write that the source accepted is before it."""
    attempt = context.cutting_over()
    attempt.marker = write_marker(
        attempt, "mark", context.source, context.find_marker, context.breathe
    )
    return Outcome({"marker": attempt.marker.id, "position": attempt.marker.position.text})


PHASE = Phase(run)
