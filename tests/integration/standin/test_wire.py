"""Microsoft's ODBC driver against the wire: encryption, logins, results, attentions, bad bytes."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyodbc
import pytest

from sandbox.standin import connection_string
from tests.integration.standin.scripted import PASSWORD, TEXT, TOKEN, USER, ScriptedServer
from tests.patience import PATIENCE_S, until

SQL_COPT_SS_ACCESS_TOKEN = 1256

Connect = Callable[..., pyodbc.Connection]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def connect(server: ScriptedServer) -> Iterator[Connect]:
    opened: list[pyodbc.Connection] = []

    def open_one(more: str = "", *, encrypt: bool = True, **options: Any) -> pyodbc.Connection:
        text = connection_string(server.port, USER, PASSWORD, "social", encrypt=encrypt)
        connection = pyodbc.connect(f"{text};{more}", autocommit=True, timeout=10, **options)
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        try:
            connection.close()
        except pyodbc.Error:
            continue


@pytest.mark.parametrize("encrypt", [True, False])
def test_a_session_knows_who_came_from_where(connect: Connect, encrypt: bool) -> None:
    row = connect("APP=replicator apply", encrypt=encrypt).execute("who").fetchone()
    assert row is not None
    assert row.n >= 51
    assert row.text == "sa social replicator apply"


def test_tds_8_is_tls_from_the_first_byte(server: ScriptedServer, tmp_path: Path) -> None:
    """`Encrypt=strict` trusts no certificate but one that is named."""
    trusted = tmp_path / "standin.pem"
    trusted.write_bytes(server.certificate)
    text = connection_string(server.port, USER, PASSWORD, "social").replace(
        "Encrypt=yes;TrustServerCertificate=yes", "Encrypt=strict"
    )
    with pytest.raises(pyodbc.Error, match="certificate verify failed"):
        pyodbc.connect(text, timeout=10)
    connection = pyodbc.connect(f"{text};ServerCertificate={trusted}", timeout=10)
    rows = connection.execute("rows 5000").fetchall()
    assert [row.n for row in rows] == list(range(5000))
    connection.close()


def test_several_results_at_once_are_declined_in_words(connect: Connect) -> None:
    with pytest.raises(pyodbc.Error, match=r"without MARS_Connection.*\(40515\)"):
        connect("MARS_Connection=yes")


@pytest.mark.parametrize(
    ("user", "password", "database", "number"),
    [
        (USER, "wrong", "social", "18456"),
        ("nobody", PASSWORD, "social", "18456"),
        (USER, PASSWORD, "nowhere", "4060"),
    ],
)
def test_a_refused_login_says_why(
    server: ScriptedServer, user: str, password: str, database: str, number: str
) -> None:
    with pytest.raises(pyodbc.Error, match=rf"\({number}\)"):
        pyodbc.connect(connection_string(server.port, user, password, database), timeout=10)


def test_an_access_token_stands_for_a_password(server: ScriptedServer) -> None:
    text = connection_string(server.port, USER, PASSWORD, "social")
    bare = ";".join(p for p in text.split(";") if p[:4] not in ("UID=", "PWD="))

    def connected(token: str) -> pyodbc.Connection:
        raw = token.encode("utf-16-le")
        attribute = struct.pack("<I", len(raw)) + raw
        return pyodbc.connect(bare, attrs_before={SQL_COPT_SS_ACCESS_TOKEN: attribute}, timeout=10)

    with connected(TOKEN) as connection:
        row = connection.execute("who").fetchone()
        assert row is not None
        assert row.text.startswith("bearer social")
    with pytest.raises(pyodbc.Error, match=r"\(18456\)"):
        connected("another token")


@pytest.mark.parametrize("encrypt", [True, False])
@pytest.mark.parametrize("packet_size", [512, 4096, 16384, 32767])
def test_results_of_many_packets_arrive_whole(
    connect: Connect, packet_size: int, encrypt: bool
) -> None:
    connection = connect(f"PacketSize={packet_size}", encrypt=encrypt)
    rows = connection.execute("rows 5000").fetchall()
    assert [row.n for row in rows] == list(range(5000))
    assert all(row.text == (None if row.n % 7 == 6 else f"{row.n} {TEXT}") for row in rows)


def test_a_statement_longer_than_many_packets_arrives_whole(
    connect: Connect, server: ScriptedServer
) -> None:
    statement = "noted " + TEXT * 500
    connect().execute(statement)
    assert server.engine.heard[-1] == statement


def test_parameters_arrive_and_their_handle_goes_back(
    connect: Connect, server: ScriptedServer
) -> None:
    cursor = connect().cursor()
    for value in ("x", "é😀" * 5000):
        row = cursor.execute("say ?", value).fetchone()
        assert row is not None
        assert row.text == value
    assert any(call[0].output for call in server.engine.parameters)


def test_an_error_has_number_and_text_and_the_connection_goes_on(connect: Connect) -> None:
    connection = connect()
    with pytest.raises(pyodbc.Error, match=r"on purpose \(547\)"):
        connection.execute("fail 547")
    assert connection.execute("rows 1").fetchval() == 0


def test_a_defect_ends_its_connection_and_no_other(connect: Connect) -> None:
    other, connection = connect(), connect()
    with pytest.raises(pyodbc.Error, match="ZeroDivisionError"):
        connection.execute("crash")
    with pytest.raises(pyodbc.Error):
        connection.execute("rows 1")
    assert other.execute("rows 1").fetchval() == 0


def test_transactions_begin_and_end_by_request(connect: Connect, server: ScriptedServer) -> None:
    connection, before = connect(), len(server.engine.heard)
    connection.autocommit = False
    connection.execute("rows 1").fetchall()
    connection.commit()
    connection.rollback()
    connection.autocommit = True
    said = [word for word in server.engine.heard[before:] if word != "rows 1"]
    assert said == ["begin 0", "committed", "rolled back"]


def test_an_attention_stops_what_runs_and_the_connection_goes_on(
    connect: Connect, server: ScriptedServer
) -> None:
    cursor = connect().cursor()
    heard = len(server.engine.heard)

    def stop() -> None:
        until(lambda: "hang" in server.engine.heard[heard:])
        cursor.cancel()

    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(stop)
        with pytest.raises(pyodbc.Error, match="HY008"):
            cursor.execute("hang")
        stopping.result(PATIENCE_S)
    assert server.engine.heard[-1] == "cancelled"
    assert cursor.execute("rows 1").fetchval() == 0


def test_a_query_timeout_is_an_attention(connect: Connect) -> None:
    connection = connect()
    connection.timeout = 1
    with pytest.raises(pyodbc.Error, match="HYT00"):
        connection.execute("hang")
    connection.timeout = 0
    assert connection.execute("rows 1").fetchval() == 0


def test_a_result_that_is_not_read_to_its_end_can_be_left(connect: Connect) -> None:
    cursor = connect().cursor()
    for _ in range(5):
        assert cursor.execute("rows 20000").fetchone() is not None
        cursor.cancel()
    assert len(cursor.execute("rows 10").fetchall()) == 10


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="HTTP"),
        pytest.param(bytes.fromhex("12010008 00000000"), id="an empty PRELOGIN"),
        pytest.param(bytes.fromhex("1201000e 00000000 01ffffffffff"), id="options outside"),
        pytest.param(bytes.fromhex("10010008 00000000"), id="LOGIN7 before PRELOGIN"),
        pytest.param(bytes.fromhex("12010020 00000000"), id="a packet that never ends"),
        pytest.param(bytes(5000), id="zeros"),
    ],
)
def test_hostile_bytes_end_their_connection_and_nothing_else(
    connect: Connect, server: ScriptedServer, hostile: bytes
) -> None:
    other = connect()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as attacker:
        attacker.sendall(hostile)
        attacker.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while data := attacker.recv(4096):
                answer += data
        except ConnectionResetError:
            pass
    assert b"\xaa" not in answer
    assert other.execute("rows 1").fetchval() == 0


def test_a_client_that_leaves_ends_its_session(connect: Connect, server: ScriptedServer) -> None:
    connection = connect()
    row = connection.execute("who").fetchone()
    assert row is not None
    connection.close()
    until(lambda: row.n in server.engine.closed)
