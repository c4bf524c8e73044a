"""Lock the source's tables, so that no writer is open and none can begin."""

from __future__ import annotations

from itertools import islice
from typing import Final

from model.ports import Fence
from replicator.cutover import Attempt, CutoverFailed, now_ms
from replicator.phases.backoff import waits
from replicator.phases.context import Context, Outcome, Phase, names

_CANARY_S: Final = 0.05
"""How long the canary waits for the lock that it must not get: it is part of the downtime."""


def run(context: Context) -> Outcome:
    """Take all locks in attempts with growing waits between them; then a canary must be blocked.

    From the moment the locks are held, the downtime budget runs.
    """
    attempt = context.cutting_over()
    options = context.config.cutover
    tables = names(context.tracked())
    attempt.fence = fence = context.source.fence(tables, attempt.budget.remaining)
    tries = _taken(context, attempt, fence)
    attempt.held_ms = now_ms()
    attempt.budget.narrow(options.downtime_budget)
    for role in options.source_roles:
        if not context.source.write_blocked(role, tables[0], _CANARY_S):
            raise CutoverFailed(
                f"the role {role} can still write behind the fence", object=str(tables[0])
            )
    return Outcome({"attempts": tries, "held_ms": attempt.held_ms})


def _taken(context: Context, attempt: Attempt, fence: Fence) -> int:
    """How many attempts it took."""
    options = context.config.cutover.fence
    between = waits(options.first_wait, options.longest_wait)
    for tries, wait in enumerate(islice(between, options.attempts), start=1):
        attempt.budget.check("fence")
        if fence.attempt(options.pause):
            return tries
        context.reason = f"attempt {tries} of {options.attempts}: a writer holds a table"
        if tries < options.attempts:
            context.breathe(wait)
    raise CutoverFailed(
        f"the tables could not be locked in {options.attempts} attempts",
        hint="look for long transactions at the source, or raise cutover.fence.pause",
    )


PHASE = Phase(run)
