"""Every kind of bad input is a clear error with its exit code, before or without harm to data."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
import pytest

from connectors.azuresql.settings import parse_connection, render_connection
from sandbox.children import free_port
from sandbox.postgres import PostgresServer
from tests.integration.core.journey import Journey


def refused(journey: Journey, command: str, code: int, *words: str, **environ: str) -> str:
    """The command's standard error: the code, the words, no traceback and no secret in it."""
    ended = journey.replicator(*command.split(), **environ)
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "app-secret" not in ended.stderr
    assert "wrong-password" not in ended.stderr
    for word in words:
        assert word in ended.stderr, ended.stderr
    return ended.stderr


def test_an_unknown_key(journey: Journey) -> None:
    journey.more["load"] = {"wokers": 3}
    refused(journey, "run", 2, "load.wokers", "did you mean 'workers'?")


def test_a_missing_secret(journey: Journey) -> None:
    journey.more["target"] = {"connection": "${env:NOT_THERE}"}
    refused(journey, "run", 2, "the environment variable NOT_THERE is not set")


def test_a_source_that_does_not_answer(journey: Journey) -> None:
    dsn = f"postgresql://u:wrong-password@127.0.0.1:{free_port()}/x"
    refused(journey, "run", 1, "does not answer", SOURCE_DSN=dsn)


def test_a_source_that_refuses_the_password(journey: Journey) -> None:
    dsn = psycopg.conninfo.make_conninfo(journey.dsn, user=journey.app, password="wrong-password")
    refused(journey, "run", 1, SOURCE_DSN=dsn)


def test_a_target_that_refuses_the_password(journey: Journey) -> None:
    odbc = render_connection({**parse_connection(journey.odbc), "PWD": "wrong-password"})
    refused(journey, "run", 1, "18456", "check UID and PWD", AZURESQL_DSN=odbc)


def test_a_target_that_does_not_answer(journey: Journey) -> None:
    server = f"tcp:127.0.0.1,{free_port()}"
    odbc = render_connection({**parse_connection(journey.odbc), "Server": server})
    refused(journey, "run", 1, "does not answer", AZURESQL_DSN=odbc)


def test_a_broker_that_does_not_answer(journey: Journey) -> None:
    journey.more["kafka"] = {"bootstrap_servers": f"127.0.0.1:{free_port()}"}
    refused(journey, "run", 1, "no broker answered")


@pytest.fixture(scope="module")
def plain_server() -> Iterator[PostgresServer]:
    with PostgresServer({"wal_level": "replica"}) as server:
        yield server


def test_a_source_without_a_logical_log(journey: Journey, plain_server: PostgresServer) -> None:
    refused(journey, "run", 3, "wal_level", SOURCE_DSN=plain_server.dsn())


def test_a_table_with_neither_key_nor_identity(journey: Journey) -> None:
    journey.sql("CREATE TABLE public.no_key (a int)")
    refused(journey, "run", 3, "public.no_key")


def test_a_type_that_cannot_be_represented(journey: Journey) -> None:
    journey.sql("CREATE TABLE public.wide (id int PRIMARY KEY, n numeric(60, 10))")
    refused(journey, "run", 3, "public.wide.n")
    assert journey.target("SELECT COUNT(*) FROM sys.tables WHERE name = 'wide'") == [(0,)]


def test_a_target_table_that_is_not_empty(journey: Journey) -> None:
    journey.sql("CREATE TABLE public.things (id int PRIMARY KEY)")
    journey.target("CREATE TABLE dbo.things (id int NOT NULL PRIMARY KEY)")
    journey.target("INSERT INTO dbo.things VALUES (1)")
    refused(journey, "run", 3, "dbo.things")
    assert journey.target("SELECT id FROM dbo.things") == [(1,)]


def test_a_topic_prefix_that_others_use(journey: Journey) -> None:
    from confluent_kafka import Producer

    journey.sql("CREATE TABLE public.things (id int PRIMARY KEY)")
    prefix = journey.name.replace("_", "-")
    producer = Producer({"bootstrap.servers": journey.kafka})
    producer.produce(f"{prefix}.public.things", b"not ours")
    producer.flush(10)
    refused(journey, "run", 3, f"{prefix}.public.things")


def test_commands_before_anything_was_begun(journey: Journey) -> None:
    journey.sql("CREATE TABLE public.things (id int PRIMARY KEY)")
    ended = journey.replicator("status", "--format", "json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"migration": journey.name, "state": None}
    refused(journey, f"cutover --confirm {journey.name}", 3, "no such migration")
    refused(journey, "deploy --stage post-load", 3, "no such migration")


def test_a_cut_over_that_is_not_confirmed(journey: Journey) -> None:
    journey.people(10)
    with journey.roles("capture", "apply", "load"), journey.coordinated():
        from model.state import MigrationState

        journey.until(MigrationState.IN_SYNC)
        refused(journey, "cutover", 2, f"--confirm {journey.name}")
        refused(journey, "cutover --confirm other", 2, f"--confirm {journey.name}")


def test_check_names_what_lacks(journey: Journey, plain_server: PostgresServer) -> None:
    journey.people(1)
    ended = journey.replicator("check", "--format", "json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(ended.stdout)["passed"] is True
    ended = journey.replicator("check", SOURCE_DSN=plain_server.dsn())
    assert ended.returncode == 3, ended.stdout
    assert "FAIL source: " in ended.stdout
