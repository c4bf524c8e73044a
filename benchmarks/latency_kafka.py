"""From a commit's return in the writer to its record in the hands of another process."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Final

import orjson
import psycopg
from confluent_kafka import Consumer, TopicPartition

from benchmarks.stage import Role, Stage
from topics.admin import TopicAdmin
from topics.reader import consumer_properties

_WRITERS: Final = 4
_WARM_UP_S: Final = 3.0
_PATIENCE_S: Final = 30.0

Committed = list[tuple[int, float]]
"""The number that a row was given, and when its commit returned: seconds, monotonic for all
processes of the machine."""


def to_kafka(
    stage: Stage, rows: int, writes_per_s: int, seconds: float
) -> tuple[list[float], float, float]:
    """Sorted latencies in ms of all writes but the warm-up's; capture's CPU cores; how late the
    writers were, in ms."""
    places = [(stage.tracked.topic, number) for number in range(stage.tracked.partitions)]
    ends = TopicAdmin(stage.kafka).ends(places)
    consumer = Consumer({**consumer_properties(stage.kafka), "group.id": "latency"})
    consumer.assign([TopicPartition(*place, end) for place, end in ends.items()])
    role = Role("capture", stage)
    pipe, end = multiprocessing.get_context("spawn").Pipe()
    writer = multiprocessing.get_context("spawn").Process(
        target=_write, args=(stage.dsn, rows, writes_per_s, _WARM_UP_S + seconds, end)
    )
    writer.start()
    seen = _arrivals(consumer, int(writes_per_s * (_WARM_UP_S + seconds)))
    committed, late = pipe.recv()
    writer.join()
    consumer.close()
    _, cpu = role.stop()
    first = int(writes_per_s * _WARM_UP_S)
    latencies = sorted((seen[n] - at) * 1000 for n, at in committed if n >= first)
    return latencies, cpu / (_WARM_UP_S + seconds), late * 1000


def at_percent(ordered: Sequence[float], percent: float) -> float:
    """The value that so many percent of the ordered ones do not exceed."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _arrivals(consumer: Consumer, count: int) -> dict[int, float]:
    seen: dict[int, float] = {}
    while len(seen) < count:
        message = consumer.poll(_PATIENCE_S)
        if message is None:
            raise TimeoutError(f"{len(seen)} of {count} records came")
        value = message.value()
        if message.error() is None and value is not None:
            seen[orjson.loads(value)["after"]["device"]] = time.monotonic()
    return seen


def _write(dsn: str, rows: int, writes_per_s: int, seconds: float, pipe: Connection) -> None:
    """An open loop: each write is due at its time, in turn on several connections."""
    begun = time.monotonic() + 1.0
    committed: Committed = []
    late = [0.0] * _WRITERS

    def work(turn: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for number in range(turn, int(seconds * writes_per_s), _WRITERS):
                ahead = begun + number / writes_per_s - time.monotonic()
                if ahead > 0:
                    time.sleep(ahead)
                late[turn] = max(late[turn], -ahead)
                connection.execute(
                    "UPDATE readings SET device = %s, note = 'written' WHERE id = %s",
                    (number, number * 7919 % rows + 1),
                )
                committed.append((number, time.monotonic()))

    threads = [threading.Thread(target=work, args=(turn,)) for turn in range(_WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send((committed, max(late)))
