"""Make the target ready for writers: nothing more is applied, constraints hold, numbers go on."""

from __future__ import annotations

from model.catalog import TableName
from model.state import JournalEntry
from replicator.cutover import finished
from replicator.phases.context import Context, Outcome, Phase


def run(context: Context) -> Outcome:
    """Close the checkpoints (the row locks wait for batches in flight), then finalise."""
    attempt = context.cutting_over()
    context.state.close_checkpoints()
    sequences = _sequences(context)
    trust = context.config.cutover.trust_before_switch
    work = context.pool.submit(context.target.finalise, _targets(context), sequences, trust)
    lines = finished(attempt, "finalise", work, context.breathe)
    return Outcome({"objects": lines})


def undo(context: Context, _: JournalEntry) -> list[str]:
    """Constraints off again; the checkpoints are reopened last, when all else is as it was."""
    lines = context.target.unfinalise(_targets(context))
    context.state.reopen_checkpoints()
    return [*lines, "checkpoints are open"]


def _targets(context: Context) -> list[TableName]:
    return [table.target for table in context.tracked()]


def _sequences(context: Context) -> dict[str, int]:
    """Last values, read behind the fence, by the target's names of sequences and identities."""
    settings = context.config.target
    numbered = context.cutting_over().numbered
    values = {}
    for name, last in context.source.sequences().items():
        values[f"{settings.target_schema(name.schema)}.{name.name}"] = last
        if name in numbered:
            values[numbered[name]] = last
    return values


PHASE = Phase(run, inverse="unfinalise", undo=undo)
