"""Appliers follow the tables that join and leave, and a restart gets those that came meanwhile."""

from __future__ import annotations

import pytest

from model.catalog import TableName
from model.state import TableState, TrackedTable
from tests.integration.topics.journey import Journey
from topics.admin import TopicAdmin
from topics.naming import data_topic
from topics.settings import KafkaSettings

USERS = TableName("public", "users")


@pytest.fixture
def journey(source_database: str, kafka: KafkaSettings) -> Journey:
    ddl = "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE pairs (id int PRIMARY KEY)"
    return Journey.deploy(source_database, kafka, ddl)


async def join(journey: Journey, name: str) -> None:
    """The table is captured from now on, and its topic open."""
    journey.execute(f"CREATE TABLE {name} (id int PRIMARY KEY)")
    table = TableName("public", name)
    topic = data_topic(journey.kafka.topic_prefix, table)
    since = journey.source.write_marker(f"anew:{name}", 1)
    tracked = TrackedTable(table, table, topic, 2, ("id",), TableState.JOINING, since=since)
    TopicAdmin(journey.kafka).create([tracked], may_hold_records=True)
    with journey.memory.lock:
        journey.memory.track(tracked)
    await journey.until(lambda: str(table) in journey.status("capture").get("anew", {}))
    chosen = journey.source.catalog([str(each.source) for each in journey.tracked], [])
    journey.source.prepare(chosen.tables)
    journey.memory.set_state(table, TableState.OPEN)


def leave(journey: Journey, name: str) -> None:
    with journey.memory.lock:
        gone = journey.memory.tracked.pop(TableName("public", name))
        for place in [each for each in journey.memory.checkpoints if each[0] == gone.topic]:
            del journey.memory.checkpoints[place]


async def arrives(journey: Journey, *names: str) -> None:
    for name in names:
        journey.execute(f"INSERT INTO {name} SELECT coalesce(max(id), 0) + 1 FROM {name}")
    for name in names:
        await journey.until(lambda name=name: not journey.differences(name))  # type: ignore[misc]


async def test_tables_join_and_leave_while_others_are_read(
    journey: Journey, caplog: pytest.LogCaptureFixture
) -> None:
    """✗ A heartbeat that names a partition which nobody tracks any more never passes: the lag
    stays unknown for ever."""
    journey.start("capture")
    apply = journey.start("apply", max_connections=2)
    await arrives(journey, "users", "pairs")
    await join(journey, "late")
    await arrives(journey, "users", "late")
    leave(journey, "pairs")
    await arrives(journey, "users", "late")
    assert not apply.done()
    assert not [each for each in caplog.records if "starts again" in each.message], "one fell out"
    await journey.until(lambda: bool(journey.status("apply").get("lag_ms", {}).get("total")))
    await journey.stop()


async def test_who_starts_again_is_given_the_topics_that_came_meanwhile(journey: Journey) -> None:
    """✗ The group keeps a static member's old partitions when it comes back in time, whatever
    topics it asks for now."""
    journey.start("capture")
    journey.start("apply", max_connections=2)
    await arrives(journey, "users", "pairs")
    await journey.stop("apply")
    await join(journey, "late")
    journey.start("apply", max_connections=2)
    await arrives(journey, "users", "late")
    await journey.stop()
