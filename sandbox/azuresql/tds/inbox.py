"""What the client sends while a request may be running: packets in order, attentions at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from sandbox.azuresql.tds.channel import Channel
from sandbox.azuresql.tds.packet import (
    IGNORE,
    RESET_CONNECTION,
    RESET_KEEPING_TRANSACTION,
    Packet,
    PacketReader,
    PacketType,
    ProtocolError,
)

_HIGH_WATER: Final = 4 << 20
MAX_MESSAGE: Final = 1 << 30
_PACKET_COST: Final = 128
"""What a packet takes in memory beside its bytes: a flood of empty ones has to count, too."""


class Message(NamedTuple):
    """A whole message; `first` carries its reset flags, `ignored` that its sender took it back."""

    type: PacketType
    body: bytes
    first_status: int = 0
    ignored: bool = False

    @property
    def resets(self) -> bool:
        return bool(self.first_status & (RESET_CONNECTION | RESET_KEEPING_TRANSACTION))

    @property
    def keeps_transaction(self) -> bool:
        return bool(self.first_status & RESET_KEEPING_TRANSACTION)


class Inbox:
    """Filled by the channel as bytes arrive, and emptied by the conversation.

    `on_attention` is called the moment an attention arrives, `on_end` when the client has gone;
    packets that were sent before either are still delivered. While a request runs (`busy`) only an
    attention has a reason to come: who sends megabytes then could not be heard leaving.
    """

    def __init__(
        self,
        channel: Channel,
        reader: PacketReader,
        on_attention: Callable[[], None],
        on_end: Callable[[], None],
        busy: Callable[[], bool],
    ) -> None:
        self._channel = channel
        self._reader = reader
        self._on_attention = on_attention
        self._on_end = on_end
        self._busy = busy
        self._packets: deque[Packet] = deque()
        self._bytes = 0
        self._paused = False
        self._awaited: asyncio.Future[None] | None = None
        self._ended = False
        self._failure: ProtocolError | None = None

    def received(self, data: bytes) -> None:
        """What the client sent; nothing after what is not TDS."""
        if self._ended:
            return
        try:
            for packet in self._reader.feed(data):
                self._packets.append(packet)
                self._bytes += _cost(packet)
                if packet.type is PacketType.ATTENTION:
                    self._on_attention()
            self._hold_back()
        except ProtocolError as error:
            self._failure = error
            self.ended()
        self._wake()

    def _hold_back(self) -> None:
        """The client waits while too much is unread. Raises ProtocolError."""
        if self._bytes > _HIGH_WATER and not self._paused:
            if self._busy():
                raise ProtocolError("requests pile up behind the one that runs")
            self._paused = True
            self._channel.pause()

    def ended(self) -> None:
        if not self._ended:
            self._ended = True
            self._wake()
            self._on_end()

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    async def packet(self) -> Packet | None:
        """The next packet, None when the client has gone. Raises ProtocolError."""
        while not self._packets:
            if self._failure is not None:
                raise self._failure
            if self._ended:
                return None
            self._awaited = asyncio.get_running_loop().create_future()
            await self._awaited
        packet = self._packets.popleft()
        self._bytes -= _cost(packet)
        if self._paused and self._bytes <= _HIGH_WATER:
            self._paused = False
            self._channel.resume()
        return packet

    async def message(self, first: Packet, limit: int = MAX_MESSAGE) -> Message | None:
        """The message that `first` begins; None when the client leaves before its end."""
        if first.last:
            return Message(first.type, first.payload, first.status, bool(first.status & IGNORE))
        parts, size, packet = [first.payload], _cost(first), first
        while not packet.last:
            following = await self.packet()
            if following is None:
                return None
            if following.type is not first.type:
                raise ProtocolError("a message of two types")
            packet = following
            parts.append(packet.payload)
            size += _cost(packet)
            if size > limit:
                raise ProtocolError(f"a message of more than {limit} bytes")
        ignored = bool(packet.status & IGNORE)
        return Message(first.type, b"".join(parts), first.status, ignored)


def _cost(packet: Packet) -> int:
    return len(packet.payload) + _PACKET_COST
