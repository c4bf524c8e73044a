"""The golden row travels: convert, deploy, snapshot and bulk, then the stream; equal to the last
digit of every type."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
import yaml

from connectors.registry import open_source, open_target
from model.catalog import TableName
from replicator.config.file import Config, load_config
from replicator.validation import Report, compare
from tests.golden import POSTGRESQL_AGAIN, POSTGRESQL_ROWS, POSTGRESQL_SCHEMA
from tests.patience import PATIENCE_S
from topics.control import passed
from topics.control_reader import ControlReader

ROWS = 5


def _configuration(folder: Path, bootstrap: str) -> Path:
    path = folder / "replicator.yaml"
    document = {
        "migration": "golden",
        "source": {
            "kind": "postgresql",
            "dsn": "${env:SOURCE_DSN}",
            "tables": {"include": ["public.*"]},
            "not_a_number": "null",
            "midnight_24": "null",
        },
        "kafka": {
            "bootstrap_servers": bootstrap,
            "topic_prefix": f"golden-{secrets.token_hex(4)}",
            "topics": {
                "replication_factor": 1,
                "min_insync_replicas": 1,
                "accept_lower_replication": True,
            },
        },
        "target": {"kind": "azuresql", "connection": "${env:AZURESQL_DSN}"},
    }
    path.write_text(yaml.safe_dump(document))
    return path


def _command(settings: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "replicator", *words, "-c", str(settings)]


@contextmanager
def _running(settings: Path, environment: dict[str, str], log: IO[bytes]) -> Iterator[Any]:
    """`replicator run`, drained at the end."""
    process = subprocess.Popen(
        _command(settings, "run"), env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_in_sync(
    process: subprocess.Popen[bytes], settings: Path, environment: dict[str, str], log: Path
) -> None:
    deadline = time.monotonic() + PATIENCE_S
    state = "unknown"
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        said = subprocess.run(
            _command(settings, "status", "--format", "json"),
            env=environment,
            capture_output=True,
            check=False,
        )
        if said.returncode == 0:
            status = json.loads(said.stdout)
            state = status["state"]
            assert not status.get("quarantined"), status["tables"]
            if state == "in-sync":
                return
    raise AssertionError(f"still {state}\n{log.read_text()}")


def _until_applied(config: Config) -> None:
    """A marker written after the changes has passed in every partition."""
    marker_id = str(uuid.uuid4())
    with closing(open_source(config.source, config.migration)) as source:
        source.write_marker(marker_id, time.time_ns() // 1_000_000)
    with closing(ControlReader(config.kafka)) as control:
        marker = control.find_marker(marker_id, PATIENCE_S)
    assert marker is not None
    deadline = time.monotonic() + PATIENCE_S
    with (
        closing(open_target(config.target)) as target,
        closing(target.state(config.migration)) as state,
    ):
        while not passed(marker.offsets, state.checkpoints()):
            quarantined = [table.reason for table in state.tables() if table.reason]
            assert not quarantined
            assert time.monotonic() < deadline, state.checkpoints()
            time.sleep(0.1)


def _compare(config: Config) -> Report:
    with (
        closing(open_source(config.source, config.migration)) as source,
        closing(open_target(config.target)) as target,
    ):
        [table] = source.catalog(["public.golden"], []).tables
        described = target.describe(TableName("dbo", "golden"))
        assert described is not None
        return compare(source, target, [(table, described)])


def _named(report: Report) -> list[str]:
    return [str(found) for table in report.tables for found in table.listed]


def test_the_golden_row_arrives_equal_by_snapshot_and_by_stream(
    source_database: str, target_database: str, kafka_bootstrap: str, tmp_path: Path
) -> None:
    with psycopg.connect(source_database, autocommit=True) as connection:
        connection.execute(POSTGRESQL_SCHEMA.encode())
        connection.execute(POSTGRESQL_ROWS.encode())
    settings = _configuration(tmp_path, kafka_bootstrap)
    environment = os.environ | {"SOURCE_DSN": source_database, "AZURESQL_DSN": target_database}
    config = load_config(settings, environment)
    log = tmp_path / "run.log"
    with log.open("wb") as output, _running(settings, environment, output) as process:
        _until_in_sync(process, settings, environment, log)
        loaded = _compare(config)
        assert _named(loaded) == []
        assert (loaded.rows, loaded.differences) == (ROWS, 0)
        with psycopg.connect(source_database, autocommit=True) as connection:
            connection.execute(POSTGRESQL_AGAIN.encode())
        _until_applied(config)
        streamed = _compare(config)
        assert _named(streamed) == []
        assert (streamed.rows, streamed.differences) == (2 * ROWS, 0)
