"""What must be undone is what the latest attempt did and nobody has undone, last deed first."""

from __future__ import annotations

from model.state import JournalEntry
from replicator import journal


def _entries(*lines: tuple[str, str, str, dict[str, object]]) -> list[JournalEntry]:
    return [
        JournalEntry(event, phase, "me@here", dict(detail), inverse, sequence=number)
        for number, (event, phase, inverse, detail) in enumerate(lines, start=1)
    ]


def test_deeds_are_undone_in_reverse() -> None:
    entries = _entries(
        ("enter", "preflight", "", {}),
        ("enter", "finalise", "unfinalise", {}),
        ("enter", "close", "reopen the source", {"statements": ["GRANT"]}),
        ("enter", "aborting", "", {}),
    )
    assert [entry.inverse for entry in journal.to_undo(entries)] == [
        "reopen the source",
        "unfinalise",
    ]


def test_what_was_undone_before_a_crash_is_not_undone_again() -> None:
    entries = _entries(
        ("enter", "preflight", "", {}),
        ("enter", "finalise", "unfinalise", {}),
        ("enter", "close", "reopen the source", {}),
        ("undone", "close", "", {"entry": 3}),
    )
    assert [entry.phase for entry in journal.to_undo(entries)] == ["finalise"]


def test_an_earlier_attempt_is_no_concern() -> None:
    entries = _entries(
        ("enter", "preflight", "", {}),
        ("enter", "finalise", "unfinalise", {}),
        ("enter", "in-sync", "", {}),
        ("enter", "preflight", "", {}),
        ("enter", "arm", "", {}),
    )
    assert journal.to_undo(entries) == []


def test_without_an_attempt_there_is_nothing_to_undo() -> None:
    assert journal.to_undo(_entries(("deny", "deployed", "allow writes", {}))) == []
