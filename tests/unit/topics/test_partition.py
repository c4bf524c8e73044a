"""murmur2 as Kafka computes it: the vectors are those of Kafka's own clients."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2

from topics.partition import partition_of

_POSITIVE = 0x7FFFFFFF


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_vectors(key: bytes, signed: int) -> None:
    assert partition_of(key, _POSITIVE) == (signed & _POSITIVE) % _POSITIVE


@given(st.binary(max_size=200), st.integers(1, 1000))
def test_as_another_client_computes_it(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2(key) & _POSITIVE) % partitions


def test_no_key_is_the_first_partition() -> None:
    assert partition_of(None, 4) == 0
