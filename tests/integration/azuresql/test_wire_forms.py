"""What goes over the wire, seen by a server that only listens: tokens, names, parameter types."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.azuresql import apply
from connectors.azuresql.connection import SESSION, open_mssql, open_pyodbc
from connectors.azuresql.settings import AzureSqlSettings
from model.errors import LoginRefused
from tests.integration.standin.scripted import PASSWORD, TOKEN, USER, ScriptedServer


class Credential:
    """Gives the token that it was made with, and counts."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.asked = 0

    def get_token(self, *scopes: str) -> Credential:
        self.asked += 1
        return self


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def settings(server: ScriptedServer, **more: str) -> AzureSqlSettings:
    login = "" if "credential" in more else f"UID={USER};PWD={PASSWORD};"
    place = f"Server=tcp:127.0.0.1,{server.port};Database=social;TrustServerCertificate=yes"
    return AzureSqlSettings.model_validate({"connection": login + place, **more})


def test_an_access_token_logs_in_on_both_drivers(server: ScriptedServer) -> None:
    credential = Credential(TOKEN)
    with_token = settings(server, credential="default")
    for count in (1, 2):
        connection = open_pyodbc(with_token, application="replicator:a:b", identity=credential)
        row = connection.execute("who").fetchone()
        assert row is not None
        assert row[1] == "bearer social replicator:a:b"
        assert credential.asked == count
        connection.close()
    open_mssql(with_token, identity=credential).close()
    assert credential.asked == 3


def test_a_token_that_is_refused_is_a_refused_login(server: ScriptedServer) -> None:
    with_token = settings(server, credential="default")
    with pytest.raises(LoginRefused) as raised:
        open_pyodbc(with_token, application="x", identity=Credential("eyJ.expired"))
    assert "eyJ" not in str(raised.value)
    with pytest.raises(LoginRefused):
        open_mssql(with_token, identity=Credential("eyJ.expired"))


def test_options_are_set_in_a_batch_of_their_own(server: ScriptedServer) -> None:
    """✗ Options set inside a prepared statement end with it."""
    open_pyodbc(settings(server), application="x").close()
    assert server.engine.heard[0] == SESSION


def test_a_batch_keeps_its_types_whatever_the_length_of_its_json(server: ScriptedServer) -> None:
    """✗ pyodbc binds texts by their length: `ntext` for long ones, which OPENJSON refuses, and
    another plan for each length."""
    connection = open_pyodbc(settings(server), application="x")
    for text in ("[]", "[[1]]" * 100_000):
        cursor = connection.cursor()
        cursor.setinputsizes(apply.sizes(1))
        cursor.execute(apply.batch(1), "social", text, 0, text, text, text, *[1] * 6)
        sent = [(p.type.name, p.type.length) for p in server.engine.parameters[-1][-12:]]
        json, number = ("nvarchar", -1), ("int", 0)
        assert sent == [("nvarchar", 128), json, number, json, json, json, *[number] * 6]
    connection.close()
