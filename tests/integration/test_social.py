"""The social network on a real PostgreSQL: its rows, its workload, its ledger finds things."""

from __future__ import annotations

import time

import psycopg
import pytest

from sandbox.databases import source_dsn
from sandbox.social.database import ROLE, install_source
from sandbox.social.ledger import NOTIFICATION, VISIT, Fact, Ledger
from sandbox.social.sessions import RequestFailed, Side, open_session
from sandbox.social.workload import Plan, Workload

PASSWORD = "social-network-1"


@pytest.fixture
def network(source_database: str) -> str:
    """The application's DSN of a network of 2,000 rows."""
    install_source(source_database, PASSWORD, 2_000, seed=4)
    return source_dsn(source_database, source_database.rpartition("/")[2], ROLE, PASSWORD)


def test_the_network_has_the_rows_asked_for_and_belongs_to_its_role(
    source_database: str, network: str
) -> None:
    with psycopg.connect(source_database) as connection:
        tables = connection.execute(
            "SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        assert len(tables) == 11
        assert {owner for _, owner in tables} == {ROLE}
        counted = [connection.execute(f"SELECT count(*) FROM {name}") for name, _ in tables]
        assert sum(row[0] for cursor in counted for row in cursor) == 2_000
        assert connection.execute(
            "SELECT rolsuper OR rolcreaterole OR rolbypassrls FROM pg_roles WHERE rolname = %s",
            [ROLE],
        ).fetchone() == (False,)
    with psycopg.connect(network) as connection:
        # The next number is free: sequences stand where the generated rows end.
        connection.execute("INSERT INTO tags (name) VALUES ('fresh')")


def test_the_workload_keeps_its_rate_and_its_ledger_is_found(network: str) -> None:
    workload = Workload(Plan(network, network, writes_per_s=200, reads_per_s=40))
    workload.start()
    time.sleep(3)
    summary, verdict = workload.finish()
    assert summary.failed_requests == 0
    assert summary.writes_asked == summary.writes_in_time == summary.writes_by_workload
    assert 500 < summary.writes_by_workload < 700
    assert summary.reads_by_workload > 80
    assert verdict.checked > 300
    assert (verdict.missing, verdict.examples) == (0, ())


def test_the_ledger_finds_a_lost_write_and_one_that_came_back(network: str) -> None:
    ledger = Ledger()
    ledger.record([Fact(VISIT, (1,), (7,)), Fact(NOTIFICATION, (2,), "absent")])
    session = open_session(Side.SOURCE, network)
    verdict = ledger.verify(session)
    session.close()
    assert (verdict.checked, verdict.missing) == (2, 2)
    assert verdict.examples == (
        "notifications {'id': 2}: acknowledged 'absent', found ()",
        "profiles {'user_id': 1}: acknowledged (7,), found (0,)",
    )


def test_a_refused_write_is_recorded_and_tried_again(source_database: str, network: str) -> None:
    workload = Workload(Plan(network, network, writes_per_s=100, reads_per_s=10))
    workload.start()
    time.sleep(1)
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute(f"REVOKE UPDATE ON profiles FROM {ROLE}")
        time.sleep(1)
        connection.execute(f"GRANT UPDATE ON profiles TO {ROLE}")
    time.sleep(1)
    summary, verdict = workload.finish()
    assert set(summary.failures) == {"source write 42501"}
    assert summary.failed_requests == summary.failures["source write 42501"] > 10
    assert summary.writes_by_workload == summary.writes_asked
    assert verdict.missing == 0


def test_a_flip_is_heard_once(network: str) -> None:
    workload = Workload(Plan(network, network, writes_per_s=10, reads_per_s=1))
    assert workload.flip("a")
    assert not workload.flip("a")
    assert workload.counters()["side"] is Side.TARGET


def test_a_source_that_does_not_answer_is_named(network: str) -> None:
    with pytest.raises(RequestFailed):
        Workload(Plan(network.replace(PASSWORD, "wrong"), "", 1, 1)).start()
