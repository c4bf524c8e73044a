"""A record of any size that the settings allow goes through, and one beyond them does not hurt."""

from __future__ import annotations

import os
import signal

import pytest

from model.catalog import TableName
from sandbox.kafka import KafkaBroker
from tests.integration.topics.conftest import settings_for
from tests.integration.topics.journey import Journey
from topics.settings import KafkaSettings

_DDL = """
CREATE TABLE files (id int PRIMARY KEY, content text);
CREATE TABLE small (id int PRIMARY KEY);
"""
_FILL = "INSERT INTO files SELECT {id}, string_agg(md5(n::text), '') FROM generate_series(1, {n}) n"
FILES = TableName("public", "files")


def _lag(journey: Journey) -> dict[str, float] | None:
    """What apply says of the changes' whole way; nothing while it does not know."""
    total: dict[str, float] | None = journey.status("apply").get("lag_ms", {}).get("total")
    return total


async def test_a_record_far_beyond_a_fetch(source_database: str, kafka: KafkaSettings) -> None:
    journey = Journey.deploy(source_database, kafka, _DDL)
    journey.start("capture")
    journey.start("apply")
    journey.execute(_FILL.format(id=1, n=600_000), _FILL.format(id=2, n=10))
    await journey.drained()
    assert len(journey.memory.rows[FILES][1,]["content"]) == 19_200_000
    assert journey.differences("files") == []
    await journey.stop()


async def test_a_record_beyond_the_limit_quarantines_its_table(
    source_database: str, kafka_bootstrap: str
) -> None:
    kafka = settings_for(kafka_bootstrap, max_record_bytes=64 * 1024)
    journey = Journey.deploy(source_database, kafka, _DDL)
    journey.start("capture")
    journey.start("apply")
    journey.execute(
        _FILL.format(id=1, n=10),
        "INSERT INTO files VALUES (2, repeat('x', 70000))",
        "INSERT INTO small VALUES (1)",
    )
    await journey.until(lambda: FILES in journey.memory.quarantined)
    reason, record = journey.memory.quarantined[FILES]
    assert "kafka.topics.max_record_bytes" in reason
    assert record["key"] == '{"id":2}'
    assert record["bytes"] > 70_000
    await journey.until(lambda: not journey.differences("small"))
    await journey.stop()


@pytest.mark.slow
async def test_a_broker_that_goes_away_and_comes_back_costs_time_only(
    source_database: str, broker: KafkaBroker
) -> None:
    """The alarm is raised meanwhile; nothing is lost, nothing is doubled."""
    journey = Journey.deploy(source_database, settings_for(broker.bootstrap), _DDL)
    journey.start("capture", stalled_after=1.0)
    journey.start("apply")
    journey.execute("INSERT INTO small VALUES (1)")
    await journey.drained("before")
    # Each role has said once that all is well, so that what it says next is news.
    await journey.until(lambda: journey.status("capture").get("stalled") is False)
    await journey.until(lambda: _lag(journey) is not None)
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        journey.execute("INSERT INTO small SELECT generate_series(2, 1000)")
        await journey.until(lambda: journey.status("capture").get("stalled") is True)
        # Heartbeats do not come either: the lag is unknown, and not what it was.
        await journey.until(lambda: _lag(journey) is None)
    finally:
        os.kill(broker.pid, signal.SIGCONT)
    await journey.drained("after")
    assert journey.differences("small") == []
    await journey.until(lambda: journey.status("capture").get("stalled") is False)
    await journey.stop()
