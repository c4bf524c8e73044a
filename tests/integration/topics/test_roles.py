"""Capture and apply over a real log and a real broker: killed, overtaken, refused, and right."""

from __future__ import annotations

import asyncio
import random
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest
from kafka import KafkaConsumer

from model.catalog import TableName
from model.errors import (
    DataRefused,
    Overtaken,
    Retryable,
    TooLarge,
    TooSlow,
)
from model.ports import TableBatch
from model.state import Checkpoint, TableState
from sandbox.kafka import console
from tests.integration.topics.journey import Journey
from tests.memory_target import FailOnce, lost_in_commit
from tests.patience import PATIENCE_S
from topics.admin import TopicAdmin
from topics.settings import KafkaSettings

_DDL = """
CREATE TABLE users (id int PRIMARY KEY, name text, big text);
CREATE TABLE pairs (a int, b text, n int, PRIMARY KEY (a, b));
CREATE TABLE notes (a int, b text);
ALTER TABLE notes REPLICA IDENTITY FULL;
ALTER TABLE users ALTER big SET STORAGE EXTERNAL;
"""
USERS = TableName("public", "users")


@pytest.fixture
def journey(source_database: str, kafka: KafkaSettings) -> Journey:
    return Journey.deploy(source_database, kafka, _DDL)


def _workload(seed: int, statements: int) -> list[str]:
    """A story about few keys, so that they meet often."""
    dice = random.Random(seed)
    story = []
    for _ in range(statements):
        key, other = dice.randint(1, 8), dice.randint(1, 8)
        story.append(
            dice.choice(
                [
                    f"INSERT INTO users VALUES ({key}, 'n{other}', repeat('{key}', 4000)) "
                    f"ON CONFLICT (id) DO UPDATE SET name = 'again{other}'",
                    f"UPDATE users SET name = 'u{other}' WHERE id = {key}",
                    f"DELETE FROM users WHERE id = {key}",
                    f"UPDATE users SET id = {key + 100}, big = 'moved' WHERE id = {key} "
                    f"AND NOT EXISTS (SELECT 1 FROM users WHERE id = {key + 100})",
                    f"INSERT INTO pairs VALUES ({key}, '{other} ', 1) "
                    "ON CONFLICT (a, b) DO UPDATE SET n = pairs.n + 1",
                    f"DELETE FROM pairs WHERE a = {key}",
                    f"INSERT INTO notes VALUES ({key}, 'x'), ({key}, 'x')",
                    "DELETE FROM notes WHERE ctid IN "
                    f"(SELECT ctid FROM notes WHERE a = {key} LIMIT 1)",
                    "TRUNCATE users" if dice.random() < 0.1 else f"UPDATE notes SET b = '{other}'",
                ]
            )
        )
    return story


def _no_differences(journey: Journey) -> None:
    assert {name: journey.differences(name) for name in ("users", "pairs", "notes")} == {
        "users": [],
        "pairs": [],
        "notes": [],
    }


async def test_a_story_arrives(journey: Journey) -> None:
    journey.start("capture")
    journey.start("apply")
    await asyncio.to_thread(journey.execute, *_workload(1, 50))
    for statement in _workload(2, 50):
        await asyncio.to_thread(journey.execute, statement)
    await journey.drained()
    _no_differences(journey)
    await journey.stop()


async def test_it_arrives_though_capture_and_apply_are_killed(journey: Journey) -> None:
    dice = random.Random(7)
    journey.start("capture")
    journey.start("apply", batch_rows=5)
    for round in range(4):
        await asyncio.to_thread(journey.execute, *_workload(10 + round, 150))
        await _commits(journey, dice.randint(1, 15))
        role = ("capture", "apply")[round % 2]
        await journey.kill(role)
        journey.start(role, **({"batch_rows": 5} if role == "apply" else {}))
    await journey.drained()
    _no_differences(journey)
    await journey.stop()


async def _commits(journey: Journey, more: int) -> None:
    """Wait until so many more batches were applied: the rest of the story is under way."""
    wanted = journey.memory.commits + more
    await journey.until(lambda: journey.memory.commits >= wanted)


async def test_two_appliers_share_the_partitions_and_truncates_meet(journey: Journey) -> None:
    journey.start("capture")
    journey.start("apply-1", max_connections=1)
    journey.start("apply-2", max_connections=1)
    for seed in range(3):
        await asyncio.to_thread(journey.execute, *_workload(seed, 40), "TRUNCATE users, pairs")
        await asyncio.to_thread(journey.execute, *_workload(50 + seed, 40))
    await journey.drained("one")
    await journey.kill("apply-2")
    await asyncio.to_thread(journey.execute, *_workload(9, 40), "TRUNCATE users")
    journey.start("apply-2", max_connections=1)
    await journey.drained("two")
    _no_differences(journey)
    await journey.stop()


@pytest.mark.parametrize(
    ("when", "error"),
    [
        ("before", Retryable("connection lost")),
        ("before", Overtaken("somebody moved on")),
        ("before", TooLarge("log")),
        ("before", lost_in_commit()),
        ("after", lost_in_commit()),
    ],
    ids=["retryable", "overtaken", "too large", "not committed", "committed"],
)
async def test_the_target_fails_and_the_applier_knows_what_became_of_it(
    journey: Journey, when: str, error: Any
) -> None:
    journey.memory.fail = FailOnce(journey.memory, {(when, n): error for n in (1, 3, 4)})
    journey.start("capture")
    journey.start("apply", batch_rows=3)
    await asyncio.to_thread(journey.execute, *_workload(3, 60))
    await journey.drained()
    _no_differences(journey)
    await journey.stop()


async def test_a_batch_that_has_no_answer_in_time_is_tried_in_smaller_ones(
    journey: Journey,
) -> None:
    """✗ Sent again as it was, it has no answer in time again, for ever."""
    sizes: list[int] = []

    def slow(when: str, batches: Sequence[TableBatch]) -> None:
        if when == "before":
            sizes.append(sum(len(batch.keyed) + len(batch.keyless) for batch in batches))
            if sizes[-1] > 2:
                raise TooSlow("no answer in time")

    journey.memory.fail = slow
    journey.start("capture")
    await asyncio.to_thread(journey.execute, *_workload(3, 10))
    await journey.marker("all in Kafka before anybody reads it, so that batches are large")
    journey.start("apply")
    await journey.drained()
    assert max(sizes) > 2
    _no_differences(journey)
    await journey.stop()


async def test_a_record_alone_is_tried_until_it_has_an_answer(journey: Journey) -> None:
    """✗ Given up like one that is refused, its table would stop because its target was slow."""
    times = iter(range(10))

    def slow(when: str, batches: Sequence[TableBatch]) -> None:
        if when == "before" and next(times, None) is not None:
            raise TooSlow("no answer in time")

    journey.memory.fail = slow
    journey.start("capture")
    journey.start("apply")
    journey.execute("INSERT INTO users VALUES (1, 'x', 'y')")
    await journey.drained()
    assert next(times, None) is None
    assert not journey.memory.quarantined
    _no_differences(journey)
    await journey.stop()


@pytest.mark.parametrize("when", ["before truncate", "after truncate"])
async def test_a_truncate_in_doubt_is_settled_once(journey: Journey, when: str) -> None:
    failed: list[str] = []

    def lose_once(at: str, batches: Sequence[TableBatch]) -> None:
        if at == when and not failed:
            failed.append(at)
            raise lost_in_commit()

    journey.memory.fail = lose_once
    journey.start("capture")
    journey.start("apply")
    rows = [f"INSERT INTO users VALUES ({n}, 'x', 'y')" for n in range(9)]
    journey.execute(*rows, "TRUNCATE users", *rows[:4])
    await journey.drained()
    assert failed
    _no_differences(journey)
    await journey.stop()


async def test_a_refused_record_quarantines_its_table_and_only_that(journey: Journey) -> None:
    def refuse(when: str, batches: Sequence[TableBatch]) -> None:
        for batch in batches:
            if any(change.key == {"id": 3} for change in batch.keyed) and when == "before":
                raise DataRefused("too long", object=str(batch.table.source), number=2628)

    journey.memory.fail = refuse
    journey.start("capture")
    journey.start("apply")
    one_each = [f"INSERT INTO users VALUES ({n}, 'x', 'y')" for n in range(1, 6)]
    journey.execute(*one_each, "INSERT INTO pairs VALUES (1, 'x', 1)")
    await journey.until(lambda: USERS in journey.memory.quarantined)
    reason, record = journey.memory.quarantined[USERS]
    assert "too long" in reason
    assert record["key"] == {"id": 3}
    assert record["after"] == {"id": 3, "name": "x", "big": "y"}
    journey.execute("INSERT INTO pairs VALUES (2, 'x', 1)")
    await journey.until(lambda: not journey.differences("pairs"))
    assert (3,) not in journey.memory.rows[USERS]

    # The operator removed the cause and opens the table again: it goes on where it stood.
    journey.memory.fail = lambda when, batches: None
    journey.memory.set_state(USERS, TableState.OPEN)
    await journey.drained()
    _no_differences(journey)
    await journey.stop()


async def test_tables_become_consistent_when_a_marker_has_passed(journey: Journey) -> None:
    journey.memory.set_state(USERS, TableState.LOADING)
    journey.execute("INSERT INTO users VALUES (1, 'x', 'y')")
    high = await asyncio.to_thread(journey.source.write_marker, "high", 1)
    journey.start("apply")
    tracked = journey.memory.tracked[USERS]
    await journey.until(lambda: "apply" in journey.memory.statuses)
    journey.memory.tracked[USERS] = replace(tracked, state=TableState.OPEN, high=high)
    journey.start("capture")
    await journey.until(
        lambda: all(each.state is TableState.CONSISTENT for each in journey.tracked)
    )
    assert journey.memory.rows[USERS] == {(1,): {"id": 1, "name": "x", "big": "y"}}
    await journey.until(lambda: _lag(journey).get("now", 9e9) < 5000)
    assert _lag(journey).keys() == {"now", "p50", "p95", "p99"}
    await journey.stop()


def _lag(journey: Journey) -> dict[str, float]:
    """What apply says of the whole way; empty until a heartbeat has passed."""
    return journey.status("apply").get("lag_ms", {}).get("total") or {}


async def test_a_table_whose_gate_is_shut_is_not_read(journey: Journey) -> None:
    """✗ A change that is applied before its row was loaded is lost, or collides with it."""
    journey.memory.set_state(USERS, TableState.LOADING)
    journey.start("capture")
    journey.start("apply", max_connections=1)
    await _rounds_beside_users(journey, first=1)
    assert journey.memory.rows[USERS] == {}
    assert {each.next_offset for _, each in _checkpoints(journey, "users")} == {0}
    journey.memory.set_state(USERS, TableState.OPEN)
    await journey.drained()
    _no_differences(journey)
    await journey.stop()


async def _rounds_beside_users(journey: Journey, first: int) -> None:
    """Each round writes to `users`, then to a table that the same connection applies: when that
    has arrived, the connection has had its chance at `users` too."""
    for number in range(first, first + 3):
        journey.execute(f"INSERT INTO users VALUES ({number}, 'x', 'y')")
        journey.execute(f"INSERT INTO pairs VALUES ({number}, 'x', 1)")
        await journey.marker(f"round {number}")
        await journey.until(lambda: not journey.differences("pairs"))


def _checkpoints(journey: Journey, table: str) -> list[tuple[tuple[str, int], Checkpoint]]:
    topic = journey.topic(table)
    return [each for each in journey.memory.checkpoints.items() if each[0][0] == topic]


async def test_closed_checkpoints_are_not_moved_and_reopened_ones_are(journey: Journey) -> None:
    journey.start("capture")
    journey.start("apply", max_connections=1)
    journey.execute("INSERT INTO users VALUES (1, 'x', 'y')")
    await journey.drained("one")
    memory = journey.memory
    with memory.lock:
        for place, each in _checkpoints(journey, "users"):
            memory.checkpoints[place] = replace(each, closed=True)
    await _rounds_beside_users(journey, first=2)
    assert memory.rows[USERS].keys() == {(1,)}
    with memory.lock:
        for place, each in _checkpoints(journey, "users"):
            memory.checkpoints[place] = replace(each, closed=False)
    await journey.drained("three")
    _no_differences(journey)
    await journey.stop()


async def test_capture_quarantines_what_it_cannot_write_and_goes_on(journey: Journey) -> None:
    journey.start("capture")
    journey.start("apply")
    journey.execute("INSERT INTO users VALUES (1, 'x', repeat('y', 4000))")
    await journey.drained()
    journey.execute("ALTER TABLE users ADD age int DEFAULT 7")
    journey.execute(
        "INSERT INTO users VALUES (2, 'x', 'y')", "INSERT INTO pairs VALUES (1, 'x', 1)"
    )
    await journey.until(lambda: USERS in journey.memory.quarantined)
    reason, _ = journey.memory.quarantined[USERS]
    assert "column age integer with default 7 is new" in reason
    await journey.until(lambda: not journey.differences("pairs"))
    assert "public.users" in journey.memory.documents["capture.dropped"]
    await journey.stop()
    journey.execute(
        "INSERT INTO users VALUES (3, 'x', 'y')", "INSERT INTO pairs VALUES (2, 'x', 1)"
    )
    journey.start("capture")
    journey.start("apply")
    await journey.until(lambda: not journey.differences("pairs"))
    await journey.stop()


async def test_one_capture_at_a_time(journey: Journey) -> None:
    journey.memory.leases["capture"] = "somebody else"
    journey.start("capture", lease=0.3)
    journey.execute("INSERT INTO users VALUES (1, 'x', 'y')")
    await journey.until(lambda: journey.memory.refused_leases >= 3)
    ends = TopicAdmin(journey.kafka).ends([(journey.topic("users"), n) for n in range(4)])
    assert sum(ends.values()) == 0
    journey.memory.leases.clear()
    await journey.marker("now")
    await journey.stop()


async def test_other_clients_read_the_topics(journey: Journey) -> None:
    journey.start("capture")
    journey.execute("INSERT INTO pairs VALUES (1, 'x', 7)")
    await journey.marker("now")
    await journey.stop()
    topic, servers = journey.topic("pairs"), journey.kafka.bootstrap_servers

    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=servers,
        auto_offset_reset="earliest",
        consumer_timeout_ms=int(PATIENCE_S * 1000),
    )
    record = next(iter(consumer))
    consumer.close()
    assert record.key == b'{"a":1,"b":"x"}'
    value = orjson.loads(record.value)
    assert (value["op"], value["before"], value["after"]) == ("c", None, {"a": 1, "b": "x", "n": 7})
    assert value["source"]["table"] == "pairs"

    command = console(
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        *("--bootstrap-server", servers, "--topic", topic, "--from-beginning"),
        *("--max-messages", "1", "--timeout-ms", str(int(PATIENCE_S * 1000))),
    )
    shown = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=True, timeout=2 * PATIENCE_S
    )
    assert orjson.loads(shown.stdout) == value
