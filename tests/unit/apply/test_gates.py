"""A table becomes consistent by a marker at or above its `high`, and by nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.position import Position
from model.state import TableState
from replicator.apply.gates import Gates
from tests.memory_target import Memory, MemoryTarget
from tests.streams import USERS, table, tracked
from topics.control import Marker
from topics.writer import Place

HIGH = Position("05/00000000")
TOPIC = "t.public.users"
ENDS: dict[Place, int] = {(TOPIC, 0): 3, (TOPIC, 1): 0}


class Setup:
    """An open table of two partitions, the second one idle; three records wait in the first."""

    def __init__(self) -> None:
        self.memory = Memory()
        self.memory.track(tracked(table(), 2, TableState.OPEN, HIGH))
        self.gates = Gates(MemoryTarget(self.memory), "m")  # type: ignore[arg-type]

    def hears(self, position: str, offsets: dict[Place, int], *, full: bool = True) -> None:
        self.gates.heard(Marker("heartbeat:1", Position(position), 1, 1, 1, 1, offsets, full))

    def applied(self, offset: int) -> None:
        place = (TOPIC, 0)
        found = self.memory.checkpoints[place]
        self.memory.checkpoints[place] = replace(found, next_offset=offset)

    def state(self) -> TableState:
        self.gates.poll()
        return self.memory.tracked[USERS].state


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_a_marker_below_high_proves_nothing(setup: Setup) -> None:
    """✗ Everything that came is applied, and the rows still know of changes that have not come."""
    setup.applied(3)
    setup.hears("04/00000000", ENDS)
    assert setup.state() is TableState.OPEN
    setup.hears("05/00000000", ENDS)
    assert setup.state() is TableState.CONSISTENT


def test_a_marker_has_passed_only_in_all_partitions(setup: Setup) -> None:
    setup.hears("06/00000000", ENDS)
    setup.applied(2)
    assert setup.state() is TableState.OPEN
    setup.applied(3)
    assert setup.state() is TableState.CONSISTENT


def test_the_first_marker_above_high_counts_however_far_later_ones_run_ahead(setup: Setup) -> None:
    """✗ Compared with the newest marker, a table that is written all the time never gets there."""
    setup.hears("06/00000000", ENDS)
    assert setup.state() is TableState.OPEN
    setup.hears("07/00000000", {(TOPIC, 0): 9, (TOPIC, 1): 4})
    setup.applied(3)
    assert setup.state() is TableState.CONSISTENT


def test_a_marker_that_names_only_what_grew_is_not_enough_alone(setup: Setup) -> None:
    """✗ A partition that it leaves out would count as passed."""
    setup.hears("06/00000000", {(TOPIC, 1): 0}, full=False)
    assert setup.state() is TableState.OPEN
    setup.hears("07/00000000", ENDS)
    assert setup.state() is TableState.OPEN
    setup.applied(3)
    assert setup.state() is TableState.CONSISTENT


def test_a_topic_that_was_made_anew_ends_lower(setup: Setup) -> None:
    """✗ With the greatest end ever heard, the table waits for records of the deleted topic."""
    setup.hears("02/00000000", {(TOPIC, 0): 90, (TOPIC, 1): 70})
    setup.hears("06/00000000", ENDS)
    setup.hears("01/00000000", {(TOPIC, 0): 95, (TOPIC, 1): 75})
    setup.applied(3)
    assert setup.state() is TableState.CONSISTENT


@pytest.mark.parametrize("state", [TableState.LOADING, TableState.LOADED, TableState.QUARANTINED])
def test_a_table_that_is_not_open_stays_as_it_is(setup: Setup, state: TableState) -> None:
    setup.memory.set_state(USERS, state)
    setup.applied(3)
    setup.hears("06/00000000", ENDS)
    assert setup.state() is state
    assert setup.gates.unread() == set(ENDS)


def test_partitions_of_a_removed_table_are_applied_by_nobody(setup: Setup) -> None:
    """✗ A heartbeat that names them never passes, and the lag stays unknown for ever."""
    setup.hears("06/00000000", {**ENDS, ("t.public.gone", 0): 7})
    setup.gates.poll()
    assert setup.gates.unread() == {("t.public.gone", 0)}
