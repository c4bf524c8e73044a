"""A migration's memory without a database: compare-and-set, journal and requests, as promised."""

from __future__ import annotations

from dataclasses import replace

from model.errors import Overtaken
from model.position import SourceIdentity
from model.state import JournalEntry, Migration, MigrationState, Request


class MemoryState:
    """The part of `model.ports.State` that the coordinator itself uses."""

    def __init__(self, name: str = "m") -> None:
        self._name = name
        self._row: Migration | None = None
        self._entries: list[JournalEntry] = []
        self._requests: dict[int, Request] = {}
        self.answers: dict[int, str] = {}

    def create(self, identity: SourceIdentity, entry: JournalEntry) -> Migration:
        if self._row is None:
            self._row = Migration(self._name, MigrationState.CREATED, 1, str(identity))
            self.journal(entry)
        return self._row

    def migration(self) -> Migration | None:
        return self._row

    def transition(self, expected: Migration, to: MigrationState, entry: JournalEntry) -> Migration:
        row = self._row
        if row is None or (row.state, row.epoch) != (expected.state, expected.epoch):
            raise Overtaken("someone else moved the migration")
        self._row = replace(row, state=to, epoch=row.epoch + 1)
        self.journal(entry)
        return self._row

    def journal(self, entry: JournalEntry) -> int:
        self._entries.append(replace(entry, sequence=len(self._entries) + 1))
        return len(self._entries)

    def entries(self, after: int = 0) -> list[JournalEntry]:
        return self._entries[after:]

    def ask(self, kind: str, actor: str, detail: dict[str, object]) -> int:
        number = len(self._requests) + 1
        self._requests[number] = Request(number, kind, actor, detail)
        return number

    def requests(self) -> list[Request]:
        return [each for each in self._requests.values() if each.id not in self.answers]

    def answer(self, request: int, outcome: str) -> None:
        self.answers[request] = outcome
