"""The state machine's walk: enter a state, do its phase, decide the next one; undo what fails."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, Final

from model.errors import Blocked, ReplicatorError
from model.state import JournalEntry, Migration, MigrationState
from replicator import journal, transitions
from replicator.cutover import Attempt, Budget
from replicator.phases import (
    arm,
    close,
    deploy,
    drain,
    fence,
    finalise,
    in_sync,
    load,
    mark,
    preflight,
    switch,
    sync,
    verify,
)
from replicator.phases.context import Context, Outcome, Phase, Stopped

S = MigrationState

PHASES: Final[Mapping[MigrationState, Phase]] = {
    S.CREATED: deploy.PHASE,
    S.ASSESSED: deploy.PHASE,
    S.DEPLOYED: Phase(lambda _: Outcome()),
    S.LOADING: load.PHASE,
    S.CATCHING_UP: sync.PHASE,
    S.IN_SYNC: in_sync.PHASE,
    S.PREFLIGHT: preflight.PHASE,
    S.ARM: arm.PHASE,
    S.FENCE: fence.PHASE,
    S.MARK: mark.PHASE,
    S.DRAIN: drain.PHASE,
    S.VERIFY: verify.PHASE,
    S.FINALISE: finalise.PHASE,
    S.CLOSE: close.PHASE,
    S.SWITCHED: switch.PHASE,
}
"""What each state does. Where it leads stands in `transitions.FORWARD`."""

_log = logging.getLogger("replicator.coordinate")


class Coordinator:
    """Walks one migration as far as it goes by itself, then as operators ask.

    Holds the lease already. Whoever else moves the migration wins: a lost compare-and-set raises
    Overtaken out of `run`.
    """

    def __init__(self, context: Context, phases: Mapping[MigrationState, Phase] = PHASES) -> None:
        self._context = context
        self._journal = context.journal
        self._phases = phases
        self._inverses = {
            phase.inverse: phase.undo for phase in phases.values() if phase.undo is not None
        }

    def run(self) -> None:
        """Return when the migration is switched. Raises Stopped, and what a person must see.

        A step that fails before the switch is undone, not raised.
        """
        try:
            migration = self._recovered(self._begun())
            while migration.state not in (S.SWITCHED, S.FALLBACK_READY, S.FINISHED):
                migration = self._step(migration)
            if migration.state is S.SWITCHED:
                self._switch()
        finally:
            if self._context.attempt is not None:
                self._context.attempt.release()

    def deploy(self) -> int:
        """Only the first stage, for `replicator deploy`; returns how many batches ran.

        Once the migration has been deployed, it does nothing.
        """
        migration = self._begun()
        if migration.state not in (S.CREATED, S.ASSESSED):
            return 0
        outcome = self._performed(migration.state)
        self._entered(migration, S.DEPLOYED, outcome)
        return int(outcome.detail["batches"])

    def _begun(self) -> Migration:
        """The migration's row, made when there is none."""
        entry = self._journal.entry(journal.ENTER, S.CREATED)
        return self._context.state.create(self._context.source.identity(), entry)

    def _recovered(self, migration: Migration) -> Migration:
        """Undo what a coordinator that crashed in a cut-over left behind."""
        if migration.state not in transitions.TRANSIENT:
            return migration
        return self._undone(migration, "the coordinator was lost in the middle of the cut-over")

    def _step(self, migration: Migration) -> Migration:
        """One phase and the transition after it; or the way back, when it fails on the way out."""
        before = migration.state
        try:
            outcome = self._performed(before)
            return self._entered(migration, transitions.FORWARD[before], outcome)
        except ReplicatorError as error:
            current = self._context.state.migration()
            ours = current is not None and current.epoch == migration.epoch
            if before not in transitions.TRANSIENT or not ours:
                raise
            _log.warning("cut-over fails", extra={"fields": {"step": before, "why": str(error)}})
            back = self._undone(migration, str(error), blocked=isinstance(error, Blocked))
            if isinstance(error, Stopped):
                raise
            return back

    def _performed(self, state: MigrationState) -> Outcome:
        self._context.reason = ""
        self._context.metrics.set_phase(state)
        phase = self._phases[state]
        if state is S.IN_SYNC or self._context.attempt is None:
            return phase.run(self._context)
        with self._context.attempt.timed(state):
            return phase.run(self._context)

    def _entered(self, migration: Migration, to: MigrationState, outcome: Outcome) -> Migration:
        """The next state, with its inverse in the journal before anything of it is done."""
        phase = self._phases.get(to)
        detail = dict(outcome.detail)
        if to is S.PREFLIGHT:
            options = self._context.config.cutover
            self._context.attempt = Attempt(
                Budget(options.stable_for + 60.0), request=detail.get("request")
            )
        if self._context.attempt is not None:
            detail["attempt"] = self._context.attempt.id
        if phase is not None and phase.prepare is not None:
            detail |= phase.prepare(self._context)
        entered = self._journal.enter(migration, to, detail, phase.inverse if phase else "")
        _log.info("enters", extra={"fields": {"state": to, "epoch": entered.epoch}})
        return entered

    def _undone(self, migration: Migration, reason: str, *, blocked: bool = False) -> Migration:
        """Undo in reverse what the journal says was done; the fence first, to free the source.

        The transition comes before any inverse: nobody can go forward while somebody undoes.
        """
        context = self._context
        attempt, context.attempt = context.attempt, None
        if attempt is not None:
            attempt.release()
        context.reason = reason
        migration = self._journal.enter(migration, S.ABORTING, {"reason": reason})
        did = []
        for entry in journal.to_undo(context.state.entries()):
            did += self._inverted(entry)
        migration = self._journal.enter(migration, S.IN_SYNC, {"reason": reason, "undone": did})
        self._answer_attempt({"state": "blocked" if blocked else "aborted", "reason": reason})
        return migration

    def _inverted(self, entry: JournalEntry) -> list[str]:
        undo = self._inverses.get(entry.inverse)
        if undo is None:
            raise Blocked(
                f"the journal names an inverse that this version does not know: {entry.inverse}",
                hint="use the version of the replicator that began this cut-over",
            )
        lines = undo(self._context, entry)
        self._journal.note(journal.UNDONE, entry.phase, {"entry": entry.sequence, "lines": lines})
        return [entry.inverse, *lines]

    def _switch(self) -> None:
        """Only forward from here."""
        self._context.metrics.set_phase(S.SWITCHED)
        phase = self._phases[S.SWITCHED]
        outcome = phase.run(self._context)
        self._context.attempt = None
        self._answer_attempt({"state": "switched", **outcome.detail})
        if phase.after is not None:
            phase.after(self._context)

    def _answer_attempt(self, answer: dict[str, Any]) -> None:
        """Tell who asked for the latest attempt how it ended."""
        state = self._context.state
        latest = journal.attempt(state.entries())
        asked = latest[0].detail.get("request") if latest else None
        for request in state.requests():
            if request.id == asked or request.kind == "abort":
                state.answer(request.id, json.dumps(answer))
