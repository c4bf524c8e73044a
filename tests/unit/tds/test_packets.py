"""Packets survive any splitting, and bytes that are none end in ProtocolError."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.azuresql.tds.packet import (
    DEFAULT_SIZE,
    HEADER_BYTES,
    MAX_SIZE,
    MIN_SIZE,
    Packet,
    PacketReader,
    PacketType,
    PacketWriter,
    ProtocolError,
    packets,
)

_sizes = st.sampled_from([MIN_SIZE, 513, DEFAULT_SIZE, MAX_SIZE])


def _split(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(places)]


def _messages(received: list[Packet]) -> list[bytes]:
    whole, parts = [], b""
    for packet in received:
        parts += packet.payload
        if packet.last:
            whole.append(parts)
            parts = b""
    assert parts == b""
    return whole


@given(
    st.lists(st.binary(max_size=3000), min_size=1, max_size=4),
    _sizes,
    st.lists(st.integers(0, 20_000), max_size=12),
)
def test_messages_split_anywhere_come_back_whole(
    messages: list[bytes], size: int, cuts: list[int]
) -> None:
    stream = b"".join(packets(PacketType.BATCH, message, size) for message in messages)
    reader = PacketReader()
    received = [packet for piece in _split(stream, cuts) for packet in reader.feed(piece)]
    assert _messages(received) == messages
    assert all(len(packet.payload) + HEADER_BYTES <= size for packet in received)


@given(st.lists(st.binary(max_size=2000), max_size=10), _sizes)
def test_a_message_written_in_pieces_is_the_same_message(pieces: list[bytes], size: int) -> None:
    writer = PacketWriter(PacketType.RPC, size)
    stream = b""
    for piece in pieces:
        writer.write(piece)
        stream += writer.full()
    stream += writer.finish()
    received = list(PacketReader().feed(stream))
    assert _messages(received) == [b"".join(pieces)]
    assert [packet.last for packet in received[:-1]] == [False] * (len(received) - 1)


def test_an_empty_message_is_one_empty_packet() -> None:
    assert packets(PacketType.ATTENTION, b"", DEFAULT_SIZE) == bytes.fromhex("0601000800000100")


@given(st.binary(min_size=HEADER_BYTES, max_size=200))
def test_hostile_bytes_are_packets_or_a_protocol_error(data: bytes) -> None:
    try:
        for packet in PacketReader().feed(data):
            assert packet.type in PacketType
    except ProtocolError:
        return


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("0401000800000100", id="a reply, which only servers send"),
        pytest.param("4745540a00000000", id="HTTP"),
        pytest.param("0101000700000100", id="shorter than its own header"),
        pytest.param("0101800000000100", id="longer than any packet"),
    ],
)
def test_what_is_no_packet_of_a_client_is_refused(header: str) -> None:
    with pytest.raises(ProtocolError):
        list(PacketReader().feed(bytes.fromhex(header)))
