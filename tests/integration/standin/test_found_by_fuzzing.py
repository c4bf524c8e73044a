"""What attackers of `sandbox.fuzzing` found: requests that failed in ways nobody had foreseen."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvloop

from sandbox.azuresql.tds import tokens
from sandbox.azuresql.tds.channel import Channel
from sandbox.azuresql.tds.packet import PacketType
from sandbox.azuresql.tsql.exchange import Pieces
from sandbox.azuresql.tsql.link import Link
from sandbox.fuzzing.client import HEADERS, RawClient
from tests.patience import PATIENCE_S
from tests.servers import AzureSqlAddress, PostgresAddress

_NULL_INT = "000026 04 00"


@pytest.fixture
def raw(azuresql: AzureSqlAddress) -> Iterator[RawClient]:
    with RawClient(azuresql.port, azuresql.user, azuresql.password, "master") as logged_in:
        yield logged_in


def _errors(answer: bytes) -> list[int]:
    """The numbers of the errors in an answer, by the lengths that their tokens give."""
    found = re.finditer(rb"\xaa(..)(....)..", answer, re.DOTALL)
    return [struct.unpack("<i", each[2])[0] for each in found]


def _text(value: str) -> str:
    raw_text = value.encode("utf-16-le", "surrogatepass")
    return (
        "0000"
        + "e7ffff0904d00034"
        + struct.pack("<QI", 2**64 - 2, len(raw_text)).hex()
        + (raw_text.hex() + "00000000")
    )


def _call(client: RawClient, name: str, *parameters: str) -> list[int]:
    raw_name = name.encode("utf-16-le")
    head = struct.pack("<H", len(raw_name) // 2) + raw_name + b"\0\0"
    sent = bytes.fromhex("".join(parameters).replace(" ", ""))
    client.send(PacketType.RPC, HEADERS + head + sent)
    return _errors(client.receive())


def _goes_on(client: RawClient) -> bool:
    return client.batch("SELECT 1").endswith(tokens.done(tokens.DONE, 0x10, 0xC1, 1))


@pytest.mark.parametrize(
    ("name", "parameters", "number"),
    [
        pytest.param("sp_prepexec", "", 201, id="nothing to prepare"),
        pytest.param("sp_prepexec", _NULL_INT, 201, id="a handle alone"),
        pytest.param("sp_executesql", "", 201, id="no statement"),
        pytest.param("sp_execute", "", 201, id="no handle"),
        pytest.param("sp_execute", _text("x"), 214, id="a handle that is no number"),
        pytest.param("sp_unprepare", "0000 a5 0400 0200 6161", 214, id="a handle of bytes"),
        pytest.param("", "", 2812, id="a procedure without a name"),
        pytest.param("sp_executesql", _text("SELECT '\ud83d'"), 40517, id="half a character"),
    ],
)
def test_a_call_that_lacks_something_is_an_error_of_its_own(
    raw: RawClient, name: str, parameters: str, number: int
) -> None:
    assert _call(raw, name, parameters) == [number]
    assert _goes_on(raw)


def test_half_a_character_in_a_batch_is_refused(raw: RawClient) -> None:
    raw.send(PacketType.BATCH, HEADERS + b"S\0\x3d\xd8")
    assert _errors(raw.receive()) == [40517]
    assert _goes_on(raw)


@pytest.mark.parametrize("odd", ["a\0b", "a\ud800"], ids=["NUL", "half a character"])
def test_a_login_of_odd_characters_is_refused_in_words(azuresql: AzureSqlAddress, odd: str) -> None:
    for who in ({"user": odd}, {"user": azuresql.user, "password": odd}, {"user": "u\0"}):
        with RawClient(azuresql.port) as stranger:
            assert _errors(stranger.log_in({"database": "master", **who})) == [18456]


def test_an_application_of_odd_characters_spoils_nobodys_list_of_sessions(
    azuresql: AzureSqlAddress, raw: RawClient
) -> None:
    who = {"user": azuresql.user, "password": azuresql.password, "database": "master"}
    with RawClient(azuresql.port) as odd:
        assert not _errors(odd.log_in({**who, "application": "a\0\ud800", "host": "\0"}))
        seen = raw.batch("SELECT program_name FROM sys.dm_exec_sessions")
        assert not _errors(seen)
        assert "a��".encode("utf-16-le") in seen


def test_a_procedure_of_the_system_that_fails_leaves_the_transaction_usable(
    raw: RawClient,
) -> None:
    raw.batch("BEGIN TRANSACTION")
    assert _call(raw, "sp_columns", _text("a\0b")) != []
    assert _goes_on(raw)
    assert not _errors(raw.batch("ROLLBACK"))


async def test_a_result_that_was_left_does_not_disturb_the_next_statement(
    postgres: PostgresAddress,
) -> None:
    """A generator may be closed late, or after its connection."""
    link = await Link.connect(postgres.dsn(), "postgres", "left", "pg_catalog")
    left = link.stream("SELECT generate_series(1, 100000)")
    await anext(left)
    rows, _ = await link.fetch("SELECT 7")
    assert rows == [[struct.pack(">i", 7)]]
    await left.aclose()
    late = link.stream("SELECT generate_series(1, 100000)")
    await anext(late)
    await link.close()
    await late.aclose()


async def test_a_connection_that_goes_while_a_result_is_ended_gives_the_loop_back(
    postgres: PostgresAddress,
) -> None:
    """✗ Reading on to the end of a pipeline that never comes kept the loop, and the server, for
    ever."""
    link = await Link.connect(postgres.dsn(), "postgres", "lost", "pg_catalog")
    link.before(["SELECT 1"])
    rows = link.stream("SELECT generate_series(1, 1000000)")
    await anext(rows)
    with _stopped_after(PATIENCE_S):
        leaving = asyncio.create_task(_left(rows))
        await asyncio.sleep(0)
        await link.close()
        await leaving


def test_what_is_written_to_a_dropped_connection_is_no_failure_of_the_server() -> None:
    """✗ uvloop refuses it with a RuntimeError at once, asyncio's own loop says nothing."""

    async def scene() -> None:
        met: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        server = await asyncio.get_running_loop().create_server(
            lambda: Channel(met.set_result), "127.0.0.1", 0
        )
        async with server:
            _, client = await asyncio.open_connection(*server.sockets[0].getsockname())
            channel = await met
            channel.abort()
            with contextlib.suppress(ConnectionResetError):
                while True:  # until it is told that the client has gone
                    await channel.drain()
                    await asyncio.sleep(0)
            channel.write(b"an answer that nobody waits for")
            client.close()

    uvloop.run(scene())


async def _left(rows: Pieces) -> None:
    await rows.aclose()


@contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    """Also what never gives the loop back."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
