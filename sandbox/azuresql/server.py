"""The stand-in's TDS server: one task and one Session for each connection, loopback only.

Hostile or truncated bytes, and whatever else goes wrong in a connection, end that connection and
nothing else.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import ssl
from typing import Final, Protocol

from sandbox.azuresql.faults import ConnectionFaults, Faults
from sandbox.azuresql.session import Login, Notice, Refused, Session
from sandbox.azuresql.tds import handshake
from sandbox.azuresql.tds.channel import Channel
from sandbox.azuresql.tds.conversation import Conversation
from sandbox.azuresql.tds.login import LoginRequest
from sandbox.azuresql.tds.packet import (
    DEFAULT_SIZE,
    PacketReader,
    PacketType,
    ProtocolError,
    packets,
)
from sandbox.azuresql.tds.response import Descriptors

logger = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"
LOGIN_TIMEOUT_S: Final = 60.0
MAX_STRANGERS: Final = 400
"""Connections that may wait for their login; one more, and the oldest of them is dropped."""

_BACKLOG: Final = 1024
_CLOSE_TIMEOUT_S: Final = 10.0
_FIRST_SESSION: Final = 51
_MASTER: Final = "master"
_NOT_SUPPORTED: Final = 40515
_NO_MARS: Final = (
    "The stand-in does not support multiple active result sets: connect without "
    "MARS_Connection (MultipleActiveResultSets)."
)


class Engine(Protocol):
    """The language, as the server needs it."""

    async def check_login(self, user: str, password: str, database: str) -> bool: ...

    async def open(self, login: Login) -> Session:
        """Raises Refused: 4060, 916, 10928, 40613."""
        ...


class Server:
    """Serves `engine` over TDS; `access_token` lets its bearer in as `token_user`."""

    def __init__(
        self,
        engine: Engine,
        context: ssl.SSLContext,
        faults: Faults,
        *,
        access_token: str | None = None,
        token_user: str = "",
        login_timeout_s: float = LOGIN_TIMEOUT_S,
    ) -> None:
        self._engine = engine
        self._context = context
        self._faults = faults
        self._access_token = access_token
        self._token_user = token_user
        self._login_timeout_s = login_timeout_s
        self._listener: asyncio.Server | None = None
        self._connections: dict[int, tuple[asyncio.Task[None], Channel]] = {}
        self._strangers: dict[int, Channel] = {}
        self._numbers = itertools.count(_FIRST_SESSION)

    @property
    def connections(self) -> int:
        return len(self._connections)

    @property
    def strangers(self) -> int:
        """Connections that have not logged in."""
        return len(self._strangers)

    async def start(self, port: int = 0) -> int:
        """Listen on loopback; the port, a free one for 0. Raises OSError when it is taken."""
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: Channel(self.accept), LOOPBACK, port, backlog=_BACKLOG
        )
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Close the door, end every connection, wait for their sessions."""
        if self._listener is not None:
            self._listener.close()
        tasks = [task for task, _ in self._connections.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop(self, session_id: int | None = None) -> None:
        """Drop one connection, or all of them, as a failing network or KILL does."""
        for number, (_, channel) in list(self._connections.items()):
            if session_id in (None, number):
                channel.abort()

    def accept(self, channel: Channel) -> asyncio.Task[None]:
        """Serve a connection from now on; the task ends with it and raises nothing of it."""
        number = next(self._numbers)
        task = asyncio.create_task(self._attend(number, channel))
        self._connections[number] = (task, channel)
        self._admit(number, channel)
        return task

    async def _attend(self, number: int, channel: Channel) -> None:
        try:
            await self._serve(number, channel)
        except (ProtocolError, ConnectionError, TimeoutError) as error:
            logger.info("connection %d ends: %s", number, error)
        except Exception:
            logger.exception("connection %d failed", number)
        finally:
            self._strangers.pop(number, None)
            del self._connections[number]
            await channel.close()

    def _admit(self, number: int, channel: Channel) -> None:
        """A stranger: whoever only connects must not keep the door from those who log in."""
        self._strangers[number] = channel
        if len(self._strangers) > MAX_STRANGERS:
            self._strangers.pop(next(iter(self._strangers))).abort()

    async def _serve(self, number: int, channel: Channel) -> None:
        async with asyncio.timeout(self._login_timeout_s):
            greeting = await handshake.greet(channel, self._context)
        login = self._login(greeting.login, number)
        faults = self._faults.for_connection(login, channel.abort)
        try:
            if greeting.prelogin.mars:
                raise Refused(_NOT_SUPPORTED, _NO_MARS)
            session = await self._open(greeting.login, login, faults)
            self._strangers.pop(number, None)
        except Refused as refused:
            await _answer(channel, handshake.refused(*_complaints(refused.notice, login)))
            return
        try:
            session.around_commit = faults.around_commit
            await _answer(channel, handshake.accepted(greeting, login.database))
            conversation = Conversation(
                channel,
                PacketReader(),
                session,
                Descriptors(login.database),
                greeting.packet_size,
                faults,
            )
            await conversation.serve()
        finally:
            async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                await asyncio.shield(session.close())

    def _login(self, request: LoginRequest, number: int) -> Login:
        return Login(
            user=request.user if request.token is None else self._token_user,
            database=request.database or _MASTER,
            application=request.application,
            host=request.host,
            library=request.library,
            session_id=number,
            process=request.process,
        )

    async def _open(self, request: LoginRequest, login: Login, faults: ConnectionFaults) -> Session:
        """Raises Refused: 18456 for who nobody knows, and what `Engine.open` raises."""
        await faults.before_login()
        if not await self._admitted(request):
            raise Refused(18456, f"Login failed for user '{request.user}'.", severity=14)
        return await self._engine.open(login)

    async def _admitted(self, request: LoginRequest) -> bool:
        if request.token is not None:
            expected = self._access_token
            return expected is not None and secrets.compare_digest(
                request.token.encode(), expected.encode()
            )
        if request.integrated:
            return False
        database = request.database or _MASTER
        return await self._engine.check_login(request.user, request.password, database)


def _complaints(first: Notice, login: Login) -> list[Notice]:
    """SQL Server follows 916 with 4060, and 4060 with the general complaint."""
    if first.number not in (916, 4060):
        return [first]
    text = f'Cannot open database "{login.database}" requested by the login. The login failed.'
    opening = [Notice(4060, 11, 1, 1, text)] if first.number == 916 else []
    failed = Notice(18456, 14, 1, 1, f"Login failed for user '{login.user}'.")
    return [first, *opening, failed]


async def _answer(channel: Channel, tokens: bytes) -> None:
    channel.write(packets(PacketType.REPLY, tokens, DEFAULT_SIZE))
    await channel.drain()
