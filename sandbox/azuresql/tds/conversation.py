"""A conversation after its login: requests in, responses out, until the client leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from sandbox.azuresql.session import Notice, Refused, Results, Session
from sandbox.azuresql.tds import requests, tokens
from sandbox.azuresql.tds.bulk_stream import BulkStream
from sandbox.azuresql.tds.channel import Channel
from sandbox.azuresql.tds.inbox import Inbox, Message
from sandbox.azuresql.tds.packet import (
    IGNORE,
    Packet,
    PacketReader,
    PacketType,
    ProtocolError,
)
from sandbox.azuresql.tds.response import Descriptors, Interrupted, Response
from sandbox.azuresql.tds.types import UnknownType

logger = logging.getLogger(__name__)

_NOT_SUPPORTED: Final = 40515
_INSERT_BULK: Final = "INSERT BULK"
_MAX_PARAMETERS: Final = 2100
_OWN: Final = {"sp_executesql": 2, "sp_prepexec": 3, "sp_execute": 1}
"""Parameters that carry the statement, which no documentation counts."""

_TOO_MANY: Final = (
    "The incoming request has too many parameters. The server supports a maximum of 2100 "
    "parameters. Reduce the number of parameters and resend the request."
)


class Disturbance(Protocol):
    """What a test may do to requests on their way; see `faults`."""

    async def before_request(self, session: Session) -> Results | None:
        """Delay or freeze; results to answer with instead of running the request, or None."""
        ...

    async def before_answer(self) -> None: ...

    def bulk_begins(self) -> None: ...

    async def before_bulk(self, size: int) -> None:
        """Delay `size` bytes of rows. Raises Refused and ConnectionError."""
        ...

    def refusal(self, session: Session, refused: Refused) -> Results:
        """The answer to a bulk load that was refused."""
        ...

    @property
    def committing(self) -> bool:
        """What runs must go on though the client has gone."""
        ...


class Conversation:
    """Serves one session over one channel."""

    def __init__(
        self,
        channel: Channel,
        reader: PacketReader,
        session: Session,
        descriptors: Descriptors,
        packet_size: int,
        disturbance: Disturbance,
    ) -> None:
        self._channel = channel
        self._session = session
        self._descriptors = descriptors
        self._packet_size = packet_size
        self._disturbance = disturbance
        self._inbox = Inbox(
            channel, reader, self._interrupt, self._interrupt, lambda: self._running
        )
        self._stopping: asyncio.Task[None] | None = None
        self._bulk: BulkStream | None = None
        self._running = False
        self._interrupted = False
        self._reset_acknowledged = False

    async def serve(self) -> None:
        """Until the client leaves. Raises ProtocolError when it sends what is not TDS."""
        self._channel.deliver_to(self._inbox)
        try:
            while (packet := await self._inbox.packet()) is not None:
                if not await self._request(packet):
                    break
        finally:
            await self._stopped()

    def _interrupt(self) -> None:
        """An attention came, or the client has gone."""
        self._interrupted = True
        under_way = self._stopping is not None and not self._stopping.done()
        if self._running and not self._disturbance.committing and not under_way:
            self._stopping = asyncio.create_task(self._session.cancel())

    async def _stopped(self) -> None:
        """What is being stopped has been told: a cancel must not reach what runs after it."""
        if self._stopping is not None:
            stopping, self._stopping = self._stopping, None
            await asyncio.wait([stopping])
            stopping.result()

    async def _request(self, packet: Packet) -> bool:
        """Serve what `packet` begins; False when the connection has to end."""
        await self._stopped()
        if packet.type is PacketType.ATTENTION:
            return await self._acknowledge_attention()
        if packet.type is PacketType.BULK:
            return await self._serve_bulk(packet)
        message = await self._inbox.message(packet)
        if message is None:
            return False
        self._running = True
        if message.resets:
            await self._session.reset(message.keeps_transaction)
            self._reset_acknowledged = True
        if message.ignored:
            return await self._serve(self._ignored)
        return await self._serve(lambda response: self._run(message, response))

    async def _acknowledge_attention(self) -> bool:
        self._interrupted = False
        response = self._response()
        response.acknowledge_attention()
        await response.finish()
        return True

    def _response(self) -> Response:
        response = Response(
            self._channel,
            self._packet_size,
            self._descriptors,
            lambda: self._interrupted,
            self._disturbance.before_answer,
        )
        if self._reset_acknowledged:
            self._reset_acknowledged = False
            response.write(tokens.reset_acknowledged())
        return response

    async def _serve(self, work: Callable[[Response], Awaitable[None]]) -> bool:
        """Do `work` into a response and end it, whatever becomes of it."""
        response = self._response()
        self._running = True
        try:
            if self._interrupted:
                raise Interrupted
            await work(response)
        except Interrupted:
            # Its own message: the attention, still in the inbox, is acknowledged by another one.
            # Microsoft's driver reports success for a cancelled statement when they are one.
            response.interrupt()
        except Refused as refused:
            response.refuse(refused.notice)
        except UnknownType as unknown:
            response.refuse(Notice(_NOT_SUPPORTED, 16, 1, 1, f"The stand-in knows no {unknown}."))
        except (ProtocolError, ConnectionError):
            raise
        except Exception as error:
            logger.exception("a request failed in a way that nobody foresaw")
            text = f"The stand-in failed: {type(error).__name__}: {error}"
            response.refuse(Notice(3624, 20, 1, 1, text))
        finally:
            self._running = False
        await response.finish()
        return not response.fatal

    async def _ignored(self, response: Response) -> None:
        """The client took its request back while sending it."""
        response.interrupt()

    async def _run(self, message: Message, response: Response) -> None:
        await self._abandon_bulk(message)
        instead = await self._disturbance.before_request(self._session)
        if self._interrupted:
            # The session was told while it ran nothing, and begins what follows afresh.
            raise Interrupted
        if instead is not None:
            await response.batch(instead)
        elif message.type is PacketType.BATCH:
            await self._batch(requests.batch(message.body), response)
        elif message.type is PacketType.RPC:
            for call in requests.calls(message.body):
                if len(call.parameters) - _OWN.get(call.name, 0) > _MAX_PARAMETERS:
                    raise Refused(8003, _TOO_MANY, state=1)
                known = await self._session.repeat(call.name, call.parameters)
                if self._interrupted:
                    raise Interrupted
                if known is None:
                    known = self._session.rpc(call.name, call.parameters)
                await response.call(known, call.outputs)
        elif message.type is PacketType.TRANSACTION:
            await response.batch(self._transaction(requests.transaction(message.body)))
        else:
            raise ProtocolError(f"{message.type.name} after the login")

    async def _batch(self, text: str, response: Response) -> None:
        if text.lstrip()[: len(_INSERT_BULK)].upper() == _INSERT_BULK:
            self._bulk = BulkStream(await self._session.bulk_begin(text))
            self._disturbance.bulk_begins()
        else:
            await response.batch(self._session.batch(text))

    def _transaction(self, request: requests.TransactionRequest) -> Results:
        if request.kind == "begin":
            return self._session.begin(request.isolation)
        if request.kind == "commit":
            return self._session.commit(request.again)
        if request.kind == "save":
            return self._session.save(request.name)
        return self._session.rollback(request.name, request.again)

    async def _abandon_bulk(self, message: Message) -> None:
        """A load that was announced and never came."""
        if self._bulk is not None and message.type is PacketType.BATCH:
            self._bulk = None
            await self._abort_bulk()

    async def _abort_bulk(self) -> None:
        async with contextlib.aclosing(self._session.bulk_end(abort=True)) as results:
            async for _ in results:
                pass

    async def _serve_bulk(self, first: Packet) -> bool:
        stream, self._bulk = self._bulk, None
        if stream is None:
            raise ProtocolError("bulk rows without INSERT BULK")
        failure, complete = await self._load(stream, first)
        if complete is None:
            return False
        abort = failure is not None or not complete or self._interrupted
        if abort:
            await self._abort_bulk()

        async def end(response: Response) -> None:
            if failure is not None:
                await response.batch(self._disturbance.refusal(self._session, failure))
            elif abort:
                response.interrupt()
            else:
                await response.batch(self._session.bulk_end(abort=False))

        return await self._serve(end)

    async def _load(self, stream: BulkStream, first: Packet) -> tuple[Refused | None, bool | None]:
        """Feed the whole message to the session: what refused it, and whether it is meant.

        After a refusal the rest is read and dropped. The second is None when the client left.
        """
        failure: Refused | None = None
        packet: Packet | None = first
        while packet is not None and packet.type is not PacketType.ATTENTION:
            if failure is None and not packet.status & IGNORE:
                failure = await self._load_piece(stream, packet)
            if packet.last:
                return failure, not packet.status & IGNORE
            packet = await self._inbox.packet()
        return failure, None

    async def _load_piece(self, stream: BulkStream, packet: Packet) -> Refused | None:
        try:
            rows = stream.feed(packet.payload, last=packet.last)
            if rows:
                await self._disturbance.before_bulk(len(rows))
                await self._session.bulk_data(rows)
        except Refused as refused:
            return refused
        return None
