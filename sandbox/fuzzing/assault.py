"""Attackers on the sockets of a real stand-in, while a watcher works beside them.

Each attack is a conversation that goes wrong somewhere: a recorded message with bytes changed, a
client that vanishes in a message, one that sends a byte at a time, a crowd that never logs in. The
watcher has to be answered all the time, the server's memory has to stay within a bound, nothing may
fail that was not foreseen, and in the end no session is left but the watcher's.
"""

from __future__ import annotations

import contextlib
import math
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil
import pyodbc

from sandbox.azuresql.tds.packet import PacketType
from sandbox.children import LOOPBACK
from sandbox.fuzzing.client import HEADERS, PRELOGIN, RawClient, login7, packet
from sandbox.fuzzing.damage import damaged
from sandbox.fuzzing.messages import recorded
from sandbox.standin import AzureSqlStandIn

PATIENCE_S: Final = 15.0
"""How long the watcher waits for an answer: a busy machine's, far below a server that hangs."""

ROOM: Final = 256 << 20
"""Bytes by which the server may grow."""

_DATABASE: Final = "fuzz"
_CROWD: Final = 500
_ONE_IN_CROWDS: Final = 400
_AT_THE_DOOR: Final = 0.2
"""How often the damage may be to the greeting or the login, behind which nothing else is heard."""

_GREETINGS: Final = 2
_PACKETS_THEMSELVES: Final = 0.2
_HEARING_S: Final = 0.03
_BETWEEN_S: Final = 0.02
_LEAVING_S: Final = 60.0
_ENTRY: Final = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ ", re.MULTILINE)
"""How an entry of the server's log begins."""

_TABLES: Final = (
    "CREATE TABLE dbo.t (a int NOT NULL PRIMARY KEY, b nvarchar(50), c decimal(18,2), "
    "d datetime2(6), e varbinary(max))",
    "CREATE TABLE dbo.u (a int NOT NULL, b nvarchar(50), c decimal(18,2), d datetime2(6), "
    "e varbinary(max))",
    "CREATE TYPE dbo.tt AS TABLE (a int, b nvarchar(20), c decimal(9,2))",
)
_INSERT_BULK: Final = HEADERS + (
    "INSERT BULK dbo.u ([a] int, [b] nvarchar(50), [c] decimal(18,2), [d] datetime2(6), "
    "[e] varbinary(max))"
).encode("utf-16-le")
_REQUESTS: Final = {
    PacketType.BATCH: "batch",
    PacketType.RPC: "rpc",
    PacketType.TRANSACTION: "transaction",
    PacketType.BULK: "bulk",
}


@dataclass(slots=True)
class Outcome:
    """What was done and seen; good when something was, and nothing was to be complained of."""

    attacks: int = 0
    answers: int = 0
    slowest_s: float = 0.0
    growth: int = 0
    complaints: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.complaints and self.attacks > 0 and self.answers > 0

    def __str__(self) -> str:
        seen = (
            f"sockets: {self.attacks:,} attacks; a watcher was answered {self.answers:,} times, "
            f"at the latest after {self.slowest_s:.2f} s; the server grew by "
            f"{self.growth / (1 << 20):.0f} MiB"
        )
        return "\n".join([seen, *self.complaints])


class Watcher:
    """One client that does what it always did, in a thread of its own."""

    def __init__(self, client: RawClient, outcome: Outcome) -> None:
        self._client = client
        self._outcome = outcome
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_BETWEEN_S):
            begin = time.monotonic()
            try:
                answer = self._client.batch("SELECT 1")
            except OSError as error:
                self._outcome.complaints.append(f"the watcher was not answered: {error!r}")
                return
            if answer[:1] != b"\x81":
                self._outcome.complaints.append(f"the watcher got {answer[:200]!r}")
                return
            self._outcome.answers += 1
            self._outcome.slowest_s = max(self._outcome.slowest_s, time.monotonic() - begin)


class Attackers:
    """Attacks on one port, each decided by `chance`."""

    def __init__(self, port: int, password: str, chance: random.Random) -> None:
        self._port = port
        self._chance = chance
        who = {"user": AzureSqlStandIn.user, "password": password, "database": _DATABASE}
        self._login = login7(who)

    def attack(self) -> None:
        """One of them; ends when the attacker leaves or is thrown out."""
        if self._chance.randrange(_ONE_IN_CROWDS) == 0:
            self._crowd()
            return
        way = self._chance.choice((self._damaged, self._damaged, self._vanishing, self._dripping))
        with contextlib.suppress(OSError), self._connected() as attacker:
            way(attacker)

    def _connected(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self._port), timeout=PATIENCE_S)

    def _crowd(self) -> None:
        with contextlib.ExitStack() as held, contextlib.suppress(OSError):
            for _ in range(_CROWD):
                held.enter_context(self._connected())

    def _damaged(self, attacker: socket.socket) -> None:
        messages = list(self._messages())
        first = 0 if self._chance.random() < _AT_THE_DOOR else _GREETINGS
        wrong = self._chance.randrange(first, len(messages))
        for place, (kind, payload) in enumerate(messages):
            attacker.sendall(packet(kind, payload) if place != wrong else self._hit(kind, payload))
            if not self._hear(attacker):
                return

    def _hit(self, kind: PacketType, payload: bytes) -> bytes:
        """The packet damaged, or a sound packet of a damaged message, which is read further."""
        if self._chance.random() < _PACKETS_THEMSELVES:
            return damaged(self._chance, packet(kind, payload))
        return packet(kind, damaged(self._chance, payload))

    def _vanishing(self, attacker: socket.socket) -> None:
        messages = [packet(kind, payload) for kind, payload in self._messages()]
        last = self._chance.randrange(len(messages))
        for message in messages[:last]:
            attacker.sendall(message)
            if not self._hear(attacker):
                return
        attacker.sendall(messages[last][: self._chance.randrange(len(messages[last]))])

    def _dripping(self, attacker: socket.socket) -> None:
        for kind, payload in list(self._messages())[:3]:
            message = packet(kind, payload)
            for start in range(0, len(message), 7):
                attacker.sendall(message[start : start + 7])
            if not self._hear(attacker):
                return

    def _messages(self) -> Iterator[tuple[PacketType, bytes]]:
        """A conversation: greeting, login, some requests."""
        yield PacketType.PRELOGIN, PRELOGIN
        yield PacketType.LOGIN, self._login
        for _ in range(self._chance.randint(1, 3)):
            kind = self._chance.choice(tuple(_REQUESTS))
            if kind is PacketType.BULK:
                yield PacketType.BATCH, _INSERT_BULK
            yield kind, self._chance.choice(recorded(_REQUESTS[kind]))
        yield PacketType.ATTENTION, b""

    def _hear(self, attacker: socket.socket) -> bool:
        """Whether the server still speaks to us: False once it has hung up."""
        attacker.settimeout(_HEARING_S)
        try:
            return bool(attacker.recv(1 << 16))
        except TimeoutError:
            return True
        finally:
            attacker.settimeout(PATIENCE_S)


def assault(seed: int, *, seconds: float = math.inf, attacks: float = math.inf) -> Outcome:
    """Attack a stand-in of its own, so long from when it stands, or so many times."""
    outcome = Outcome()
    with AzureSqlStandIn() as server:
        _prepare(server)
        process = psutil.Process(server.pid)
        attackers = Attackers(server.port, server.password, random.Random(seed))
        with _client(server) as client:
            before = process.memory_info().rss
            end = time.monotonic() + seconds
            with Watcher(client, outcome):
                while outcome.attacks < attacks and time.monotonic() < end:
                    if outcome.complaints:
                        break
                    attackers.attack()
                    outcome.attacks += 1
                    outcome.growth = max(outcome.growth, process.memory_info().rss - before)
        if outcome.growth > ROOM:
            outcome.complaints.append(f"the server grew by {outcome.growth:,} bytes")
        outcome.complaints += _left_behind(server) + unforeseen(server.folder / "log")
    return outcome


def _client(server: AzureSqlStandIn) -> RawClient:
    return RawClient(server.port, server.user, server.password, _DATABASE, timeout_s=PATIENCE_S)


def _prepare(server: AzureSqlStandIn) -> None:
    with contextlib.closing(pyodbc.connect(server.dsn(), autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {_DATABASE}")
    with contextlib.closing(pyodbc.connect(server.dsn(_DATABASE), autocommit=True)) as connection:
        for table in _TABLES:
            connection.execute(table)


def _left_behind(server: AzureSqlStandIn) -> list[str]:
    """A complaint when sessions outlive their clients."""
    asked = "SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE session_id <> @@SPID"
    deadline = time.monotonic() + _LEAVING_S
    with contextlib.closing(pyodbc.connect(server.dsn(), autocommit=True)) as connection:
        while (left := connection.execute(asked).fetchval()) and time.monotonic() < deadline:
            time.sleep(0.1)
    return [f"{left} sessions are left behind"] if left else []


def unforeseen(log: Path) -> list[str]:
    """What the log says that nobody foresaw, each defect once, with what led to it."""
    entries = _ENTRY.split(log.read_text(errors="replace"))
    said = [entry.strip() for entry in entries if entry.startswith("ERROR")]
    different = {entry.splitlines()[-1]: entry for entry in said}
    return [f"the server's log says: {entry}" for entry in different.values()]
