"""Metrics and health over HTTP, logs without secrets."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import logging
import math
from collections.abc import Iterator

import pytest

from model.errors import ConfigurationError
from monitoring.logs import configure
from monitoring.metrics import STAGES, Metrics, peak_rss_bytes
from monitoring.server import serving


def _lines(metrics: Metrics) -> dict[str, float]:
    """Sample, with those labels that tell it from others → value."""
    found = {}
    for line in metrics.render().decode().splitlines():
        if line.startswith("replicator_"):
            name, value = line.rsplit(" ", 1)
            name, _, labels = name.rstrip("}").partition("{")
            own = [each for each in labels.split(",") if not each.startswith(("migration", "role"))]
            found[" ".join([name, *own])] = float(value)
    return found


def _get(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_an_unknown_lag_is_not_zero() -> None:
    metrics = Metrics("apply", "m")
    for stage in STAGES:
        assert math.isnan(_lines(metrics)[f'replicator_lag_seconds stage="{stage}"'])
    metrics.set_lag("total", 0.25)
    assert _lines(metrics)['replicator_lag_seconds stage="total"'] == 0.25
    metrics.set_lag("total", None)
    assert math.isnan(_lines(metrics)['replicator_lag_seconds stage="total"'])


def test_what_is_counted_is_shown() -> None:
    metrics = Metrics("apply", "m")
    metrics.add_rows(3)
    metrics.add_changes(5)
    metrics.add_bytes(7)
    metrics.add_dropped(2)
    metrics.add_retry()
    metrics.add_error("Gap")
    metrics.observe_lag(0.2)
    metrics.set_stalled(True)
    metrics.set_outstanding(11)
    lines = _lines(metrics)
    assert lines["replicator_rows_total"] == 3
    assert lines["replicator_changes_total"] == 5
    assert lines["replicator_bytes_total"] == 7
    assert lines["replicator_dropped_total"] == 2
    assert lines["replicator_retries_total"] == 1
    assert lines['replicator_errors_total kind="Gap"'] == 1
    assert lines["replicator_change_lag_seconds_count"] == 1
    assert lines["replicator_stalled"] == 1
    assert lines["replicator_outstanding_bytes"] == 11
    assert lines["replicator_peak_rss_bytes"] > 10 * 1024 * 1024


def test_one_phase_is_the_present_one() -> None:
    metrics = Metrics("apply", "m")
    metrics.set_phase("waiting")
    metrics.set_phase("applying")
    lines = _lines(metrics)
    assert lines['replicator_phase phase="waiting"'] == 0
    assert lines['replicator_phase phase="applying"'] == 1


def test_memory_is_measured() -> None:
    before = peak_rss_bytes()
    block = bytearray(64 * 1024 * 1024)
    assert peak_rss_bytes() >= before
    assert len(block) > 0


async def test_health_and_metrics_are_served_on_a_free_port() -> None:
    metrics = Metrics("apply", "m")
    async with serving(metrics, "127.0.0.1", 0) as port:
        assert port > 0
        status, text = await asyncio.to_thread(_get, port, "/metrics")
        assert status == 200
        assert "replicator_changes_total" in text
        status, text = await asyncio.to_thread(_get, port, "/healthz")
        assert (status, json.loads(text)["healthy"]) == (200, True)
        metrics.set_health(False, "the slot is gone")
        status, text = await asyncio.to_thread(_get, port, "/healthz")
        assert (status, json.loads(text)["reason"]) == (503, "the slot is gone")


async def test_a_port_that_is_taken_is_a_configuration_error() -> None:
    metrics = Metrics("apply", "m")
    async with serving(metrics, "127.0.0.1", 0) as port:
        with pytest.raises(ConfigurationError, match=r"monitoring\.ports\.apply"):
            async with serving(metrics, "127.0.0.1", port):
                pass


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_json_logs_are_one_object_a_line_without_secrets(stream: io.StringIO) -> None:
    configure("json", "info", ["hush-hush"], role="capture", stream=stream)
    logger = logging.getLogger("replicator.capture")
    logger.info("connects", extra={"fields": {"dsn": "PWD=hush-hush"}})
    logger.debug("not shown")
    (line,) = stream.getvalue().splitlines()
    record = json.loads(line)
    assert (record["role"], record["message"], record["level"]) == ("capture", "connects", "info")
    assert record["dsn"] == "PWD=********"


def test_text_logs_hide_secrets_in_tracebacks_too(stream: io.StringIO) -> None:
    configure("text", "info", ["hush-hush"], role="load", stream=stream)
    try:
        raise ValueError("connecting with hush-hush")
    except ValueError:
        logging.getLogger("replicator.load").exception("fails")
    assert "hush-hush" not in stream.getvalue()
    assert "ValueError: connecting with ********" in stream.getvalue()
