"""Connection strings, tokens, and connectors found by kind."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass

import pytest

from connectors import registry
from connectors.azuresql.connection import (
    connection_string,
    knock,
    open_pyodbc,
    token_attribute,
)
from connectors.azuresql.errors import TargetUnreachable
from connectors.azuresql.settings import AzureSqlSettings
from connectors.azuresql.target import AzureSqlTarget, warn_of_certificate
from model.errors import ConfigurationError, LoginRefused
from sandbox.children import free_port
from tests.patience import PATIENCE_S
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


class Tokens:
    """A credential that counts how often it is asked."""

    def __init__(self) -> None:
        self.given = 0

    def get_token(self, *scopes: str) -> Tokens:
        assert scopes == ("https://database.windows.net/.default",)
        self.given += 1
        return self

    @property
    def token(self) -> str:
        return f"token {self.given}"


class Broken(Tokens):
    @property
    def token(self) -> str:
        raise OSError("secret of the transport")


NOWHERE = "Server=tcp:127.0.0.1,9;Database=d"


def test_a_token_is_fetched_anew_for_each_connection() -> None:
    """✗ One token for the life of a process: it expires within the hour."""
    tokens = Tokens()
    nowhere = settings(NOWHERE, credential="default", connect_timeout="1s")
    for count in (1, 2):
        with pytest.raises(TargetUnreachable):
            open_pyodbc(nowhere, application="test", identity=tokens)
        assert tokens.given == count


def test_a_closed_port_is_told_at_once_and_by_its_cause() -> None:
    """✗ The driver knocks for its whole login timeout, and then only says that it is over."""
    nobody = f"Server=tcp:127.0.0.1,{free_port()};Database=d;UID=a;PWD=hush-hush"
    target = AzureSqlTarget(settings(nobody, connect_timeout="10m", patience="10m"))
    start = time.monotonic()
    (only,) = target.check()
    assert time.monotonic() - start < PATIENCE_S
    assert not only.passed
    assert only.detail == "the server does not answer (Connection refused)"
    assert only.fix == "check Server and port in target.connection, and the network"
    target.close()


def test_a_name_that_nobody_knows() -> None:
    nobody = "Server=tcp:db.invalid,1433;Database=d;UID=a;PWD=hush-hush"
    with pytest.raises(TargetUnreachable, match="does not answer") as raised:
        knock(settings(nobody))
    assert raised.value.object == "tcp:db.invalid,1433/d"


def test_a_token_that_cannot_be_had_is_a_refused_login() -> None:
    nowhere = settings(NOWHERE, credential="default")
    with pytest.raises(LoginRefused, match="no access token could be had") as raised:
        open_pyodbc(nowhere, application="test", identity=Broken())
    assert "secret" not in str(raised.value)


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


def test_an_unchecked_certificate_is_warned_about_once(caplog: pytest.LogCaptureFixture) -> None:
    """✗ A role opens its target many times, and each time said it again."""
    warn_of_certificate.cache_clear()
    for _ in range(3):
        AzureSqlTarget(settings(PLAIN + ";TrustServerCertificate=yes")).close()
    assert [record.message for record in caplog.records] == [
        "tcp:db.example,1433/social: the target's certificate is not checked "
        "(TrustServerCertificate=yes): whoever sits between could read and change everything"
    ]
    caplog.clear()
    AzureSqlTarget(settings()).close()
    assert caplog.text == ""


def test_settings_are_the_connectors_own() -> None:
    assert AzureSqlSettings.model_fields["kind"].default == "azuresql"
