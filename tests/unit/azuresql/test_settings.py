"""The target's section: what is accepted, what is refused, and that no secret shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.azuresql.settings import (
    AzureSqlSettings,
    parse_connection,
    render_connection,
)

PLAIN = "Server=tcp:db.example,1433;Database=social;UID=app;PWD={p;w}}d}"


def settings(connection: str = PLAIN, **more: Any) -> AzureSqlSettings:
    return AzureSqlSettings.model_validate({"kind": "azuresql", "connection": connection, **more})


def test_encryption_is_on_and_the_drivers_own_retries_are_off() -> None:
    pairs = settings().pairs
    assert pairs["Encrypt"] == "yes"
    assert pairs["ConnectRetryCount"] == "0"
    assert pairs["PWD"] == "p;w}d"
    assert settings(PLAIN + ";ConnectRetryCount=7").pairs["ConnectRetryCount"] == "0"
    assert settings(PLAIN + ";encrypt=strict").pairs["Encrypt"] == "strict"


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("tcp:db.example,1433", ("db.example", 1433)),
        ("db.example", ("db.example", 1433)),
        ("TCP: db.example , 5000 ", ("db.example", 5000)),
        ("127.0.0.1,9", ("127.0.0.1", 9)),
        (r"db.example\instance", None),
        (r"np:\\db\pipe\sql\query", None),
        ("tcp:::1,1433", None),
    ],
)
def test_the_servers_address(server: str, address: tuple[str, int] | None) -> None:
    assert settings(f"Server={{{server}}};Database=x;UID=a;PWD=b").address == address


def test_public_becomes_dbo_and_other_schemas_keep_their_names() -> None:
    assert settings().target_schema("public") == "dbo"
    assert settings().target_schema("shop") == "shop"


@given(st.dictionaries(st.sampled_from(["Server", "UID", "PWD", "Database"]), st.text()))
def test_a_connection_string_reads_back(pairs: dict[str, str]) -> None:
    assert parse_connection(render_connection(pairs)) == pairs


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        ("Database=x;UID=a;PWD=b", "names no Server"),
        ("Server=x;UID=a;PWD=b", "names no Database"),
        ("Server=x;Database=y", "no way to log in"),
        ("Server=x;Database=y;Passwort=z", "did you mean PWD|Passwort"),
        ("Server=x;Database=y;User ID=z", "did you mean UID"),
        ("Server=x;Database=y;Servr=z", "did you mean Server"),
        ("Server=x;Database=y;UID=a;PWD=b;Encrypt=perhaps", "Encrypt must be one of"),
        ("Server=x;Database=y;Authentication=Magic", "Authentication must be one of"),
        ("Server=x;Database=y;UID=a;PWD={open", "cannot be read after UID"),
    ],
)
def test_a_bad_connection_string_says_what_is_wrong(connection: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        settings(connection)


@pytest.mark.parametrize(
    "connection",
    [
        "Server=x;Database=y;UID=a;PWD={hunter2",
        "Server=x;PWD=hunter2;UID=a",
        "Server=x;Database=y;UID=a;PWD=hunter2;Encrypt=maybe",
        "Server=x;Database=y;UID=a;PWD=hunter2;Nonsense=1",
    ],
)
def test_an_error_never_shows_the_password(connection: str) -> None:
    with pytest.raises(ValidationError) as raised:
        settings(connection)
    assert "hunter2" not in str(raised.value)
    assert "hunter2" not in repr(raised.value)


def test_the_password_is_not_in_the_settings_own_text() -> None:
    assert "p;w" not in repr(settings())
    assert "p;w" not in str(settings().model_dump())
    assert "p;w" not in settings().server


def test_a_credential_excludes_every_other_way_to_log_in() -> None:
    assert settings("Server=x;Database=y", credential="default").credential == "default"
    with pytest.raises(ValidationError, match="must not hold UID, PWD"):
        settings(PLAIN, credential="default")
    with pytest.raises(ValidationError, match="needs credential: managed_identity"):
        settings(PLAIN, managed_identity_client_id="x")


def test_an_unchecked_certificate_is_known() -> None:
    assert settings(PLAIN + ";TrustServerCertificate=Yes").trusts_any_certificate
    assert not settings().trusts_any_certificate


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError):
        settings(patiense="1s")
    assert settings(patience="90s").patience == 90.0
