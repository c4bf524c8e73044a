"""Clients that mean harm, or have lost their way: the others must not notice."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psutil
import pytest

from sandbox.azuresql.server import MAX_STRANGERS
from sandbox.azuresql.tds import tokens
from sandbox.azuresql.tds.packet import END_OF_MESSAGE, PacketType
from sandbox.fuzzing.client import login7
from sandbox.fuzzing.damage import damaged
from tests.integration.standin.raw import HEADERS, PRELOGIN, RawClient, packet
from tests.integration.standin.scripted import PASSWORD, USER, ScriptedServer
from tests.patience import PATIENCE_S, until

_FLOOD = 500
_AT_ONCE = 10
_LOGIN = login7({"user": USER, "password": PASSWORD, "database": "d"})
_BATCH = HEADERS + "rows 3".encode("utf-16-le")
_CALL = HEADERS + bytes.fromhex("ffff0a000000" + "0000" + "e7500009 04d00034 0400 61006200")


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def _connected(server: ScriptedServer, timeout_s: float = PATIENCE_S) -> socket.socket:
    """A connection that has not said anything yet."""
    return socket.create_connection(("127.0.0.1", server.port), timeout_s)


def _answers(client: RawClient) -> bool:
    """It has its answer, while the others still do what they do: who is held up waits for ever."""
    return client.batch("noted").endswith(tokens.done(tokens.DONE, 0x10))


def test_connects_without_login_keep_nobody_out(server: ScriptedServer) -> None:
    with contextlib.ExitStack() as held, RawClient(server.port) as before:
        for _ in range(_FLOOD):
            held.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
            )
        until(lambda: 0 < server.server.strangers <= MAX_STRANGERS)
        assert _answers(before)
        with RawClient(server.port) as after:
            assert _answers(after)
            assert server.server.strangers <= MAX_STRANGERS
    until(lambda: server.server.connections == 0)


def test_a_login_in_drips_holds_nobody_up(server: ScriptedServer) -> None:
    with (
        _connected(server) as slow,
        RawClient(server.port) as other,
    ):
        for byte in packet(PacketType.PRELOGIN, PRELOGIN):
            slow.sendall(bytes([byte]))
            assert _answers(other)
        assert slow.recv(100)[0] == PacketType.REPLY


def test_a_client_that_reads_nothing_stops_its_own_result_only(server: ScriptedServer) -> None:
    with RawClient(server.port) as deaf, RawClient(server.port) as other:
        deaf.send(PacketType.BATCH, HEADERS + "rows 2000000".encode("utf-16-le"))
        until(lambda: 0 < server.engine.rows_left < 2_000_000)
        before = psutil.Process().memory_info().rss
        for _ in range(20):
            assert _answers(other)
        assert server.engine.rows_left > 0, "nobody waited until the deaf one's result was made"
        assert psutil.Process().memory_info().rss - before < 64 << 20
    until(lambda: server.server.connections == 0)


@pytest.mark.parametrize("status", [0, END_OF_MESSAGE], ids=["one message", "many messages"])
def test_a_flood_of_empty_packets_takes_no_memory(server: ScriptedServer, status: int) -> None:
    """They wait behind a statement that runs; once enough wait, their sender is hung up on."""
    flood = packet(PacketType.BATCH, b"", status) * 4_000_000
    with RawClient(server.port) as other, RawClient(server.port) as hostile:
        hostile.send(PacketType.BATCH, HEADERS + "hang".encode("utf-16-le"))
        before = psutil.Process().memory_info().rss
        with pytest.raises(ConnectionError):
            hostile.send_bytes(flood)
        assert psutil.Process().memory_info().rss - before < 64 << 20
        assert _answers(other)
    until(lambda: server.server.connections == 0)


@pytest.mark.parametrize("sent", [3, 20, -1])
@pytest.mark.parametrize("message", [_BATCH, _CALL], ids=["batch", "call"])
def test_a_client_that_vanishes_in_a_message_leaves_nothing(
    server: ScriptedServer, message: bytes, sent: int
) -> None:
    with RawClient(server.port) as gone:
        kind = PacketType.BATCH if message is _BATCH else PacketType.RPC
        gone.send_bytes(packet(kind, message)[:sent])
    until(lambda: server.server.connections == 0)


def _attack(server: ScriptedServer, chance: random.Random) -> None:
    """One connection that goes wrong somewhere."""
    whole = [
        packet(PacketType.PRELOGIN, PRELOGIN),
        packet(PacketType.LOGIN, _LOGIN),
        packet(PacketType.BATCH, _BATCH),
        packet(PacketType.RPC, _CALL),
        packet(PacketType.ATTENTION, b""),
    ]
    wrong = chance.randrange(len(whole))
    whole[wrong] = damaged(chance, whole[wrong])
    with (
        contextlib.suppress(OSError),
        _connected(server, timeout_s=0.05) as attacker,
    ):
        for message in whole:
            attacker.sendall(message)
            with contextlib.suppress(TimeoutError):
                attacker.recv(1 << 16)


def _survives(server: ScriptedServer, seed: int, attacks: int) -> None:
    """An attacker spends its time with waiting for answers: `_AT_ONCE` of them wait together."""
    with RawClient(server.port) as other, ThreadPoolExecutor(_AT_ONCE) as pool:
        before = psutil.Process().memory_info().rss
        for first in range(0, attacks, _AT_ONCE):
            chances = [random.Random(f"{seed} {first + n}") for n in range(_AT_ONCE)]
            list(pool.map(partial(_attack, server), chances))
            assert _answers(other), f"attacks {first} to {first + _AT_ONCE} of seed {seed}"
        assert psutil.Process().memory_info().rss - before < 64 << 20
    until(lambda: server.server.connections == 0)


@pytest.mark.parametrize("seed", range(3))
def test_damaged_messages_end_their_connection_and_nothing_else(
    server: ScriptedServer, seed: int
) -> None:
    _survives(server, seed, 60)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 104))
def test_damaged_messages_for_long(server: ScriptedServer, seed: int) -> None:
    _survives(server, seed, 1_000)
