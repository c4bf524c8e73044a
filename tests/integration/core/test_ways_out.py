"""What an operator types when changes are gone, and that it helps: no row is missing afterwards."""

from __future__ import annotations

import json
import threading

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from model.state import MigrationState, TableState
from replicator.cli.roles import ROLES
from replicator.coordination import opened
from tests.integration.core.journey import Journey
from tests.integration.core.test_bad_input import refused
from tests.integration.core.test_quarantine import decided, state, until_quarantined
from tests.patience import PATIENCE_S, until

PEOPLE = "public.people"
_NAMES = "SELECT id, name FROM {}people ORDER BY id"
_NOTES = "SELECT id, person, note FROM {}visits ORDER BY id"


def until_equal(journey: Journey) -> None:
    """Both tables hold the same rows on both sides."""

    def equal() -> bool:
        return all(
            journey.target(text.format("dbo.")) == journey.sql(text.format("public."))
            for text in (_NAMES, _NOTES)
        )

    def standing() -> object:
        tables = "SELECT source_name, state, reason, since, high FROM replicator.tracked"
        places = "SELECT topic, partition, next_offset, position, closed FROM replicator.checkpoint"
        return journey.target(tables), journey.target(places)

    until(equal, standing)


def deleted(journey: Journey, topic: str) -> None:
    kafka = AdminClient({"bootstrap.servers": journey.kafka})
    kafka.delete_topics([topic])[topic].result(PATIENCE_S)
    until(lambda: topic not in kafka.list_topics(timeout=PATIENCE_S).topics)


def foreign(journey: Journey, topic: str) -> None:
    producer = Producer({"bootstrap.servers": journey.kafka})
    producer.produce(topic, key=b'{"id": 7}', value=b'{"op": "d", "who": "mallory"}', partition=1)
    assert producer.flush(PATIENCE_S) == 0


@pytest.mark.slow
def test_every_way_out_leads_out(journey: Journey) -> None:
    """✗ A gap whose way out is named but does not help is the end of the migration."""
    journey.people(50)
    topic = f"{journey.prefix}.public.people"
    with journey.roles(*ROLES):
        journey.until(MigrationState.IN_SYNC)
        journey.sql("UPDATE people SET name = 'before'")
        until_equal(journey)

    # Somebody else's record: its table stops alone, and goes on behind it.
    foreign(journey, topic)
    with journey.roles(*ROLES):
        until_quarantined(journey)
        assert "is not ours: it lacks parts of our envelope" in state(journey)[1]
        journey.sql("UPDATE people SET name = 'behind it'")
        journey.sql("UPDATE visits SET note = 'goes on'")
        assert "mallory" not in decided(journey, "show", PEOPLE)
        assert decided(journey, "skip", PEOPLE) == f"{PEOPLE} is consistent again"
        until_equal(journey)

    # A topic that is gone: no role is needed to say what shall become of its table.
    deleted(journey, topic)
    journey.sql("UPDATE people SET name = 'while the topic was gone'")
    refused(journey, "capture", 3, topic, "is gone", f"`replicator table reload {PEOPLE}`")
    assert f"{PEOPLE} is loaded anew" in decided(journey, "reload", PEOPLE)
    with journey.roles(*ROLES):
        journey.until_tables(TableState.CONSISTENT)
        journey.sql("UPDATE people SET name = 'after' WHERE id < 9")
        until_equal(journey)

    # The slot is gone, then there is another one of its name: everything is loaded again.
    with opened(journey.config, threading.Event()) as context:
        context.source.drop()
    journey.sql("UPDATE visits SET note = 'nobody has read this'")
    journey.sql(
        "DELETE FROM people WHERE id > 40 AND NOT EXISTS "
        "(SELECT FROM visits WHERE person = people.id)"
    )
    refused(journey, "capture", 3, "the slot is gone", "`replicator table reload --all`")
    name = f"replicator_{journey.name}"
    journey.admin("SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", name)
    refused(journey, "capture", 3, f"slot {name}: the slot stands at", "--all")
    ended = journey.replicator("table", "reload", "--all")
    assert ended.returncode == 0, ended.stderr
    assert "2 tables are loaded anew" in ended.stdout
    with journey.roles(*ROLES):
        journey.until_tables(TableState.CONSISTENT)
        journey.sql("UPDATE people SET name = 'at last' WHERE id < 9")
        until_equal(journey)
        said = journey.replicator("table", "reload", "--all")
        assert said.returncode == 3
        assert "coordinator runs" in said.stderr


@pytest.mark.slow
def test_a_control_topic_that_is_gone(journey: Journey) -> None:
    journey.people(50)
    with journey.roles(*ROLES):
        journey.until(MigrationState.IN_SYNC)
    deleted(journey, f"{journey.prefix}.control")
    journey.sql("UPDATE people SET name = 'meanwhile'")
    refused(journey, "run", 3, f"{journey.prefix}.control", "is gone", "--all")
    ended = journey.replicator("table", "reload", "--all", "--format", "json")
    assert json.loads(ended.stdout) == {"tables": 2}, ended.stderr
    with journey.roles(*ROLES):
        journey.until_tables(TableState.CONSISTENT)
        until_equal(journey)
