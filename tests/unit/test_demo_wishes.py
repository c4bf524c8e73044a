"""What the demo may be asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from model.errors import ConfigurationError, Unreachable
from sandbox.children import free_port
from sandbox.demo import Wishes
from sandbox.demo.kills import Killer
from sandbox.demo.settings import write_settings
from sandbox.servers import Servers


def test_a_demo_without_rows_or_time_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at least 1000"):
        Wishes(rows=999)
    with pytest.raises(ConfigurationError, match="above 0"):
        Wishes(seconds=0)


def test_only_roles_can_be_killed() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Killer(["capture", "coordinator"], print)
    assert "choose from load, capture, apply" in str(raised.value)


def test_a_role_that_was_not_killed_is_missed() -> None:
    assert Killer(["capture", "apply"], print).missed() == ["capture", "apply"]


def test_secrets_are_not_in_the_written_settings(tmp_path: Path) -> None:
    path = tmp_path / "replicator.yaml"
    write_settings(path, bootstrap="127.0.0.1:1", prefix="p", hook="http://127.0.0.1:2/switch")
    document = yaml.safe_load(path.read_text())
    assert document["source"]["dsn"] == "${env:SOURCE_DSN}"
    assert document["target"]["connection"] == "${env:AZURESQL_DSN}"
    assert document["cutover"]["hooks"]["switch"]["url"] == "http://127.0.0.1:2/switch"


def test_a_named_server_that_is_not_there_is_told_with_a_remedy() -> None:
    named = {"SOURCE_DSN": f"postgresql://postgres:x@127.0.0.1:{free_port()}/postgres"}
    with (
        Servers(environment=named) as servers,
        pytest.raises(Unreachable) as raised,
        servers.source_database(),
    ):
        raise AssertionError("there is no server")
    assert raised.value.object == "SOURCE_DSN"
    assert "unset SOURCE_DSN" in raised.value.hint
