"""Tables that the log carries no more stop, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.ports import State
from model.position import Position
from model.state import TableState
from replicator.capture.leaving import stop_uncarried
from replicator.dropped import DROPPED, REMOVED, removal
from tests.memory_target import Memory, MemoryTarget
from tests.streams import USERS, boundary, table, tracked

OF = tracked(table(), 2, TableState.CONSISTENT, Position())


@pytest.fixture
def memory() -> Memory:
    found = Memory()
    found.track(OF)
    return found


def looked(memory: Memory, *, carried: bool = False, at: int = 5) -> bool:
    """One look of a capture that read the tables before; whether the table was stopped."""
    state: State = MemoryTarget(memory).state("m")  # type: ignore[assignment]
    before = state.tables()
    names = {USERS} if carried else set()
    stop_uncarried(state, before, names, boundary(at))
    return memory.tracked[USERS].state is TableState.QUARANTINED


def test_a_table_that_is_not_carried_stops_for_good(memory: Memory) -> None:
    assert not looked(memory, carried=True)
    assert looked(memory)
    assert "public.users" in memory.documents[DROPPED]
    memory.set_state(USERS, TableState.CONSISTENT)
    assert not looked(memory), "it was said once"


def test_tables_that_join_or_leave_or_begin_anew_do_not_stop(memory: Memory) -> None:
    memory.set_state(USERS, TableState.JOINING)
    assert not looked(memory)
    later = replace(OF, since=Position(f"{boundary(7)}/00000000"))
    memory.tracked[USERS] = later
    assert not looked(memory, at=6)
    assert looked(memory, at=7)
    memory.tracked[USERS] = OF
    memory.documents = {REMOVED: {"public.users": removal(OF)}}
    assert not looked(memory)


def test_a_table_that_joins_while_the_source_answers_does_not_stop(memory: Memory) -> None:
    """✗ Read after the answer, it counts as one that is carried, and the answer is older."""
    memory.set_state(USERS, TableState.JOINING)
    state: State = MemoryTarget(memory).state("m")  # type: ignore[assignment]
    before = state.tables()
    memory.set_state(USERS, TableState.PENDING)
    stop_uncarried(state, before, set(), boundary(5))
    assert memory.tracked[USERS].state is TableState.PENDING
    assert DROPPED not in memory.documents
