"""Whatever capture wrote, however often it began again, and however the applier batched it and
died: the target ends as the source is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from model.change import Change, LogEvent, Op
from model.ports import Advance
from model.position import Position
from model.state import TableState
from replicator.apply.batch import table_batches, truncate_moves
from replicator.apply.lane import Lane
from tests.memory_target import Memory, MemorySession, Row
from tests.streams import (
    NOTES,
    USERS,
    Topics,
    boundary,
    create,
    delete,
    table,
    transaction,
    truncate,
)
from tests.streams import update as updated
from topics.partition import partition_of
from topics.record import RecordDecoder

KEYED = table(USERS, ("id", "bio", "avatar"))
KEYLESS = table(NOTES, ("a", "b"), key=())
KEYS = 6
steps = st.tuples(
    st.sampled_from(["put", "put", "patch", "delete", "move", "truncate", "note", "unnote"]),
    st.integers(0, KEYS - 1),
    st.integers(0, KEYS - 1),
    st.integers(0, 3),
)
stories = st.lists(st.lists(steps, min_size=1, max_size=6), min_size=1, max_size=12)


class Source:
    """The tables as the source has them, and the log that it writes."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[int, int]] = {}
        self.notes: list[tuple[int, int]] = []
        self.log: list[list[LogEvent]] = []

    def commit(self, story: list[tuple[str, int, int, int]]) -> None:
        changes = [change for step in story if (change := self._step(*step)) is not None]
        self.log.append(transaction(len(self.log) + 1, changes))

    def _step(self, what: str, key: int, other: int, value: int) -> Change | None:
        if what == "put":
            op = Op.UPDATE if key in self.rows else Op.CREATE
            self.rows[key] = (value, value + 10)
            return create(KEYED, *self._fragments(key))._replace(op=op)
        if what == "truncate":
            self.rows.clear()
            return truncate(KEYED)
        if what == "note":
            self.notes.append((key, value))
            return create(KEYLESS, b"%d" % key, b"%d" % value)
        if what == "unnote":
            return self._unnote()
        if key not in self.rows:
            return None
        if what == "patch":
            self.rows[key] = (value, self.rows[key][1])
            return updated(KEYED, (*self._fragments(key)[:2], None))
        if what == "delete":
            del self.rows[key]
            return delete(KEYED, b"%d" % key)
        if other in self.rows:
            return None
        self.rows[other] = self.rows.pop(key)
        partial = value % 2 == 0 and SAME[key] == SAME[other]
        row = self._fragments(other)
        return updated(KEYED, (*row[:2], None if partial else row[2]), b"%d" % key)

    def _unnote(self) -> Change | None:
        if not self.notes:
            return None
        a, b = self.notes.pop()
        return Change(KEYLESS, Op.DELETE, before=b'{"a":%d,"b":%d}' % (a, b))

    def _fragments(self, key: int) -> tuple[bytes, bytes, bytes]:
        bio, avatar = self.rows[key]
        return b"%d" % key, b"%d" % bio, b"%d" % avatar

    def expected(self) -> tuple[dict[tuple[Any, ...], Row], list[Row]]:
        rows: dict[tuple[Any, ...], Row] = {
            (key,): {"id": key, "bio": bio, "avatar": avatar}
            for key, (bio, avatar) in self.rows.items()
        }
        return rows, sorted(({"a": a, "b": b} for a, b in self.notes), key=repr)


SAME = {key: partition_of(b'{"id":%d}' % key, 3) for key in range(KEYS)}
"""The partition of each key: a key change that lacks values must stay in one."""


def _capture(source: Source, restarts: list[tuple[int, int]]) -> Topics:
    """Write the log; each restart gives up after so many events and goes on from an earlier
    boundary, so that what lies between is written twice, and a transaction perhaps in part."""
    topics = Topics({KEYED: 3, KEYLESS: 1})
    done = 0
    for reach, back in [*restarts, (10**6, 0)]:
        start = Position(f"{boundary(done)}/00000000") if done else Position("")
        recording = topics.recording(start)
        events = [event for part in source.log[done:] for event in part]
        for event in events[:reach]:
            topics.write(recording, [event])
        done = max(done, int(recording.boundary or "0", 16) - back)
    return topics


class Applier:
    """Lanes over some of the topics' partitions. `step` does one thing to the target, and between
    two of them the applier may die: `restart` forgets all but what the target holds."""

    def __init__(self, topics: Topics, memory: Memory, partitions: set[int] | None = None) -> None:
        self._topics = topics
        self._memory = memory
        self._partitions = partitions
        self._session = MemorySession(memory)
        self._lanes: list[Lane] = []
        self.restart()

    def restart(self) -> None:
        self._lanes = []
        for each in self._topics.tracked.values():
            decoder = RecordDecoder("m", each.topic, each.source, each.key)
            for number in self._partitions or range(each.partitions):
                if number >= each.partitions:
                    continue
                lane = Lane((each.topic, number), self._memory.tracked[each.source], decoder)
                lane.stand_at(self._memory.checkpoints[lane.place])
                lane.open, lane.seeking = True, False
                for record in self._topics.read(lane.place)[lane.next :]:
                    lane.append(record)
                self._lanes.append(lane)

    def step(self, rows: int, *, forgets: bool = False) -> bool:
        """One batch, or one move at a truncate; False when there was nothing to do.

        With `forgets` the applier dies between the commit and learning of it.
        """
        group = [lane.take(rows, 10**9) for lane in self._lanes if lane.ready()]
        if group:
            batches = table_batches(group, self._memory.tracked)
            self._session.apply([each.advance for each in group], batches)
            if forgets:
                self.restart()
                return True
            for each in group:
                each.lane.next, each.lane.position = each.next, each.position
            return True
        return any(self._truncate(lane) for lane in self._lanes if lane.at_truncate())

    def _truncate(self, lane: Lane) -> bool:
        head, checkpoint = lane.queue[0], self._memory.checkpoints[lane.place]
        if checkpoint.next_offset != lane.next:
            lane.settled(checkpoint)
            return True
        if not lane.waiting:
            self._session.wait_at_truncate(
                Advance(*lane.place, lane.next, head.offset + 1, Position(head.position))
            )
            lane.waiting = True
            return True
        checkpoints = self._session.checkpoints(lane.place[0])
        moves = truncate_moves(lane.table, lane.place, head.position, checkpoints)
        if moves:
            self._session.settle_truncate(lane.table, moves)
        return bool(moves)


@settings(max_examples=300, deadline=None)
@given(
    stories,
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5)), max_size=3),
    st.lists(
        st.tuples(
            st.integers(1, 9),
            st.sampled_from(["", "", "", "dies", "forgets"]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([TableState.OPEN, TableState.CONSISTENT]),
)
def test_the_target_ends_as_the_source_is(
    story: list[list[tuple[str, int, int, int]]],
    restarts: list[tuple[int, int]],
    batches: list[tuple[int, str]],
    state: TableState,
) -> None:
    source = Source()
    for part in story:
        source.commit(part)
    topics = _capture(source, restarts)
    memory = Memory()
    for each in topics.tracked.values():
        memory.track(replace(each, state=state))

    applier = Applier(topics, memory)
    for size, fate in batches:
        applier.step(size, forgets=fate == "forgets")
        if fate == "dies":
            applier.restart()
    while applier.step(7):
        pass

    rows, notes = source.expected()
    assert memory.rows[USERS] == rows
    assert sorted(memory.keyless[NOTES], key=repr) == notes
    assert all(
        memory.checkpoints[place].next_offset == len(log) for place, log in topics.logs.items()
    )


def _emptied_and_filled(rounds: int) -> Source:
    """Truncates that all partitions must meet at, with rows before and after each."""
    source = Source()
    for round in range(rounds):
        source.commit([("put", key, 0, round % 4) for key in range(KEYS)])
        source.commit([("truncate", 0, 0, 0)])
        source.commit([("put", key, 0, round % 4) for key in range(0, KEYS, 2)])
    return source


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("AB"), st.booleans(), st.booleans()), max_size=60))
def test_two_appliers_meet_at_truncates_whichever_dies_when(
    turns: list[tuple[str, bool, bool]],
) -> None:
    source = _emptied_and_filled(2)
    topics = _capture(source, [])
    memory = Memory()
    for each in topics.tracked.values():
        memory.track(replace(each, state=TableState.CONSISTENT))
    appliers = {"A": Applier(topics, memory, {0, 2}), "B": Applier(topics, memory, {1})}
    for who, dies, forgets in turns:
        appliers[who].step(3, forgets=forgets)
        if dies:
            appliers[who].restart()
    while any(each.step(3) for each in appliers.values()):
        pass
    assert memory.rows[USERS] == source.expected()[0]
