"""Keep up, until an operator asks for the cut-over."""

from __future__ import annotations

from model.state import Request
from replicator.phases.context import Context, Outcome, Phase
from replicator.phases.decisions import serve, standing


def run(context: Context) -> Outcome:
    """Wait for a request to cut over; requests that fit no state are answered at once."""
    while True:
        others = serve(context)
        context.reason = standing(context.tracked())
        for request in others:
            if request.kind == "cutover":
                return Outcome({"request": request.id, "asked_by": request.actor})
            _refuse(context, request)
        context.pause(0.25)


def _refuse(context: Context, request: Request) -> None:
    if request.kind == "abort":
        context.state.answer(request.id, "nothing to abort: no cut-over is under way")
    else:
        context.state.answer(request.id, f"no such request in this state: {request.kind}")


PHASE = Phase(run)
