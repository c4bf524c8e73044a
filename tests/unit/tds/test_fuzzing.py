"""The fuzzer itself: what drivers sent is stood, and what is not stood is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.azuresql.tds.packet import PacketType
from sandbox.fuzzing import conversations, readers
from sandbox.fuzzing.assault import unforeseen
from sandbox.fuzzing.engine import AgreeingSession


def test_what_drivers_sent_is_read() -> None:
    for data in readers.seeds():
        readers.attack(data)


def test_conversations_of_drivers_are_held_to_their_end() -> None:
    for data in conversations.seeds():
        conversations.attack(data)
        conversations.attack(bytes([data[0] | 0x02]) + data[1:])


def test_a_defect_of_a_reader_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(readers.READERS, "packets", lambda message: 1 // len(message))
    with pytest.raises(ZeroDivisionError):
        readers.attack(readers.chosen("packets", b""))


def test_a_defect_behind_the_wire_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(self: AgreeingSession, savepoint: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(AgreeingSession, "reset", fails)
    reset = bytearray(conversations.scripted((PacketType.BATCH, b"\x04\0\0\0")))
    reset[2] |= 0x08
    with pytest.raises(ZeroDivisionError):
        conversations.attack(bytes(reset))


def test_each_unforeseen_failure_of_a_log_is_told_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    entry = "2026-01-02 03:04:05,678 ERROR it failed\nTraceback\nValueError: no\n"
    log.write_text(f"2026-01-02 03:04:05,678 INFO begins\n{entry}{entry}")
    assert unforeseen(log) == ["the server's log says: ERROR it failed\nTraceback\nValueError: no"]
