"""The partition of a key: murmur2 of its bytes, as Kafka's own clients compute it.

librdkafka exports its partitioners; the function is taken from the library that confluent-kafka
has loaded already. We compute the partition before producing, because the envelope needs it (a
key change that stays in one partition) and because each batch is sent to one partition.
"""

from __future__ import annotations

import ctypes
from typing import Final

from confluent_kafka import cimpl

# Held with the GIL (PyDLL): the call takes less time than giving the GIL away. Without declared
# argument types, which would double its time: bytes go as a pointer, None as null.
_murmur2: Final = ctypes.PyDLL(cimpl.__file__).rd_kafka_msg_partitioner_murmur2
_murmur2.restype = ctypes.c_int32


def partition_of(key: bytes | None, partitions: int) -> int:
    """`(murmur2(key) & 0x7fffffff) % partitions`; 0 for a record without a key."""
    if partitions == 1 or key is None:
        return 0
    partition: int = _murmur2(None, key, len(key), partitions, None, None)
    return partition
