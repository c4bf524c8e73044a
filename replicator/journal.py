"""The journal as its writers see it: who did what, and what would undo it."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Sequence
from typing import Any, Final

from model.ports import State
from model.state import JournalEntry, Migration, MigrationState
from replicator import transitions

ENTER: Final = "enter"
"""The event of every transition; its phase is the state that is entered."""

SWITCH_DONE: Final = "switch done"
"""The event that says that the applications were flipped and the target is open."""

UNDONE: Final = "undone"
"""The event of an inverse that was carried out; `detail` names the entry that it undoes."""


def actor() -> str:
    """Who acts: the person and the host."""
    try:
        person = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        person = str(os.getuid())
    return f"{person}@{socket.gethostname()}"


class Journal:
    """Writes one migration's journal for one actor."""

    def __init__(self, state: State, actor: str) -> None:
        self._state = state
        self._actor = actor

    def entry(
        self, event: str, phase: str, detail: dict[str, Any] | None = None, inverse: str = ""
    ) -> JournalEntry:
        """An entry of this actor, not yet written."""
        return JournalEntry(event, phase, self._actor, detail or {}, inverse)

    def note(
        self, event: str, phase: str, detail: dict[str, Any] | None = None, inverse: str = ""
    ) -> int:
        """Write one entry; returns its sequence."""
        return self._state.journal(self.entry(event, phase, detail, inverse))

    def enter(
        self,
        migration: Migration,
        to: MigrationState,
        detail: dict[str, Any] | None = None,
        inverse: str = "",
    ) -> Migration:
        """Move the migration, with the journal's row in the same transaction.

        Raises IllegalTransition, Overtaken (someone else moved it: stop).
        """
        transitions.check(migration.state, to)
        return self._state.transition(migration, to, self.entry(ENTER, to, detail, inverse))


def attempt(entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """The entries of the latest cut-over attempt, from the one that entered preflight on."""
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        if entry.event == ENTER and entry.phase == MigrationState.PREFLIGHT:
            return list(entries[index:])
    return []


def to_undo(entries: Sequence[JournalEntry]) -> list[JournalEntry]:
    """What the latest attempt did and nobody has undone yet, the last deed first."""
    latest = attempt(entries)
    undone = {entry.detail.get("entry") for entry in latest if entry.event == UNDONE}
    return [entry for entry in reversed(latest) if entry.inverse and entry.sequence not in undone]
