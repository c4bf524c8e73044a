"""The state machine is a table, and the table has the properties that the design promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import IllegalTransition
from model.state import MigrationState as S
from replicator import transitions
from replicator.coordinator import PHASES
from replicator.transitions import FORWARD, LEGAL, STEPS, TRANSIENT

states = st.sampled_from(sorted(S))


@given(states, states)
def test_exactly_the_transitions_of_the_table_are_legal(before: S, after: S) -> None:
    if after in LEGAL[before]:
        transitions.check(before, after)
    else:
        with pytest.raises(IllegalTransition, match=f"{before} cannot become {after}"):
            transitions.check(before, after)


def test_every_state_has_a_line() -> None:
    assert set(LEGAL) == set(S)


@given(states)
def test_going_forward_is_legal(state: S) -> None:
    if state in FORWARD:
        assert FORWARD[state] in LEGAL[state]


@pytest.mark.parametrize("step", STEPS)
def test_every_step_before_the_switch_can_be_undone(step: S) -> None:
    assert S.ABORTING in LEGAL[step]
    assert S.IN_SYNC in LEGAL[S.ABORTING]


@given(st.data())
def test_nothing_comes_back_from_beyond_the_point_of_no_return(data: st.DataObject) -> None:
    state = S.SWITCHED
    for _ in range(20):
        if not LEGAL[state]:
            break
        state = data.draw(st.sampled_from(sorted(LEGAL[state])))
        assert state in (S.FALLBACK_READY, S.FINISHED)


def test_the_point_of_no_return_is_one_transition() -> None:
    into = [(before, S.SWITCHED) for before in S if S.SWITCHED in LEGAL[before]]
    assert into == [transitions.POINT_OF_NO_RETURN]


def test_only_running_coordinators_are_in_transient_states() -> None:
    assert {*STEPS, S.ABORTING} == TRANSIENT


def test_every_state_on_the_way_has_a_phase() -> None:
    assert set(PHASES) == {*FORWARD, S.SWITCHED} - {S.ABORTING}


def test_what_acts_durably_has_an_inverse() -> None:
    assert {state for state, phase in PHASES.items() if phase.undo} == {S.FINALISE, S.CLOSE}
