"""The protocol as a state machine: our roles on servers in memory, killed between any two of their
calls, against the source's own rows.

`make test` tells the same 300 stories each time; with `MODEL_RUNS` so many others are told. With
`MODEL_UNSHRUNK` the first failure is enough: nobody looks for a shorter one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from model.errors import InDoubt, Retryable, TooLarge
from model.ports import TableBatch
from tests.life import Life, Strike
from tests.model.processes import Load
from tests.model.world import CONTROL, PLACES, Step, World
from tests.streams import NOTES, USERS

_RUNS = os.environ.get("MODEL_RUNS")

_STEPS = st.builds(
    Step,
    st.sampled_from(
        ["put"] * 3
        + ["patch", "delete", "move", "move lacking", "truncate"]
        + ["note", "note", "unnote", "renote", "clear notes"]
    ),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 9),
    st.integers(0, 19).map(lambda n: n == 19),
)
_TRANSACTIONS = st.lists(_STEPS, min_size=1, max_size=4)
_WHO = st.sampled_from("AB")
_TURNS = st.tuples(
    st.sampled_from(["turn", "turn", "turn", "read", "apply", "look"]), st.integers(1, 6)
)
_OWNERS = st.lists(_WHO, min_size=len(PLACES), max_size=len(PLACES))
_ANSWERS = st.tuples(st.booleans(), st.sampled_from([*PLACES, CONTROL]), st.integers(1, 8))
_TROUBLES = [
    "broker away", "queue 2", "queue 5", "queue 1000000", "reload users", "reload notes",
    "capture killed", "kill A", "kill B", "capture stopped", "capture killed",
]  # fmt: skip
_MEANWHILE = st.sampled_from(
    ["write", "capture", "read A", "apply A", "look A", "read B", "apply B", "look B", "reload"]
)
_FATES = st.tuples(
    st.integers(0, 25),
    st.booleans(),
    st.sampled_from(["", "", "", "killed", "lost", "in doubt", "meanwhile", "too large"]),
    st.lists(_MEANWHILE, min_size=1, max_size=4),
    _TRANSACTIONS,
)
"""After how many calls, of any kind or commits, what befalls the process; what others do then."""

Fate = tuple[int, bool, str, list[str], list[Step]]


class Protocol(RuleBasedStateMachine):
    """Each rule is a step of one process; a fate may strike at any of its calls."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world = World()
        self._stack.enter_context(self.world.kafka.in_use())
        self._busy: set[str] = set()

    def teardown(self) -> None:
        try:
            self.world.come_to_rest()
            self.world.witness.check()
            self.world.witness.check_equal()
        finally:
            self.world.close()
            self._stack.close()

    @initialize(fate=_FATES, steps=_TRANSACTIONS)
    def deployed(self, fate: Fate, steps: list[Step]) -> None:
        self.load(fate, False)
        self.world.write(steps)
        self.world.captured(1.2, 20, prompt=True)

    @rule(transactions=st.lists(_TRANSACTIONS, min_size=1, max_size=4))
    def write(self, transactions: list[list[Step]]) -> None:
        for steps in transactions:
            self.world.write(steps)

    @rule(
        seconds=st.sampled_from([0.05, 0.3, 1.2]),
        events=st.integers(0, 30),
        prompt=st.booleans(),
        fate=_FATES,
    )
    def capture(self, seconds: float, events: int, prompt: bool, fate: Fate) -> None:
        if self.world.capture is not None:
            self._meet(self.world.capture.life, fate)
        self._alone("capture", lambda: self.world.captured(seconds, events, prompt=prompt))
        if self.world.capture is not None:
            self.world.capture.life.spare()

    @rule(answers=st.lists(_ANSWERS, min_size=1, max_size=6))
    def broker(self, answers: list[tuple[bool, tuple[str, int], int]]) -> None:
        """Some records arrive, some are confirmed, one partition at a time."""
        for each in self.world.capture.producers if self.world.capture is not None else []:
            for arrives, place, most in answers:
                (each.arrive if arrives else each.confirm)(place, most)

    @rule(who=_WHO, steps=st.lists(_TURNS, min_size=1, max_size=8), fate=_FATES)
    def apply(self, who: str, steps: list[tuple[str, int]], fate: Fate) -> None:
        consumer = self.world.consumer(who)
        self._meet(consumer.life, fate)
        for what, fetch in steps:
            self.world.kafka.fetch = fetch
            self._alone(who, partial(self.world.applied, who, what))
        consumer.life.spare()
        self.world.memory.fail = lambda when, batches: None

    @rule(
        transactions=st.lists(_TRANSACTIONS, min_size=1, max_size=5),
        fates=st.tuples(_FATES, _FATES, _FATES),
        order=st.permutations(["capture", "A", "B"]),
    )
    def work(self, transactions: list[list[Step]], fates: list[Fate], order: list[str]) -> None:
        """Everybody works for a while."""
        self.write(transactions)
        for who, fate in zip(order, fates, strict=True):
            if who == "capture":
                self.capture(0.3, 40, True, fate)
            else:
                self.apply(who, [("turn", 6)] * 4, fate)

    @rule(fate=_FATES, late=st.booleans())
    def load(self, fate: Fate, late: bool) -> None:
        load = Load(self.world.site, self.world.name())
        self._meet(load.life, (fate[0] * 5, *fate[1:]))
        if fate[2] == "killed":
            self.world.memory.fail = self._dies_sending(load, fate[0] // 4)
        self._alone("load", lambda: self.world.load(load))
        self.world.memory.fail = lambda when, batches: None
        load.life.kill()
        if late:
            self.world.commit_late()

    @rule(owners=_OWNERS, told=st.booleans())
    def rebalance(self, owners: list[str], told: bool) -> None:
        self.world.rebalance(dict(zip(PLACES, owners, strict=True)), told=told)

    @rule(what=st.sampled_from(_TROUBLES))
    def trouble(self, what: str) -> None:
        world = self.world
        if what == "broker away":
            for each in world.kafka.producers:
                each.wait_in_vain()
        elif what.startswith("queue"):
            world.kafka.room = int(what.partition(" ")[2])
        elif what.startswith("reload"):
            world.reload(USERS if what.endswith("users") else NOTES)
        elif what.startswith("kill "):
            world.killed(what[-1])
        elif world.capture is not None:
            capture, world.capture = world.capture, None
            if what == "capture stopped":
                capture.stop()
            capture.kill()

    @invariant()
    def all_holds(self) -> None:
        self.world.witness.check()

    def _meet(self, life: Life, fate: Fate) -> None:
        calls, commits, what, others, steps = fate
        if what == "too large":
            self.world.memory.fail = self._too_large
        elif what:
            strike = self._strike(life, what, others, steps)
            life.meet(calls // 6 if commits else calls, strike, commits=commits)

    def _strike(self, life: Life, what: str, others: list[str], steps: list[Step]) -> Strike:
        def strike(call: str, done: bool) -> None:
            if what == "killed":
                life.kill()
            elif what == "lost" and not done:
                raise Retryable("the connection was lost", object=call)
            elif what == "in doubt":
                raise InDoubt("the answer was lost", object=call)
            elif what == "meanwhile":
                for other in others:
                    self._other(other, steps)

        return strike

    def _other(self, what: str, steps: list[Step]) -> None:
        if what == "write":
            self.world.write(steps)
        elif what == "reload":
            self.world.reload(USERS)
        elif what == "capture":
            self._alone("capture", lambda: self.world.captured(0.3, 6, prompt=True))
        else:
            step, _, who = what.partition(" ")
            self._alone(who, lambda: self.world.applied(who, step))

    def _alone(self, who: str, step: Callable[[], None]) -> None:
        """A process does one thing at a time."""
        if who not in self._busy:
            self._busy.add(who)
            try:
                step()
            finally:
                self._busy.discard(who)

    def _too_large(self, when: str, batches: Sequence[TableBatch]) -> None:
        """The target takes two changes at once, and notices when it has begun."""
        if when == "within" and sum(len(b.keyed) + len(b.keyless) for b in batches) > 2:
            raise TooLarge("two changes at once are enough")

    def _dies_sending(self, load: Load, left: int) -> Callable[[str, Sequence[TableBatch]], None]:
        """The session of a loader that is killed while it sends goes on without it."""

        def fail(when: str, batches: Sequence[TableBatch]) -> None:
            nonlocal left
            if when == "bulk":
                left -= 1
                if left < 0:
                    load.life.kill()
                    load.life.touch(when)

        return fail


Protocol.TestCase.settings = settings(
    max_examples=int(_RUNS or 300),
    derandomize=_RUNS is None,
    phases=[Phase.generate] if os.environ.get("MODEL_UNSHRUNK") else tuple(Phase),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestProtocol = Protocol.TestCase
