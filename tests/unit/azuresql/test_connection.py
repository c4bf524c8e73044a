"""Connection strings, tokens, and connectors found by kind."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import pytest

from connectors import registry
from connectors.azuresql.connection import connection_string, token_attribute
from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget
from model.errors import ConfigurationError
from tests.unit.azuresql.test_settings import PLAIN, settings


def test_sessions_name_themselves_and_the_given_driver_is_used() -> None:
    text = connection_string(settings(PLAIN + ";Driver={/x/lib.so}"), "replicator:a:apply")
    assert text.startswith("Driver={/x/lib.so};")
    assert "APP=replicator:a:apply;" in text
    assert "ConnectRetryCount=0;" in text
    assert "Encrypt=yes;" in text
    assert "PWD={p;w}}d};" in text


def test_a_token_is_its_length_and_utf16() -> None:
    """The structure that SQL_COPT_SS_ACCESS_TOKEN documents."""
    attribute = token_attribute("añ")[1256]
    assert attribute == struct.pack("<I", 4) + "añ".encode("utf-16-le")


@dataclass
class Unknown:
    kind: str = "oracle"


def test_kinds_are_found_by_name() -> None:
    target = registry.open_target(settings())
    assert isinstance(target, AzureSqlTarget)
    assert target.kind == "azuresql"
    target.close()
    with pytest.raises(ConfigurationError, match="'oracle' is not a kind of target") as raised:
        registry.open_target(Unknown())
    assert "azuresql" in raised.value.hint
    with pytest.raises(ConfigurationError, match="kind of source"):
        registry.open_source(Unknown(), "m")


def test_an_unchecked_certificate_is_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    AzureSqlTarget(settings(PLAIN + ";TrustServerCertificate=yes")).close()
    assert "certificate is not checked" in caplog.text
    caplog.clear()
    AzureSqlTarget(settings()).close()
    assert caplog.text == ""


def test_settings_are_the_connectors_own() -> None:
    assert AzureSqlSettings.model_fields["kind"].default == "azuresql"
