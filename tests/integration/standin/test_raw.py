"""What drivers seldom send: resets, requests taken back, bulk streams of every kind, nonsense."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from sandbox.azuresql.tds import tokens
from sandbox.azuresql.tds.packet import (
    END_OF_MESSAGE,
    IGNORE,
    RESET_CONNECTION,
    RESET_KEEPING_TRANSACTION,
    PacketType,
)
from sandbox.azuresql.tds.result_rows import rows_encoder
from tests.integration.standin.raw import HEADERS, RawClient, packet
from tests.integration.standin.scripted import COLUMNS, ScriptedServer
from tests.patience import PATIENCE_S

_OK = tokens.done(tokens.DONE, 0)
_ERROR = tokens.done(tokens.DONE, tokens.DONE_ERROR)
_ATTENTION = tokens.done(tokens.DONE, tokens.DONE_ATTENTION)
_INSERT = "INSERT BULK dbo.t ([n] int, [text] nvarchar(max))"


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[RawClient]:
    server.engine.heard.clear()
    with RawClient(server.port) as raw:
        yield raw


def bulk(*numbers: int) -> bytes:
    encode = rows_encoder(tuple((column.type, column.oid) for column in COLUMNS))
    rows = encode([(struct.pack(">i", number), b"text") for number in numbers])
    return tokens.columns(COLUMNS) + rows + _OK


@pytest.mark.parametrize(
    ("flag", "heard"), [(RESET_CONNECTION, "False"), (RESET_KEEPING_TRANSACTION, "True")]
)
def test_a_reset_comes_before_its_request_and_is_acknowledged(
    client: RawClient, server: ScriptedServer, flag: int, heard: str
) -> None:
    answer = client.batch("noted", END_OF_MESSAGE | flag)
    assert server.engine.heard == [f"reset {heard}", "noted"]
    assert answer.startswith(tokens.reset_acknowledged())
    assert not client.batch("noted").startswith(tokens.reset_acknowledged())


def test_a_request_that_was_taken_back_does_not_run(
    client: RawClient, server: ScriptedServer
) -> None:
    assert client.batch("noted", END_OF_MESSAGE | IGNORE) == _ERROR
    assert server.engine.heard == []


def test_an_attention_after_the_answer_is_acknowledged(client: RawClient) -> None:
    client.batch("noted")
    client.send(PacketType.ATTENTION, b"")
    assert client.receive() == _ATTENTION
    assert client.batch("noted").endswith(tokens.done(tokens.DONE, 0x10))


def test_an_attention_sent_with_its_request_ends_both(client: RawClient) -> None:
    request = packet(PacketType.BATCH, HEADERS + "hang".encode("utf-16-le"))
    client.send_bytes(request + packet(PacketType.ATTENTION, b""))
    assert client.receive() == _ERROR
    assert client.receive() == _ATTENTION


def test_bulk_rows_are_stored_in_order(client: RawClient, server: ScriptedServer) -> None:
    assert client.batch(f"  {_INSERT}") == _OK
    message = bulk(1, 2, 3)
    client.send(PacketType.BULK, message[:30], 0)
    client.send(PacketType.BULK, message[30:])
    assert client.receive() == tokens.done(tokens.DONE, 0, 0xC3, 3)
    row = struct.pack(">HIi", 2, 4, 2) + struct.pack(">I", 4) + b"text"
    assert row in server.engine.stored[-1]
    assert server.engine.heard[-1] == "bulk stored"


def test_a_bulk_load_that_was_taken_back_is_aborted(
    client: RawClient, server: ScriptedServer
) -> None:
    client.batch(_INSERT)
    client.send(PacketType.BULK, bulk(1)[:40], 0)
    client.send(PacketType.BULK, b"", END_OF_MESSAGE | IGNORE)
    client.receive()
    assert server.engine.heard[-1] == "bulk aborted"
    assert client.batch("noted")


def test_an_attention_during_a_bulk_load_aborts_it(
    client: RawClient, server: ScriptedServer
) -> None:
    client.batch(_INSERT)
    client.send(PacketType.BULK, bulk(1)[:40], 0)
    client.send(PacketType.BULK, b"", END_OF_MESSAGE | IGNORE)
    client.send(PacketType.ATTENTION, b"")
    client.receive()
    assert client.receive() == _ATTENTION
    assert server.engine.heard[-1] == "bulk aborted"


def test_a_bulk_load_that_was_announced_and_never_came_is_abandoned(
    client: RawClient, server: ScriptedServer
) -> None:
    client.batch(_INSERT)
    client.batch("noted")
    assert server.engine.heard == [_INSERT, "bulk aborted", "noted"]


def test_a_bulk_load_of_wrong_columns_is_refused_and_the_connection_goes_on(
    client: RawClient, server: ScriptedServer
) -> None:
    client.batch(_INSERT)
    client.send(PacketType.BULK, tokens.columns(COLUMNS[:1]) + _OK)
    answer = client.receive()
    assert struct.pack("<i", 4817) in answer
    assert answer.endswith(_ERROR)
    assert server.engine.heard[-1] == "bulk aborted"
    assert client.batch("noted")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        pytest.param(PacketType.BULK, bulk(1), id="bulk rows that nobody announced"),
        pytest.param(PacketType.BATCH, b"", id="a batch without headers"),
        pytest.param(PacketType.BATCH, struct.pack("<I", 4000), id="headers past the end"),
        pytest.param(PacketType.RPC, HEADERS + b"\xff\xff\x0a\0\0\0\0\0\xee", id="a bad type"),
        pytest.param(PacketType.TRANSACTION, HEADERS + b"\x63\0", id="an unknown transaction"),
        pytest.param(PacketType.LOGIN, b"", id="a second login"),
        pytest.param(PacketType.PRELOGIN, b"\xff", id="a second greeting"),
    ],
)
def test_nonsense_after_the_login_ends_its_connection_and_nothing_else(
    client: RawClient, server: ScriptedServer, kind: PacketType, payload: bytes
) -> None:
    with RawClient(server.port) as other:
        client.send(kind, payload)
        with pytest.raises(ConnectionError):
            client.receive()
        assert other.batch("noted").endswith(tokens.done(tokens.DONE, 0x10))


def test_more_parameters_than_a_request_may_have(client: RawClient) -> None:
    """Beside the two that carry the statement; ODBC does not even send them."""
    call, integer = bytes.fromhex("ffff0a000000"), bytes.fromhex("000026040405000000")
    client.send(PacketType.RPC, HEADERS + call + integer * 2102)
    assert tokens.ERROR not in client.receive()[:1]
    client.send(PacketType.RPC, HEADERS + call + integer * 2103)
    answer = client.receive()
    assert answer[0] == tokens.ERROR
    assert struct.pack("<i", 8003) in answer
    assert client.batch("noted")


def test_a_type_that_is_not_carried_is_an_error_of_its_request(client: RawClient) -> None:
    udt = bytes.fromhex("ffff0a000000 00 00 f0 00".replace(" ", ""))
    client.send(PacketType.RPC, HEADERS + udt)
    answer = client.receive()
    assert answer[0] == tokens.ERROR
    assert "udt".encode("utf-16-le") in answer
    assert client.batch("noted")


def test_an_attention_that_comes_before_its_request_runs_is_heard(
    client: RawClient, server: ScriptedServer
) -> None:
    server.freeze(True)
    client.send(PacketType.BATCH, HEADERS + "hang".encode("utf-16-le"))
    client.send(PacketType.ATTENTION, b"")
    assert server.engine.cancelled.wait(PATIENCE_S)
    server.freeze(False)
    assert client.receive() == _ERROR
    assert client.receive() == _ATTENTION
    assert "hang" not in server.engine.heard
