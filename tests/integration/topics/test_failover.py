"""The source fails over, and capture is started again: more than once."""

from __future__ import annotations

import pytest

from sandbox.postgres import PostgresServer
from tests.integration.postgresql.timeline import next_timeline
from tests.integration.topics.journey import Journey
from topics.settings import KafkaSettings


async def test_progress_belongs_to_the_timeline_that_it_was_read_on(
    kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """✗ Progress that kept the first timeline's name would lie beyond that one's end: the second
    start after a failover would call it lost."""
    with PostgresServer() as server:
        journey = Journey.deploy(server.dsn(), kafka, "CREATE TABLE t (id int PRIMARY KEY)")
        journey.start("apply")
        for round in range(3):
            journey.start("capture")
            journey.execute(f"INSERT INTO t VALUES ({round})")
            await journey.drained(f"round {round}")
            await journey.stop("capture")
            if round == 0:
                journey.source.close()
                next_timeline(server, monkeypatch)
        await journey.stop()
        assert journey.differences("t") == []
        journey.source.close()
