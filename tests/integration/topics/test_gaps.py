"""What is gone is noticed before harm, named, and stops no more than it must."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from model.catalog import TableName
from model.errors import Blocked, ForeignRecord, Gap, ReplicatorError
from model.position import Position
from model.state import Checkpoint, TableState
from tests.integration.topics.journey import Journey
from tests.patience import PATIENCE_S, until
from topics.admin import TopicAdmin
from topics.control import Progress, encode_progress
from topics.naming import control_topic, heartbeat_topic
from topics.partition import partition_of
from topics.settings import KafkaSettings

_DDL = """
CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE pairs (id int PRIMARY KEY, name text);
"""
USERS = TableName("public", "users")
RELOAD = "`replicator table reload public.users`"
RELOAD_ALL = "`replicator table reload --all`"


@pytest.fixture
def journey(source_database: str, kafka: KafkaSettings) -> Journey:
    return Journey.deploy(source_database, kafka, _DDL)


async def _stopped(journey: Journey, role: str) -> ReplicatorError:
    """What the role ends with by itself."""
    with pytest.raises(ReplicatorError) as caught:
        await asyncio.wait_for(journey.start(role), PATIENCE_S)
    del journey.running[role]
    return caught.value


async def _written(journey: Journey, first: int, last: int) -> None:
    """Rows in both tables, and in Kafka."""
    for table in ("users", "pairs"):
        journey.execute(
            f"INSERT INTO {table} SELECT n, 'x' FROM generate_series({first}, {last}) n"
        )
    await journey.marker(f"to {last}")


async def _quarantined(journey: Journey) -> tuple[str, dict[str, Any]]:
    await journey.until(lambda: USERS in journey.memory.quarantined)
    return journey.memory.quarantined[USERS]


async def _others_go_on(journey: Journey) -> None:
    journey.execute("INSERT INTO pairs VALUES (1000, 'goes on')")
    await journey.until(lambda: not journey.differences("pairs"))


def _lag(journey: Journey) -> Any:
    """What apply says of the whole way; nothing while it does not know."""
    return journey.status("apply").get("lag_ms", {}).get("total")


def _client(journey: Journey) -> AdminClient:
    return AdminClient({"bootstrap.servers": journey.kafka.bootstrap_servers})


def _delete(journey: Journey, topic: str) -> None:
    """As somebody else does; over when the broker no longer lists it."""
    client = _client(journey)
    client.delete_topics([topic])[topic].result(PATIENCE_S)
    until(lambda: topic not in client.list_topics(timeout=PATIENCE_S).topics, topic)


def _forget(journey: Journey, topic: str, partitions: int) -> None:
    """Remove every record of a topic, as retention does."""
    ends = TopicAdmin(journey.kafka).ends([(topic, n) for n in range(partitions)])
    gone = [TopicPartition(*place, end) for place, end in ends.items()]
    client = _client(journey)  # it must outlive its answers
    for future in client.delete_records(gone).values():
        future.result(PATIENCE_S)


def _foreign(journey: Journey, topic: str, value: bytes, key: bytes | None = None) -> None:
    producer = Producer({"bootstrap.servers": journey.kafka.bootstrap_servers})
    producer.produce(topic, value, key, partition=0)
    assert producer.flush(PATIENCE_S) == 0


# --- a data topic: its table stops, the others go on -------------------------------------------


async def test_a_topic_that_was_truncated_stops_its_table_alone(journey: Journey) -> None:
    journey.start("capture")
    journey.start("apply")
    await _written(journey, 1, 20)
    await journey.drained()
    await journey.stop("apply")
    await _written(journey, 21, 40)
    _forget(journey, journey.topic("users"), 4)
    journey.start("apply")
    reason, record = await _quarantined(journey)
    assert "records were removed" in reason
    assert RELOAD in reason
    assert record["topic"] == journey.topic("users")
    assert record["first"] > record["offset"]
    await _others_go_on(journey)

    # Trying again finds the same hole: nothing is skipped.
    journey.memory.quarantined.clear()
    journey.memory.set_state(USERS, TableState.CONSISTENT)
    await _quarantined(journey)
    assert len(journey.memory.rows[USERS]) == 20
    await journey.stop()


async def test_an_applier_whose_records_are_gone_does_not_begin_anew(journey: Journey) -> None:
    """✗ A consumer that resets its offset would skip to the end, or replay from the start."""
    place = (journey.topic("users"), 0)
    journey.memory.checkpoints[place] = replace(journey.memory.checkpoints[place], next_offset=7)
    journey.start("capture")
    journey.start("apply")
    reason, record = await _quarantined(journey)
    assert "offset 7 is wanted, and the partition holds 0 to 0" in reason
    assert (record["offset"], record["end"]) == (7, 0)
    await _others_go_on(journey)
    await journey.stop()


async def test_a_foreign_record_stops_its_table_behind_all_that_precedes_it(
    journey: Journey,
) -> None:
    journey.start("capture")
    await _written(journey, 1, 20)
    await journey.stop("capture")
    topic = journey.topic("users")
    offset = TopicAdmin(journey.kafka).ends([(topic, 0)])[topic, 0]
    _foreign(journey, topic, b'{"id":1,"name":"mallory"}', b'{"id":1}')
    journey.start("apply")
    reason, record = await _quarantined(journey)
    assert f"the record at offset {offset} of partition 0 is not ours" in reason
    assert "mallory" not in reason + repr(record)
    assert "`replicator table skip public.users`" in reason
    assert record["offset"] == offset
    before = journey.memory.checkpoints[topic, 0]
    assert (before.next_offset, before.position.text) == (offset, record["position"])
    ahead = {(n,) for n in range(1, 21) if partition_of(b'{"id":%d}' % n, 4) == 0}
    assert ahead <= journey.memory.rows[USERS].keys()

    # As `skip` does: the next record of ours is at the same position or beyond.
    journey.memory.checkpoints[topic, 0] = replace(before, next_offset=offset + 1)
    journey.memory.set_state(USERS, TableState.CONSISTENT)
    journey.start("capture")
    await _written(journey, 21, 40)
    await journey.drained()
    assert journey.differences("users") == []
    await journey.stop()


async def test_a_deleted_topic_stops_its_table_and_capture(journey: Journey) -> None:
    journey.start("capture")
    journey.start("apply")
    await _written(journey, 1, 20)
    await journey.drained()
    await journey.stop()
    await asyncio.to_thread(_delete, journey, journey.topic("users"))
    error = await _stopped(journey, "capture")
    assert isinstance(error, Gap)
    assert "is gone" in error.what
    assert error.object == journey.topic("users")
    assert RELOAD in error.hint
    journey.start("apply")
    reason, _ = await _quarantined(journey)
    assert "is gone" in reason
    await journey.stop()
    TopicAdmin(journey.kafka).create(journey.tracked, may_hold_records=True)
    error = await _stopped(journey, "capture")
    assert "records were lost" in error.what
    assert RELOAD in error.hint


async def test_a_topic_that_was_made_anew_is_read_from_its_beginning(journey: Journey) -> None:
    """As `table reload` and the loader do; the appliers' group has been elsewhere in it."""
    journey.start("capture")
    journey.start("apply")
    await _written(journey, 1, 40)
    await journey.drained()
    await journey.stop()
    await asyncio.to_thread(_delete, journey, journey.topic("users"))
    table = journey.memory.tracked[USERS]
    assert TopicAdmin(journey.kafka).restore([table]) == [table.topic]
    since = await asyncio.to_thread(journey.source.write_marker, "anew:1", 1)
    journey.memory.tracked[USERS] = replace(table, since=since, state=TableState.PENDING)
    journey.start("apply")
    journey.start("capture")
    await journey.until(lambda: "public.users" in journey.status("capture").get("anew", {}))
    for number, end in enumerate(journey.status("capture")["anew"]["public.users"]["ends"]):
        place = (table.topic, number)
        journey.memory.checkpoints[place] = Checkpoint(*place, end, since)
    journey.memory.set_state(USERS, TableState.OPEN)
    journey.execute("UPDATE users SET name = 'after'", "UPDATE pairs SET name = 'after'")
    await journey.until(lambda: not journey.differences("pairs"))
    await journey.until(lambda: not journey.differences("users"))
    await journey.stop()


# --- the topics beside the data -----------------------------------------------------------------


async def test_a_lost_control_topic_does_not_begin_the_story_anew(journey: Journey) -> None:
    """✗ Without its progress capture would ask for what the source has forgotten by now, which
    the source grants in silence from where its slot stands."""
    journey.start("capture")
    await _written(journey, 1, 5)
    await journey.stop()
    await asyncio.to_thread(_delete, journey, control_topic(journey.kafka.topic_prefix))
    error = await _stopped(journey, "capture")
    assert isinstance(error, Gap)
    assert "how far the log was captured" in error.what
    assert RELOAD_ALL in error.hint
    TopicAdmin(journey.kafka).create(journey.tracked, may_hold_records=True)
    error = await _stopped(journey, "capture")
    assert isinstance(error, Gap)
    assert "beyond our progress" in error.what


def _shortened(journey: Journey, topic: str) -> None:
    _forget(journey, topic, 1)


def _damaged(journey: Journey, topic: str) -> None:
    _foreign(journey, topic, b"\x00\xff not ours")


def _of_another_kind(journey: Journey, topic: str) -> None:
    """A position that sorts above all of ours, as SQL Server writes them."""
    far = Position("ffffffffffffffffffff/00000001/ffffffffffffffffffff/0002/00000000")
    _foreign(journey, topic, encode_progress(Progress(far, 0, journey.source.identity())))


@pytest.mark.parametrize(
    ("harm", "kind", "what"),
    [
        (_shortened, Gap, "are gone"),
        (_damaged, ForeignRecord, "neither progress nor marker"),
        (_of_another_kind, Gap, "is no position of this source"),
    ],
)
async def test_a_damaged_control_topic_stops_capture(
    journey: Journey,
    harm: Callable[[Journey, str], None],
    kind: type[ReplicatorError],
    what: str,
) -> None:
    journey.start("capture")
    await _written(journey, 1, 5)
    await journey.stop()
    harm(journey, control_topic(journey.kafka.topic_prefix))
    error = await _stopped(journey, "capture")
    assert type(error) is kind
    assert what in error.what
    assert RELOAD_ALL in error.hint


async def test_a_heartbeat_topic_that_is_gone_is_made_anew(journey: Journey) -> None:
    """It holds nothing that is missed later: nothing stops, the lag is known again."""
    journey.start("capture")
    journey.start("apply")
    await _written(journey, 1, 5)
    await journey.drained()
    await journey.stop("capture")
    topic = heartbeat_topic(journey.kafka.topic_prefix)
    await asyncio.to_thread(_delete, journey, topic)
    await journey.until(lambda: "lag_ms" in journey.status("apply") and not _lag(journey))
    journey.start("capture")
    await journey.until(lambda: bool(_lag(journey)))
    await _written(journey, 6, 10)
    await journey.drained("after")
    assert journey.differences("users") == []
    await journey.stop()


async def test_a_heartbeat_topic_that_goes_under_capture_costs_a_session(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replicator.capture.session._VERIFY_S", 0.5)
    journey.start("capture")
    await _written(journey, 1, 5)
    topic = heartbeat_topic(journey.kafka.topic_prefix)
    client = _client(journey)
    client.delete_topics([topic])[topic].result(PATIENCE_S)

    journey.start("apply")  # it hears nothing until the topic is there again
    await journey.until(lambda: bool(_lag(journey)))
    await _written(journey, 6, 10)
    await journey.stop()


# --- the source and the target ------------------------------------------------------------------


async def test_another_source_is_refused(journey: Journey) -> None:
    assert journey.memory.migration is not None
    journey.memory.migration = replace(journey.memory.migration, identity="7:1")
    error = await _stopped(journey, "capture")
    assert isinstance(error, Blocked)
    assert "another database system answers" in error.what


async def _restored(journey: Journey, meanwhile: Callable[[], Awaitable[None]]) -> None:
    """The target goes back to what it was before: its rows and its memory alike."""
    await journey.stop("apply")
    kept = ("tracked", "checkpoints", "rows", "keyless", "documents", "quarantined")
    backup = {name: copy.deepcopy(getattr(journey.memory, name)) for name in kept}
    journey.start("apply")
    await meanwhile()
    await journey.stop()
    for name, value in backup.items():
        setattr(journey.memory, name, value)


async def test_a_target_restored_from_a_backup_catches_up(journey: Journey) -> None:
    """Rows and checkpoints are of one moment, and the topics still hold all that came after."""
    journey.start("capture")
    journey.start("apply")
    await _written(journey, 1, 20)
    await journey.drained()

    async def meanwhile() -> None:
        journey.execute("UPDATE users SET name = 'later'", "DELETE FROM users WHERE id < 5")
        await _written(journey, 21, 40)
        await journey.drained("later")

    await _restored(journey, meanwhile)
    assert journey.differences("users") != []
    journey.start("capture")
    journey.start("apply")
    await journey.drained("again")
    assert journey.differences("users") == journey.differences("pairs") == []
    await journey.stop()


async def test_a_restored_target_that_forgot_what_capture_left_out(journey: Journey) -> None:
    """✗ Capture would write the table again as if nothing were missing, and the applier read on
    across the hole."""
    journey.start("capture")
    journey.start("apply")
    await _written(journey, 1, 5)
    await journey.drained()

    async def meanwhile() -> None:
        journey.execute("ALTER TABLE users ADD age int DEFAULT 7")
        journey.execute("INSERT INTO users VALUES (6, 'lost')")
        await _quarantined(journey)
        await _others_go_on(journey)
        await journey.marker("told")

    await _restored(journey, meanwhile)
    assert USERS not in journey.memory.quarantined
    journey.start("capture")
    reason, _ = await _quarantined(journey)
    assert "restored from a backup" in reason
    assert RELOAD in reason
    assert "public.users" in journey.memory.documents["capture.dropped"]
    journey.execute("INSERT INTO pairs VALUES (1001, 'x')")
    journey.start("apply")
    await journey.until(lambda: not journey.differences("pairs"))
    await journey.stop()


async def test_a_restored_target_that_forgot_a_reload(journey: Journey) -> None:
    journey.start("capture")
    journey.start("apply")
    await _written(journey, 1, 5)
    await journey.drained()

    async def meanwhile() -> None:
        since = await asyncio.to_thread(journey.source.write_marker, "anew:1", 1)
        table = journey.memory.tracked[USERS]
        journey.memory.tracked[USERS] = replace(table, since=since, state=TableState.PENDING)
        await journey.until(lambda: "public.users" in journey.status("capture").get("anew", {}))
        await journey.marker("told")

    await _restored(journey, meanwhile)
    journey.start("capture")
    reason, _ = await _quarantined(journey)
    assert "restored from a backup" in reason
    await journey.stop()
