"""From the first byte to the login: PRELOGIN, TLS, LOGIN7; and the answer to a login."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Final

from sandbox.azuresql.session import Notice
from sandbox.azuresql.tds import login, prelogin, tokens
from sandbox.azuresql.tds.channel import Channel
from sandbox.azuresql.tds.login import LoginRequest
from sandbox.azuresql.tds.packet import (
    DEFAULT_SIZE,
    Packet,
    PacketReader,
    PacketType,
    ProtocolError,
    packets,
)
from sandbox.azuresql.tds.prelogin import Encryption, Prelogin

_LOGIN_BYTES: Final = 1 << 17
"""The specification's bound for a LOGIN7 message."""

MAX_ENCRYPTED_SIZE: Final = 16_383
"""Packets stay within a TLS record: Microsoft's driver waits for ever on longer ones."""

_LANGUAGE: Final = "us_english"


@dataclass(frozen=True, slots=True)
class Greeting:
    """What was said before the login was judged; `packet_size` holds after it."""

    prelogin: Prelogin
    login: LoginRequest
    packet_size: int


async def greet(channel: Channel, context: ssl.SSLContext) -> Greeting:
    """Agree on encryption and read the login. Raises ProtocolError, ConnectionError."""
    reader = PacketReader()
    strict = await channel.begins_with_tls()
    if strict:
        await channel.start_strict(context)
    asked = prelogin.parse(await _message(channel, reader, PacketType.PRELOGIN))
    agreed = Encryption.ON if strict else prelogin.agree(asked.encryption)
    answer = prelogin.answer(asked, agreed)
    channel.write(packets(PacketType.REPLY, answer, DEFAULT_SIZE))
    await channel.drain()
    if not strict and agreed is not Encryption.NOT_SUPPORTED:
        await channel.start_tls(context)
    request = login.parse(await _message(channel, reader, PacketType.LOGIN))
    if agreed is Encryption.LOGIN_ONLY:
        channel.end_tls()
    size = request.packet_size
    if agreed is Encryption.ON:
        size = min(size, MAX_ENCRYPTED_SIZE)
    return Greeting(asked, request, size)


async def _message(channel: Channel, reader: PacketReader, expected: PacketType) -> bytes:
    """One small message; nothing may follow it before it is answered."""
    parts: list[bytes] = []
    size = 0
    last: Packet | None = None
    while last is None:
        data = await channel.read()
        if not data:
            raise ProtocolError("the client left before its login")
        for packet in reader.feed(data):
            if packet.type is not expected or last is not None:
                raise ProtocolError(f"{packet.type.name} where {expected.name} was expected")
            parts.append(packet.payload)
            last = packet if packet.last else None
        size += len(data)
        if size > _LOGIN_BYTES:
            raise ProtocolError(f"{expected.name} of more than {_LOGIN_BYTES} bytes")
    return b"".join(parts)


def accepted(greeting: Greeting, database: str) -> bytes:
    """The tokens that follow a successful login, in SQL Server's order."""
    changed_database = f"Changed database context to '{database}'."
    changed_language = f"Changed language setting to {_LANGUAGE}."
    features = []
    if login.FEATURE_FEDERATED in greeting.login.features:
        features.append((login.FEATURE_FEDERATED, greeting.prelogin.nonce))
    if login.FEATURE_UTF8 in greeting.login.features:
        features.append((login.FEATURE_UTF8, b"\x01"))
    return b"".join(
        [
            tokens.database_changed(database, "master"),
            tokens.notice(Notice(5701, 0, 2, 1, changed_database)),
            tokens.collation_changed(),
            tokens.language_changed(_LANGUAGE),
            tokens.notice(Notice(5703, 0, 1, 1, changed_language)),
            tokens.login_ack(greeting.login.tds_version),
            tokens.packet_size_changed(greeting.packet_size, DEFAULT_SIZE),
            tokens.features_ack(features) if features else b"",
            tokens.done(tokens.DONE, 0),
        ]
    )


def refused(*notices: Notice) -> bytes:
    """The tokens that answer a login that fails."""
    errors = b"".join(map(tokens.notice, notices))
    return errors + tokens.done(tokens.DONE, tokens.DONE_ERROR)
