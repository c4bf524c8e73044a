"""Every kind of bad input is a clear error with its exit code, before or without harm to data."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pyodbc
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from connectors.azuresql.settings import parse_connection, render_connection
from model.state import MigrationState
from sandbox.children import free_port
from sandbox.kafka import KafkaBroker
from sandbox.postgres import PostgresServer
from tests.integration.core.journey import Journey
from tests.patience import PATIENCE_S
from tests.servers import KAFKA_USER, AzureSqlAddress


def refused(journey: Journey, command: str, code: int, *words: str, **environ: str) -> str:
    """The command's standard error: the code, the words, and what to do; no secret in it."""
    ended = journey.replicator(*command.split(), **environ)
    said = ended.stderr
    assert ended.returncode == code, said
    assert "Traceback" not in said
    assert "app-secret" not in said
    assert "wrong-password" not in said
    assert re.search(r"^error: \S.*: .*\n  → \S", said, re.MULTILINE), said
    for word in words:
        assert word in said, said
    return said


def test_an_unknown_key(journey: Journey) -> None:
    journey.more["load"] = {"wokers": 3}
    said = refused(journey, "run", 2, "load.wokers", "did you mean 'workers'?")
    assert "m.yaml:1 load.wokers: there is no key 'wokers' here" in said


def test_a_missing_secret(journey: Journey) -> None:
    journey.more["target"] = {"connection": "${env:NOT_THERE}"}
    refused(journey, "run", 2, "the environment variable NOT_THERE is not set")


def test_a_source_that_does_not_answer(journey: Journey) -> None:
    place = f"127.0.0.1:{free_port()}/x"
    dsn = f"postgresql://u:wrong-password@{place}"
    refused(journey, "run", 1, place, "does not answer", SOURCE_DSN=dsn)


def test_a_source_that_refuses_the_password(journey: Journey) -> None:
    dsn = psycopg.conninfo.make_conninfo(journey.dsn, user=journey.app, password="wrong-password")
    refused(journey, "run", 1, "28P01", "user and password of source.dsn", SOURCE_DSN=dsn)


def test_a_target_that_refuses_the_password(journey: Journey) -> None:
    odbc = render_connection({**parse_connection(journey.odbc), "PWD": "wrong-password"})
    refused(journey, "run", 1, "18456", "check UID and PWD", AZURESQL_DSN=odbc)


def test_a_target_that_does_not_answer(journey: Journey) -> None:
    server = f"tcp:127.0.0.1,{free_port()}"
    odbc = render_connection({**parse_connection(journey.odbc), "Server": server})
    # The driver alone would knock until this is over, longer than a command may take here.
    journey.more["target"] = {"connect_timeout": "10m"}
    refused(journey, "run", 1, server, "does not answer", "target.connection", AZURESQL_DSN=odbc)
    ended = journey.replicator("check", AZURESQL_DSN=odbc)
    assert ended.returncode == 1, ended.stdout
    assert f"FAIL target: reachable {server}" in ended.stdout


@pytest.mark.slow
def test_a_broker_that_does_not_answer(journey: Journey) -> None:
    place = f"127.0.0.1:{free_port()}"
    journey.more["kafka"] = {"bootstrap_servers": place}
    refused(journey, "run", 1, place, "no broker answered", "kafka.bootstrap_servers")


def test_a_broker_that_refuses_the_password(journey: Journey, own_kafka: KafkaBroker) -> None:
    journey.more["kafka"] = {
        "bootstrap_servers": own_kafka.secure_bootstrap,
        "security": {
            "protocol": "sasl_ssl",
            "mechanism": "SCRAM-SHA-512",
            "username": KAFKA_USER,
            "password": "${env:KAFKA_SECRET}",
            "ca_file": str(own_kafka.ca_file),
        },
    }
    place = own_kafka.secure_bootstrap
    refused(journey, "run", 1, place, "kafka.security", KAFKA_SECRET="wrong-password")


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
    journey.sql("CREATE TABLE public.things (id int PRIMARY KEY)")
    topic = f"{journey.config.kafka.topic_prefix}.public.things"
    kafka = AdminClient({"bootstrap.servers": journey.kafka})
    kafka.create_topics([NewTopic(topic, 2, 1)])[topic].result(PATIENCE_S)
    producer = Producer({"bootstrap.servers": journey.kafka})
    producer.produce(topic, b"not ours")
    assert producer.flush(PATIENCE_S) == 0
    refused(journey, "run", 3, topic)


def test_hostile_bytes_at_the_targets_port(journey: Journey, azuresql: AzureSqlAddress) -> None:
    """They end their own connections; whoever was connected before goes on."""
    if not azuresql.control:
        pytest.skip("a real server has its own tests")
    connected = pyodbc.connect(journey.odbc, autocommit=True)
    for hostile in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x12\x01\xff\xff" + b"\x00" * 200,
        b"\x10\x01\x00\x09\x00\x00\x01\x00\xff",
        b"\x16\x03\x01\x02\x00" + bytes(range(256)) * 2,
        bytes(range(255, -1, -1)) * 64,
    ):
        with socket.create_connection(
            (azuresql.host, azuresql.port), timeout=PATIENCE_S
        ) as stranger:
            stranger.sendall(hostile)
            stranger.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                while stranger.recv(4096):
                    pass
    assert connected.execute("SELECT 1").fetchval() == 1
    connected.close()
    ended = journey.replicator("status")
    assert ended.returncode == 0, ended.stderr


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
