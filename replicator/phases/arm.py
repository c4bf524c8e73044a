"""The operator's word is here: do what needs no fence, then set the deadline of all that does."""

from __future__ import annotations

from itertools import islice

from replicator.config.sections import FenceOptions
from replicator.cutover import Budget
from replicator.phases.backoff import waits
from replicator.phases.context import Context, Outcome, Phase


def run(context: Context) -> Outcome:
    """Update the target's statistics, then start the budget: the attempts to take the fence and
    the downtime itself.

    Statistics read large tables, so that they are no work for the time in which nobody may write.
    """
    targets = [table.target for table in context.tracked()]
    work = context.pool.submit(context.target.update_statistics, targets)
    while not work.done():
        context.breathe()
    work.result()
    options = context.config.cutover
    longest = longest_fencing(options.fence) + options.downtime_budget
    attempt = context.cutting_over()
    attempt.budget = Budget(longest)
    # The control topic is read up to its end now, so that the marker is found at once.
    context.find_marker("none", 0.0)
    return Outcome({"attempt": attempt.id, "longest_s": longest})


def longest_fencing(options: FenceOptions) -> float:
    """Seconds that all attempts and the waits between them may take."""
    between = islice(waits(options.first_wait, options.longest_wait), options.attempts - 1)
    return options.attempts * options.pause + sum(between)


PHASE = Phase(run)
