"""The sandbox's own servers: what they offer, and that nothing of them stays behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from sandbox.folders import RunDirectory
from sandbox.kafka import KafkaBroker
from sandbox.postgres import PostgresServer
from tests.patience import PATIENCE_S, until
from tests.servers import PostgresAddress


def test_postgres_is_ready_for_logical_decoding(postgres: PostgresAddress) -> None:
    with psycopg.connect(postgres.dsn()) as connection:
        assert connection.execute("SHOW wal_level").fetchone() == ("logical",)
        assert connection.info.server_version >= 180000


def test_postgres_has_nondeterministic_icu_collations(source_database: str) -> None:
    with psycopg.connect(source_database) as connection:
        connection.execute(
            "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2',"
            " deterministic = false)"
        )
        assert connection.execute("SELECT 'a' COLLATE loose = 'A'").fetchone() == (True,)


def test_postgres_refuses_a_wrong_password(postgres: PostgresAddress) -> None:
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres.dsn(password="wrong"))


@pytest.mark.slow
def test_kafka_answers_on_both_listeners() -> None:
    with KafkaBroker(users={"alice": "s3cret"}) as broker:
        secure: dict[str, str | int | float | bool] = {
            "bootstrap.servers": broker.secure_bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "alice",
            "sasl.password": "s3cret",
            "ssl.ca.location": str(broker.ca_file),
            "log_level": 0,
        }
        plain = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        assert set(plain.list_topics(timeout=PATIENCE_S).brokers) == {1}
        assert set(AdminClient(secure).list_topics(timeout=PATIENCE_S).brokers) == {1}
        refused = AdminClient({**secure, "sasl.password": "wrong"})
        with pytest.raises(KafkaException):
            refused.list_topics(timeout=3)


OWNER = """
import sys, time
from sandbox.kafka import KafkaBroker
from sandbox.postgres import PostgresServer
postgres, kafka = PostgresServer(), KafkaBroker()
postgres.start(); kafka.start()
print(postgres.pid, kafka.pid, postgres.folder, kafka.folder, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_servers_do_not_outlive_a_killed_owner() -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    words = owner.stdout.readline().split()
    owner.stdout.close()
    servers, folders = [int(word) for word in words[:2]], [Path(word) for word in words[2:]]
    assert all(alive(pid) for pid in servers)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    until(lambda: not any(alive(pid) for pid in servers), "the servers' end")
    assert not set(servers) & creators_of_shared_memory()
    # Its folders are removed by whoever needs a folder next.
    RunDirectory("test").remove()
    assert not any(folder.exists() for folder in folders)


def test_stopping_leaves_nothing() -> None:
    server = PostgresServer()
    server.start()
    folder, pid = server.folder, server.pid
    assert pid in creators_of_shared_memory()
    server.stop()
    server.stop()
    assert not folder.exists()
    assert not alive(pid)
    assert pid not in creators_of_shared_memory()


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def creators_of_shared_memory() -> set[int]:
    """The processes that made the System V segments of this machine."""
    return {int(line.split()[4]) for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}
