"""Shut the applications out of the source, in the fence's own transaction, and prove it."""

from __future__ import annotations

from typing import Any

from model.errors import InDoubt
from model.state import JournalEntry
from replicator.cutover import CutoverFailed, grown, write_marker
from replicator.phases.context import Context, Outcome, Phase, names
from topics.control import passed


def prepare(context: Context) -> dict[str, Any]:
    """The statements that give the rights back: the journal has them before they are needed."""
    roles = context.config.cutover.source_roles
    return {
        "roles": list(roles),
        "statements": context.source.reopening(roles, names(context.tracked())),
    }


def run(context: Context) -> Outcome:
    """Revoke and commit; then nothing may have been written since the first marker.

    Only the commit of the very transaction that held the locks, and a closing marker behind it,
    prove that no writer came in between.
    """
    attempt = context.cutting_over()
    first = attempt.marker
    if attempt.fence is None or first is None:
        raise CutoverFailed("there is no fence to close behind")
    roles = context.config.cutover.source_roles
    try:
        attempt.fence.close_source(roles)
    except InDoubt as doubt:
        if not context.source.closed(roles, names(context.tracked())):
            raise CutoverFailed("the source did not close: its rights are unchanged") from doubt
    attempt.release()
    closing = write_marker(attempt, "close", context.source, context.find_marker, context.breathe)
    if written := grown(first.offsets, closing.offsets):
        raise CutoverFailed(
            f"writes came in after the marker: {', '.join(written)}",
            hint="the source is open again; find out who wrote while the fence stood",
        )
    if not passed(closing.offsets, context.state.checkpoints()):
        raise CutoverFailed("a partition has not passed the closing marker")
    return Outcome({"closing": closing.id, "position": closing.position.text})


def undo(context: Context, entry: JournalEntry) -> list[str]:
    """Give the rights back as they were."""
    statements = [str(statement) for statement in entry.detail.get("statements", [])]
    context.source.reopen(statements)
    return statements


PHASE = Phase(run, prepare=prepare, inverse="reopen the source", undo=undo)
