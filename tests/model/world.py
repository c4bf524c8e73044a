"""A migration of two tables: the source with its writers, a broker, a target, and all roles."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from model.catalog import TableName
from model.change import Change, Op
from model.errors import ReplicatorError
from model.state import Migration, MigrationState, TableState
from tests.life import Killed
from tests.memory_kafka import MemoryKafka, Place
from tests.memory_source import IDENTITY, MemorySource, Values
from tests.memory_state import Memory, MemoryState
from tests.memory_target import commit_bulk
from tests.model.processes import KAFKA, MIGRATION, PASSING, Capture, Consumer, Load, Site
from tests.model.witness import Witness
from tests.streams import (
    NOTES,
    USERS,
    create,
    delete,
    json_object,
    table,
    tracked,
    truncate,
    update,
)
from topics.naming import control_topic, heartbeat_topic
from topics.partition import partition_of

KEYS: Final = 6
PARTITIONS: Final = 3
KEYED = table(USERS, ("id", "bio", "avatar"))
KEYLESS = table(NOTES, ("a", "b"), key=())
SAME: Final = {key: partition_of(b'{"id":%d}' % key, PARTITIONS) for key in range(KEYS)}
"""The partition of each key."""

PLACES: Final[list[Place]] = [
    *((f"t.{USERS}", number) for number in range(PARTITIONS)),
    (f"t.{NOTES}", 0),
]
CONTROL: Final = (control_topic(KAFKA.topic_prefix), 0)
HEARTBEAT: Final = (heartbeat_topic(KAFKA.topic_prefix), 0)


@dataclass(frozen=True)
class Step:
    """One statement of an application. `lacks`: the log does not carry the avatar; only then may
    a key change go to `other` in another partition, and only when `apart`."""

    what: str
    key: int = 0
    other: int = 0
    value: int = 0
    apart: bool = False


class World:
    """`captures` holds the one that runs and, before it, those that were stopped and may wake."""

    def __init__(self) -> None:
        self.kafka = MemoryKafka()
        self.source = MemorySource({USERS: KEYED, NOTES: KEYLESS})
        self.source.keyed[USERS] = {}
        self.source.keyless[NOTES] = []
        self.memory = Memory(
            migration=Migration(MIGRATION, MigrationState.LOADING, 1, f"{IDENTITY}")
        )
        for of, count in ((KEYED, PARTITIONS), (KEYLESS, 1)):
            self.memory.track(tracked(of, count, TableState.PENDING))
            self.kafka.create(f"t.{of.name}", count)
        for topic, _ in (CONTROL, HEARTBEAT):
            self.kafka.create(topic, 1)
        self.site = Site(self.kafka, self.source, self.memory)
        self.witness = Witness(self.kafka, self.source, self.memory)
        self.memory.moved = self.witness.moved
        self.state = MemoryState(self.memory)
        self.capture: Capture | None = None
        self.consumers: dict[str, Consumer] = {}
        self.owners: dict[Place, str] = dict.fromkeys(PLACES, "A")
        self.born = 0
        self.write([Step("put", key, 0, key) for key in range(KEYS - 1)])
        self.write([Step("note", 1, 0, 1), Step("note", 1, 0, 1)])

    # The source's applications

    def write(self, steps: Sequence[Step]) -> None:
        changes = [change for step in steps if (change := self._step(step)) is not None]
        if changes:
            self.source.commit(changes)

    def _step(self, step: Step) -> Change | None:
        if step.what in ("note", "unnote", "renote", "clear notes"):
            return self._note(step)
        rows, key = self.source.keyed[USERS], step.key
        if step.what == "truncate":
            for each in list(rows):
                self._set(each, None)
            return truncate(KEYED)
        if step.what == "put":
            there = key in rows
            self._set(key, (key, step.value, step.value + 10))
            wire = _wire(rows[key])
            return update(KEYED, wire) if there else create(KEYED, *wire)
        if key not in rows:
            return None
        if step.what == "patch":
            self._set(key, (key, step.value, rows[key][2]))
            return update(KEYED, [*_wire(rows[key])[:2], None])
        if step.what == "delete":
            self._set(key, None)
            return delete(KEYED, b"%d" % key)
        return self._move(step)

    def _move(self, step: Step) -> Change | None:
        rows, key, other = self.source.keyed[USERS], step.key, step.other
        lacks = step.what == "move lacking"
        if other in rows or (lacks and SAME[key] != SAME[other] and not step.apart):
            return None
        row = (other, step.value, rows[key][2])
        self._set(key, None)
        self._set(other, row)
        wire = _wire(row)
        return update(KEYED, [*wire[:2], None] if lacks else wire, b"%d" % key)

    def _note(self, step: Step) -> Change | None:
        rows = self.source.keyless[NOTES]
        row = (step.key % 2, step.value)
        if step.what == "note":
            rows.append(row)
            return create(KEYLESS, *_wire(row))
        if not rows:
            return None
        if step.what == "clear notes":
            rows.clear()
            return truncate(KEYLESS)
        before = json_object(("a", "b"), _wire(rows.pop(step.key % len(rows))))
        if step.what == "unnote":
            return Change(KEYLESS, Op.DELETE, before=before)
        rows.append(row)
        return update(KEYLESS, _wire(row))._replace(before=before)

    def _set(self, key: int, row: Values | None) -> None:
        rows = self.source.keyed[USERS]
        rows.pop(key, None)
        if row is not None:
            rows[key] = row
        self.source.note(USERS, key, row)

    # The roles

    def name(self) -> str:
        self.born += 1
        return f"process {self.born}"

    def captured(self, seconds: float, events: int, *, prompt: bool) -> None:
        """Capture runs so long, reads so much, and is started when it does not run."""
        if self.capture is None:
            self.memory.leases.clear()  # whoever held one is dead, and its time is over
            self.capture = Capture(self.site, self.name())
            self.capture.run(0.01)
        if self.source.reading is not None:
            self.source.reading.allow(events)
        capture = self.capture
        if not capture.run(seconds, prompt=prompt):
            capture.kill()
            self.capture = None

    def consumer(self, who: str) -> Consumer:
        """The applier of that name, started when it does not run."""
        if who not in self.consumers:
            made = self.consumers[who] = Consumer(self.site, rows=3)
            made.member.give([place for place, owner in self.owners.items() if owner == who])
        return self.consumers[who]

    def applied(self, who: str, what: str) -> None:
        """One step of an applier; it begins again after what may pass, and when it was killed."""
        consumer = self.consumer(who)
        try:
            if what in ("read", "turn"):
                consumer.read()
            if what in ("apply", "turn"):
                consumer.apply()
            if what == "look":
                consumer.look()
        except Killed:
            pass
        except PASSING:
            if what != "look":
                self.killed(who)
        if not consumer.life.alive:
            self.killed(who)

    def killed(self, who: str) -> None:
        if who in self.consumers:
            self.consumers.pop(who).kill()

    def rebalance(self, owners: dict[Place, str], *, told: bool) -> None:
        """The group gives partitions to others. Who is not told goes on as if nothing were."""
        before, self.owners = self.owners, owners
        for who in ("A", "B"):
            consumer = self.consumers.get(who)
            if consumer is None:
                continue
            lost = [p for p in PLACES if before[p] == who != owners[p]]
            if told:
                consumer.member.take_away(lost)
            consumer.member.give([p for p in PLACES if owners[p] == who != before[p]])

    def load(self, load: Load | None = None) -> None:
        (load or Load(self.site, self.name())).run()

    def commit_late(self) -> None:
        """The bulk sessions of dead loaders commit what they were sent."""
        for application in list(self.memory.sending):
            with suppress(ReplicatorError):
                commit_bulk(self.memory, application)

    def reload(self, name: TableName) -> None:
        """As `replicator table reload`."""
        found = self.memory.tracked[name]
        unloaded = (TableState.PENDING, TableState.LOADING, TableState.LOADED)
        if found.state in unloaded or not self.memory.migration or self.source.confirmed is None:
            return
        self.state.set_table(name, TableState.QUARANTINED, expected=list(TableState))
        since = self.source.write_marker(f"anew:{self.source.insert}", 0)
        self.memory.quarantined.pop(name, None)
        anew = replace(found, state=TableState.PENDING, since=since)
        self.state.begin_anew(replace(anew, schema_version=found.schema_version + 1))

    # The end

    def come_to_rest(self) -> None:
        """No fault happens any more, nobody writes: everything must arrive."""
        self.kafka.room = self.kafka.fetch = 1_000_000
        for _ in range(60):
            for name, each in list(self.memory.tracked.items()):
                if each.state is TableState.QUARANTINED:
                    self.reload(name)
            self.captured(2.0, 1_000_000, prompt=True)
            self.load()
            for who in ("A", "B"):
                for what in ("look", "turn", "turn", "turn", "look"):
                    self.applied(who, what)
            if self._rests():
                return
        raise AssertionError(f"it does not come to rest: {self._why()}")

    def _rests(self) -> bool:
        states = {each.state for each in self.memory.tracked.values()}
        return states == {TableState.CONSISTENT} and not self._behind() and self._captured_all()

    def _captured_all(self) -> bool:
        last = max((lsn for lsn, events in self.source.log if len(events) > 1), default=0)
        return self.source.confirmed is not None and self.source.confirmed >= last

    def _behind(self) -> list[Place]:
        return [
            place
            for place in PLACES
            if self.memory.checkpoints[place].next_offset != len(self.kafka.logs[place])
        ]

    def _why(self) -> str:
        states = {str(name): str(each.state) for name, each in self.memory.tracked.items()}
        return f"{states}, behind: {self._behind()}, source told {self.source.confirmed}"

    def close(self) -> None:
        if self.capture is not None:
            self.capture.kill()
        for who in list(self.consumers):
            self.killed(who)


def _wire(row: Values) -> list[bytes]:
    return [b"%d" % value for value in row]
