"""Whatever fails, and whenever the coordinator dies: everything is undone, or nothing is.

The phases here only note what they do to a world of three facts, so that hundreds of histories can
be tried; the real phases are tested against real servers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import Blocked, Overtaken
from model.position import SourceIdentity
from model.state import JournalEntry, MigrationState
from monitoring.metrics import Metrics
from replicator.coordinator import Coordinator
from replicator.cutover import CutoverFailed
from replicator.journal import Journal
from replicator.phases.context import Context, Outcome, Phase, Stopped
from replicator.transitions import FORWARD, STEPS
from tests.unit.core.memory import MemoryState

S = MigrationState


class Killed(BaseException):
    """The process is gone: nothing of ours runs after it."""


@dataclass
class World:
    """What the applications and the target feel."""

    source_closed: bool = False
    checkpoints_closed: bool = False
    flipped: int = 0
    undone: list[str] = field(default_factory=list)
    trouble: dict[MigrationState, BaseException] = field(default_factory=dict)
    after: bool = False
    """Trouble comes after the step acted, not before."""

    def step(self, state: MigrationState, act: str = "") -> None:
        error = self.trouble.pop(state, None)
        if error is not None and not self.after:
            raise error
        if act:
            setattr(self, act, True)
        if error is not None:
            raise error


def _phases(world: World, state: MemoryState) -> Mapping[MigrationState, Phase]:
    def simple(name: MigrationState, act: str = "") -> Phase:
        def run(_: Context) -> Outcome:
            world.step(name, act)
            return Outcome()

        return Phase(run)

    def undoing(name: MigrationState, act: str) -> Phase:
        def undo(_: Context, entry: JournalEntry) -> list[str]:
            setattr(world, act, False)
            world.undone.append(name)
            return [str(entry.detail.get("statements", ""))]

        return Phase(
            simple(name, act).run, lambda _: {"statements": name}, inverse=f"undo {name}", undo=undo
        )

    def waiting(context: Context) -> Outcome:
        for request in state.requests():
            if request.kind == "cutover":
                return Outcome({"request": request.id})
        raise Stopped("nobody asks")

    def switch(_: Context) -> Outcome:
        world.step(S.SWITCHED)
        world.flipped += 1
        return Outcome({"downtime_ms": 1})

    phases = {name: simple(name) for name in FORWARD}
    phases[S.IN_SYNC] = Phase(waiting)
    phases[S.FINALISE] = undoing(S.FINALISE, "checkpoints_closed")
    phases[S.CLOSE] = undoing(S.CLOSE, "source_closed")
    phases[S.SWITCHED] = Phase(switch)
    return phases


def _coordinator(state: MemoryState, world: World) -> Coordinator:
    options = SimpleNamespace(cutover=SimpleNamespace(stable_for=1.0), migration="m")
    context = Context(
        config=cast(Any, options),
        source=cast(Any, SimpleNamespace(identity=lambda: SourceIdentity("1", 1))),
        target=cast(Any, None),
        state=cast(Any, state),
        journal=Journal(cast(Any, state), "me@here"),
        topics=cast(Any, None),
        find_marker=lambda id, timeout_s: None,
        open_source=cast(Any, None),
        stop=threading.Event(),
        lease_lost=threading.Event(),
        pool=ThreadPoolExecutor(1),
        metrics=Metrics("coordinate", "m"),
    )
    return Coordinator(context, _phases(world, state))


def _run(state: MemoryState, world: World) -> None:
    """As the supervisor would: a coordinator that dies is followed by another one."""
    for _ in range(3):
        try:
            _coordinator(state, world).run()
        except Stopped:
            return
        except Killed:
            continue
        return
    pytest.fail("the coordinators never came to an end")


def _at_rest(state: MemoryState) -> MigrationState:
    row = state.migration()
    assert row is not None
    return row.state


def test_undisturbed_it_walks_to_the_switch() -> None:
    state, world = MemoryState(), World()
    state.ask("cutover", "me", {})
    _run(state, world)
    assert _at_rest(state) is S.SWITCHED
    entered = [entry.phase for entry in state.entries() if entry.event == "enter"]
    assert entered == [
        S.CREATED,
        S.DEPLOYED,
        S.LOADING,
        S.CATCHING_UP,
        S.IN_SYNC,
        *STEPS,
        "switched",
    ]
    assert json.loads(state.answers[1]) == {"state": "switched", "downtime_ms": 1}


@given(
    st.sampled_from(STEPS),
    st.sampled_from([CutoverFailed("no"), Blocked("no"), Killed()]),
    st.booleans(),
)
def test_whatever_fails_before_the_switch_leaves_nothing_behind(
    step: MigrationState, error: BaseException, after: bool
) -> None:
    state, world = MemoryState(), World(trouble={step: error}, after=after)
    state.ask("cutover", "me", {})
    _run(state, world)
    assert _at_rest(state) is S.IN_SYNC
    assert (world.source_closed, world.checkpoints_closed, world.flipped) == (False, False, 0)
    entered = [entry.phase for entry in state.entries() if entry.inverse]
    assert world.undone == list(reversed(entered))
    expected = "blocked" if isinstance(error, Blocked) else "aborted"
    assert json.loads(state.answers[1])["state"] == expected


@given(st.sampled_from([Blocked("the hook is broken"), Killed()]))
def test_after_the_switch_there_is_only_forward(error: BaseException) -> None:
    state, world = MemoryState(), World(trouble={S.SWITCHED: error})
    state.ask("cutover", "me", {})
    try:
        _run(state, world)
    except Blocked:
        _run(state, world)
    assert _at_rest(state) is S.SWITCHED
    assert (world.source_closed, world.checkpoints_closed, world.undone) == (True, True, [])
    assert world.flipped == 1
    assert json.loads(state.answers[1])["state"] == "switched"


def test_a_crash_while_undoing_is_followed_by_the_rest_of_it() -> None:
    state, world = MemoryState(), World(trouble={S.CLOSE: CutoverFailed("no")}, after=True)
    state.ask("cutover", "me", {})
    coordinator = _coordinator(state, world)
    phases = dict(coordinator._phases)
    dies = phases[S.FINALISE]

    def undo(context: Context, entry: JournalEntry) -> list[str]:
        raise Killed

    phases[S.FINALISE] = Phase(dies.run, dies.prepare, dies.inverse, undo)
    with pytest.raises(Killed):
        Coordinator(coordinator._context, phases).run()
    assert _at_rest(state) is S.ABORTING
    assert world.undone == [S.CLOSE]
    _run(state, world)
    assert world.undone == [S.CLOSE, S.FINALISE]
    assert _at_rest(state) is S.IN_SYNC


def test_who_loses_the_race_stops_and_undoes_nothing() -> None:
    state, world = MemoryState(), World()
    state.ask("cutover", "me", {})
    coordinator = _coordinator(state, world)
    phases = dict(coordinator._phases)

    def somebody_aborts(_: Context) -> Outcome:
        row = state.migration()
        assert row is not None
        state.transition(row, S.ABORTING, JournalEntry("enter", "aborting", "watchdog@there"))
        return Outcome()

    phases[S.DRAIN] = Phase(somebody_aborts)
    with pytest.raises(Overtaken):
        Coordinator(coordinator._context, phases).run()
    assert _at_rest(state) is S.ABORTING
    assert not world.checkpoints_closed
    assert world.undone == []


def test_a_failure_before_the_cut_over_is_raised() -> None:
    state, world = MemoryState(), World(trouble={S.CREATED: Blocked("a type cannot travel")})
    with pytest.raises(Blocked, match="cannot travel"):
        _coordinator(state, world).run()
    assert _at_rest(state) is S.CREATED
